import type { Table } from '../data/table.js';
import { paintBars } from './bars.js';
import { paintColumns } from './columns.js';
import { paintLines } from './lines.js';
import type { Chart, ChartOptions, ChartType } from './options.js';
import { MapChart } from './map-chart.js';
import { paintPie } from './pie.js';
import type { Painter } from './painter.js';
import { Plot } from './plot.js';
import { Scorecard } from './scorecard.js';
import { TableChart } from './table-chart.js';

export { default as styles } from './charts.css' with { type: 'text' };
export { Formatter } from './format.js';
export type * from './options.js';
export type { Texts } from '../i18n/index.js';

const painters: Record<Exclude<ChartType, 'table' | 'scorecard' | 'geo'>, Painter> = {
  line: paintLines,
  area: paintLines,
  column: paintColumns,
  bar: paintBars,
  pie: paintPie,
  donut: paintPie,
};

/**
 * Draws a table in a container and follows the container's size. The container's tree must include the styles
 * `styles`. The caller destroys the chart before it drops the container.
 */
export function draw(container: HTMLElement, type: ChartType, table: Table, options: ChartOptions = {}): Chart {
  if (type === 'table') return new TableChart(container, type, table, options).start();
  if (type === 'scorecard') return new Scorecard(container, type, table, options).start();
  if (type === 'geo') return new MapChart(container, type, table, options, paintBars).start();
  return new Plot(container, type, table, options, painters[type]).start();
}
