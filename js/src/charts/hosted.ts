import type { Table } from '../data/table.js';
import { paintColumns } from './columns.js';
import { paintLines } from './lines.js';
import { paintManyBars } from './many-bars.js';
import { MapChart } from './map-chart.js';
import type { Chart, ChartOptions, ChartType } from './options.js';
import { paintPie } from './pie.js';
import { Plot } from './plot.js';
import { TableChart } from './table-chart.js';

/** The chart types of google.visualization; the others are the elements' own. */
export type HostedType = Exclude<ChartType, 'scorecard' | 'donut'>;

const painters = { line: paintLines, area: paintLines, column: paintColumns, bar: paintManyBars, pie: paintPie };

/** Like `draw`, for google.visualization, which does not load the other types. */
export function drawHosted(container: HTMLElement, type: HostedType, table: Table, options: ChartOptions): Chart {
  if (type === 'table') return new TableChart(container, type, table, options).start();
  if (type === 'geo') return new MapChart(container, type, table, options, paintManyBars).start();
  return new Plot(container, type, table, options, painters[type]).start();
}
