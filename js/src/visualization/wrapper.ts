import { stringify } from '../builtins.js';
import { arrayToDataTable } from './arrays.js';
import { charts, materialCharts, readable, vacate } from './classes.js';
import type { ChartClass } from './classes.js';
import { DataTable } from './datatable.js';
import { DataView } from './dataview.js';
import type { Source } from './dataview.js';
import { errors } from './errors.js';
import { pageEvents, tell } from './events.js';
import { Query } from './query.js';
import type { VisualizationChart } from './types.js';

/** The specification of a ChartWrapper, or its JSON. */
export interface ChartSpecs {
  chartType?: string;
  chartName?: string;
  container?: Element;
  containerId?: string | Element;
  options?: object;
  dataTable?: unknown;
  dataSourceUrl?: string;
  query?: string;
  refreshInterval?: number;
  view?: unknown;
}

type View = Parameters<typeof DataView.fromJSON>[1];

/** google.visualization.ChartWrapper: a chart by its name, with its data and options. */
export class ChartWrapper {
  private readonly spec: ChartSpecs;
  private chart: { of: string; in: Element; drawn: VisualizationChart } | null = null;

  constructor(spec: ChartSpecs | string = {}) {
    const given = typeof spec === 'string' ? (JSON.parse(spec) as ChartSpecs) : { ...(spec ?? {}) };
    this.spec = { ...given, options: structured(given.options ?? {}) as object };
    if (given.dataTable !== undefined && given.dataTable !== null) this.setDataTable(given.dataTable);
  }

  /** Draws in the container, given here or by the specification. `ready` or `error` follow. */
  draw(container?: Element): void {
    const place = this.place(container);
    const { dataTable, dataSourceUrl, options } = this.spec;
    if (!dataTable && dataSourceUrl) {
      vacate(place);
      new Query(dataSourceUrl).send((response) => {
        const id = errors.addErrorFromQueryResponse(place, response);
        tell(this, 'error', { id, message: response.getMessage(), detailedMessage: response.getDetailedMessage(), options });
      });
      return;
    }
    try {
      this.chartIn(place).draw(this.shown(), options);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      vacate(place);
      const id = errors.addError(place, message);
      queueMicrotask(() => tell(this, 'error', { id, message, detailedMessage: '', options }));
    }
  }

  /** The specification as JSON, with the data. */
  toJSON(): string {
    const { container: _, dataTable, containerId, ...rest } = this.spec;
    return stringify({
      ...rest,
      ...(typeof containerId === 'string' ? { containerId } : {}),
      ...(dataTable ? { dataTable: JSON.parse(tableOf(dataTable).toJSON()) as unknown } : {}),
    });
  }

  clone(): ChartWrapper {
    const { dataTable, ...rest } = this.spec;
    return new ChartWrapper({ ...rest, ...(dataTable ? { dataTable: tableOf(dataTable).clone() } : {}) });
  }

  getChart(): any {
    return this.chart?.drawn ?? null;
  }

  getChartName(): string {
    return this.spec.chartName ?? '';
  }

  getChartType(): string {
    return this.spec.chartType ?? '';
  }

  getContainerId(): string {
    const { containerId } = this.spec;
    return typeof containerId === 'string' ? containerId : '';
  }

  getDataSourceUrl(): string {
    return this.spec.dataSourceUrl ?? '';
  }

  getDataTable(): any {
    return this.spec.dataTable ?? null;
  }

  /** An option by its path ("hAxis.title"). */
  getOption(path: string, fallback: any = null): any {
    let value: unknown = this.spec.options;
    for (const name of path.split('.')) {
      const known = typeof value === 'object' && value !== null && Object.hasOwn(value, name);
      value = known ? (value as Record<string, unknown>)[name] : undefined;
    }
    return value ?? fallback;
  }

  getOptions(): object {
    return this.spec.options as object;
  }

  getQuery(): string {
    return this.spec.query ?? '';
  }

  getRefreshInterval(): number {
    return this.spec.refreshInterval ?? 0;
  }

  getView(): any {
    return this.spec.view ?? null;
  }

  setChartName(name: string): void {
    this.spec.chartName = name;
  }

  setChartType(type: string): void {
    this.spec.chartType = type;
  }

  setContainerId(id: string): void {
    this.spec.containerId = id;
    delete this.spec.container;
  }

  setDataSourceUrl(url: string): void {
    this.spec.dataSourceUrl = url;
  }

  /** Takes a DataTable or view, a literal, its JSON, or an array for `arrayToDataTable`. */
  setDataTable(data: unknown): void {
    if (Array.isArray(data)) this.spec.dataTable = arrayToDataTable(data as unknown[][]);
    else this.spec.dataTable = data === null ? null : readable(data);
  }

  /** Sets an option by its path; null takes it away. */
  setOption(path: string, value: unknown): void {
    const names = path.split('.');
    const last = names.pop() as string;
    if ([...names, last].includes('__proto__')) return;
    let into = this.spec.options as Record<string, unknown>;
    for (const name of names) {
      if (typeof into[name] !== 'object' || into[name] === null || !Object.hasOwn(into, name)) into[name] = {};
      into = into[name] as Record<string, unknown>;
    }
    if (value === null || value === undefined) delete into[last];
    else into[last] = value;
  }

  setOptions(options: object): void {
    this.spec.options = options ?? {};
  }

  setQuery(query: string): void {
    this.spec.query = query;
  }

  setRefreshInterval(interval: number): void {
    this.spec.refreshInterval = interval;
  }

  setView(view: unknown): void {
    this.spec.view = typeof view === 'string' ? (JSON.parse(view) as unknown) : view;
  }

  private place(given: Element | undefined): Element {
    const { container, containerId } = this.spec;
    const place = given ?? container ?? (typeof containerId === 'string' ? document.getElementById(containerId) : containerId);
    if (!place) throw new Error(`The container "${String(containerId ?? '')}" is not defined.`);
    if (given) this.spec.container = given;
    return place;
  }

  private shown(): object {
    const { dataTable, view } = this.spec;
    if (!dataTable) throw new Error('Data table is not defined.');
    const views = (Array.isArray(view) ? view : view ? [view] : []) as View[];
    return views.reduce((data: Source, one) => DataView.fromJSON(data, one), dataTable as Source);
  }

  // The chart is kept while its type and container stay, so that its listeners do.
  private chartIn(place: Element): VisualizationChart {
    const type = this.getChartType();
    if (this.chart?.of === type && this.chart.in === place) return this.chart.drawn;
    const drawn = new (classOf(type))(place);
    this.chart = { of: type, in: place, drawn };
    for (const name of ['ready', 'select', 'error']) pageEvents().addListener(drawn, name, (args: unknown) => tell(this, name, args));
    return drawn;
  }
}

// The page's own class goes before ours.
function classOf(type: string): ChartClass {
  const page = (globalThis as unknown as { google?: Record<'visualization' | 'charts', Record<string, ChartClass> | undefined> }).google;
  const name = type.replace(/^google\.(visualization|charts)\./, '');
  for (const classes of [page?.visualization, charts, page?.charts, materialCharts] as (Record<string, ChartClass> | undefined)[]) {
    if (classes && Object.hasOwn(classes, name) && typeof classes[name] === 'function') return classes[name];
  }
  throw new Error(`Invalid visualization type: "${type}".`);
}

function tableOf(data: unknown): DataTable {
  if (data instanceof DataTable) return data;
  return data instanceof DataView ? data.toDataTable() : new DataView(data as Source).toDataTable();
}

// Copies arrays and plain objects deeply; anything else is shared.
function structured(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(structured);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, structured(member)]));
}

/** google.visualization.drawChart: draws a specification or its JSON. */
export function drawChart(spec: ChartSpecs | string): ChartWrapper {
  const wrapper = new ChartWrapper(spec);
  wrapper.draw();
  return wrapper;
}
