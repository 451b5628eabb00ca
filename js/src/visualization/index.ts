// google.visualization, drawn with our charts. The drop-in loads it when there is something to draw.

import { arrayToDataTable } from './arrays.js';
import { charts, materialCharts } from './classes.js';
import type { ChartClass } from './classes.js';
import { dataTableToCsv } from './csv.js';
import { DataTable } from './datatable.js';
import { DataView } from './dataview.js';
import { errors } from './errors.js';
import { events } from './events.js';
import { ArrowFormat, BarFormat, ColorFormat, DateFormat, NumberFormat, PatternFormat } from './formatters.js';
import { data } from './groups.js';
import { load, loadModule, setOnLoadCallback } from './loading.js';
import { Query, QueryResponse } from './query.js';
import type { ChartKind, VisualizationChart } from './types.js';
import { ChartWrapper, drawChart } from './wrapper.js';

export { dataOf } from './answer.js';

/** Our google.visualization; `absent.ts` lists what is missing from Google's. */
export const visualization = {
  ...charts,
  DataTable,
  DataView,
  arrayToDataTable,
  dataTableToCsv,
  data,
  events,
  errors,
  NumberFormat,
  DateFormat,
  ArrowFormat,
  BarFormat,
  ColorFormat,
  PatternFormat,
  ChartWrapper,
  drawChart,
  Query,
  QueryResponse,
  /** The default release. */
  Version: 'current',
};

/** google.charts as we have it. */
export const loader = { load, safeLoad: load, setOnLoadCallback, ...materialCharts };

// Adds missing members; a namespace that cannot be extended stays as it is.
function fill(into: object, ours: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(ours)) {
    if (!(name in into)) Reflect.set(into, name, value);
  }
}

const isNamespace = (value: unknown): value is object => (typeof value === 'object' && value !== null) || typeof value === 'function';

/**
 * Completes `google.visualization` and `google.charts` of a window: what a page has loaded itself stays. Returns the
 * namespace of ours, whole.
 */
export function install(target: Window): Record<string, unknown> {
  const page = target as Window & { google?: unknown };
  if (page.google === undefined || page.google === null) page.google = {};
  if (isNamespace(page.google)) {
    const google = page.google as Record<string, unknown>;
    fill(google, { visualization: {}, charts: {}, load: loadModule, setOnLoadCallback });
    if (isNamespace(google['visualization'])) fill(google['visualization'], visualization);
    if (isNamespace(google['charts'])) fill(google['charts'], loader);
  }
  return { ...visualization };
}

const embedded: Record<ChartKind, ChartClass> = {
  LINE: charts.LineChart,
  AREA: charts.AreaChart,
  COLUMN: charts.ColumnChart,
  BAR: charts.BarChart,
  PIE: charts.PieChart,
  GEO: charts.GeoChart,
  TABLE: charts.Table,
};

/** The chart that the Embed API's type (`LINE`, …) means, in a container; undefined for an unknown type. */
export function chartOf(type: string, container: Element): VisualizationChart | undefined {
  const kind = String(type).toUpperCase();
  return Object.hasOwn(embedded, kind) ? new embedded[kind as ChartKind](container) : undefined;
}
