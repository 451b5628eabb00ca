import { countryCode } from '../charts/countries.js';
import styles from '../charts/charts.css' with { type: 'text' };
import { drawHosted } from '../charts/hosted.js';
import type { Chart, ChartOptions, Selection } from '../charts/options.js';
import { sorted } from '../charts/table-chart.js';
import type { Table as OwnTable } from '../data/table.js';
import { loadShapes } from '../map-shapes.js';
import { tableOf } from './convert.js';
import { DataTable } from './datatable.js';
import { errors } from './errors.js';
import { tell } from './events.js';
import type { ChartKind, DataTableLike } from './types.js';
import { language } from './language.js';
import { chartOptionsOf, markOf } from './options.js';
import { range } from './reading.js';

/** What is chosen in a chart, in the positions of the DataTable that was drawn. */
export interface ChartSelection {
  row?: number | null;
  column?: number | null;
}

type Options = Record<string, any>;

/** Returns the kind of chart that the options select, and the options for it. */
type Reader = (options: Options) => { kind: ChartKind; options: Options };

interface Drawn {
  chart: Chart;
  kind: ChartKind;
  data: DataTableLike;
  /** Our positions to those of the DataTable. */
  rows: number[];
  columns: number[];
}

// A container shows one chart at a time, whichever object drew it.
const shown = new WeakMap<Element, Chart>();
const sheets = new WeakMap<Document, CSSStyleSheet>();

// The styles go to the tree that the container is in, once. A sheet belongs to the document that made it.
function dress(container: Element): void {
  const own = container.ownerDocument;
  const tree = container.getRootNode();
  const home = (tree as Partial<ShadowRoot>).adoptedStyleSheets ? (tree as ShadowRoot) : own;
  const made = sheets.get(own) ?? new (own.defaultView ?? window).CSSStyleSheet();
  if (!sheets.has(own)) made.replaceSync(styles);
  sheets.set(own, made);
  if (!home.adoptedStyleSheets.includes(made)) home.adoptedStyleSheets = [made, ...home.adoptedStyleSheets];
}

/** Clears a container and its chart. */
export function vacate(container: Element): void {
  shown.get(container)?.destroy();
  shown.delete(container);
  container.replaceChildren();
}

/** A DataTable or view as it is, a literal or its JSON as a DataTable. */
export function readable(data: unknown): DataTableLike {
  if (data === null || data === undefined) throw new Error('Data table is not defined.');
  if (typeof (data as DataTableLike).getNumberOfRows === 'function') return data as DataTableLike;
  if (typeof data !== 'string' && !Array.isArray((data as { cols?: unknown }).cols)) throw new Error('The data is not a DataTable.');
  return new DataTable(data);
}

// Shows Google's error for data that cannot be drawn.
function drawable(kind: ChartKind, data: DataTableLike): DataTableLike {
  const types = range(0, data.getNumberOfColumns() - 1).map((at) => data.getColumnType(at));
  if (types.length === 0) throw new Error('Table has no columns.');
  if (kind === 'TABLE' || kind === 'GEO') return data;
  if (types.length === 1) throw new Error('Not enough columns given to draw the requested chart.');
  if (!types.slice(1).includes('number')) throw new Error(`Data column(s) for axis #0 cannot be of type ${types[1] ?? ''}`);
  return data;
}

/** What the chart classes of google.visualization have in common. */
export class VisualChart {
  private drawn: Drawn | null = null;
  private drawing = 0;

  constructor(
    private readonly container: Element,
    private readonly read: Reader,
  ) {
    if (container?.nodeType !== 1) throw new Error('Container is not defined.');
  }

  /** Replaces the container's content. `ready` or `error` follows, asynchronously and once. */
  draw(data: object, options: Options = {}, _state?: unknown): void {
    const { scrollX, scrollY } = window;
    this.clearChart();
    try {
      this.paint(readable(data), this.read(options ?? {}));
    } catch (error) {
      this.fail(error instanceof Error ? error.message : String(error), options);
    }
    // A page that was shorter for a moment must not jump.
    if (window.scrollY !== scrollY) window.scrollTo({ left: scrollX, top: scrollY, behavior: 'instant' });
  }

  getContainer(): Element {
    return this.container;
  }

  getSelection(): { row: number | null; column: number | null }[] {
    const { drawn } = this;
    return (
      drawn?.chart.getSelection().map(({ row, column }) => ({
        row: row === null ? null : (drawn.rows[row] ?? null),
        column: column === null ? null : (drawn.columns[column] ?? null),
      })) ?? []
    );
  }

  setSelection(selection?: ChartSelection[] | null): void {
    const { drawn } = this;
    if (!drawn) return;
    const place = (given: number | null | undefined, known: number[]): number | null => {
      const at = typeof given === 'number' ? known.indexOf(given) : -1;
      return at < 0 ? null : at;
    };
    const ours = (selection ?? []).map((one): Selection => ({ row: place(one.row, drawn.rows), column: place(one.column, drawn.columns) }));
    drawn.chart.setSelection(ours.filter(({ row, column }) => row !== null || column !== null));
  }

  clearChart(): void {
    this.drawing++;
    vacate(this.container);
    this.drawn = null;
  }

  /** Returns our chart's options; subclasses add their own. */
  protected adapted(options: ChartOptions, _table: OwnTable, _columns: number[]): ChartOptions {
    return options;
  }

  private paint(data: DataTableLike, { kind, options }: { kind: ChartKind; options: Options }): void {
    const { table, type, columns, rows } = tableOf(kind, drawable(kind, data));
    dress(this.container);
    const own = this.adapted(chartOptionsOf(kind, options, { locale: language(), loadShapes, rows: rows.length }), table, columns);
    const chart = drawHosted(this.container as HTMLElement, type, table, own);
    shown.set(this.container, chart);
    this.drawn = { chart, kind, data, rows, columns };
    chart.on('select', () => this.chosen());
    this.announce(chart);
  }

  // Our charts are ready after each change of size; Google's once, also while hidden.
  private announce(chart: Chart): void {
    const { drawing } = this;
    const stop = chart.on('ready', () => {
      stop();
      if (drawing === this.drawing) tell(this, 'ready');
    });
    if (!this.container.querySelector('.oriel-chart')?.hasChildNodes())
      queueMicrotask(() => {
        stop();
        if (drawing === this.drawing) tell(this, 'ready');
      });
  }

  private chosen(): void {
    tell(this, 'select', {});
    const { drawn } = this;
    const row = this.getSelection()[0]?.row;
    if (drawn?.kind !== 'GEO' || typeof row !== 'number') return;
    const place = String(drawn.data.getValue(row, drawn.columns[0] ?? 0));
    tell(this, 'regionClick', { region: countryCode(place) ?? place });
  }

  private fail(message: string, options: Options): void {
    vacate(this.container);
    const id = errors.addError(this.container, message);
    const { drawing } = this;
    queueMicrotask(() => {
      if (drawing === this.drawing) tell(this, 'error', { id, message, detailedMessage: '', options });
    });
  }
}

/** The constructor of a chart. */
export type ChartClass = new (container: Element) => VisualChart;

/** A class of charts of the kind that a reader of options finds. */
function chartClass(read: Reader): ChartClass {
  return class extends VisualChart {
    constructor(container: Element) {
      super(container, read);
    }
  };
}

const always = (kind: ChartKind): ChartClass => chartClass((options) => ({ kind, options }));

// Bars bring the axis of columns with them; lines and areas are drawn over it.
const combined = chartClass(({ seriesType = 'line', ...options }) => {
  const types = [{ type: seriesType as unknown }, ...(Object.values(options['series'] ?? {}) as Options[])];
  return {
    kind: types.some((one) => markOf(one?.['type']) === 'bars') ? 'COLUMN' : 'LINE',
    options: { ...options, seriesType: seriesType as unknown },
  };
});

// Material charts have their title in another option, and vertical bars by default.
function material(kindOf: (options: Options) => ChartKind): ChartClass & { convertOptions(options: Options): Options } {
  const made = chartClass((options) => {
    const { title } = (options['chart'] ?? {}) as Options;
    return { kind: kindOf(options), options: { title: title as unknown, ...options } };
  });
  return Object.assign(made, { convertOptions: (options: Options): Options => options });
}

/** How a table is sorted: the column (-1 for none), and the rows' positions in the order that is shown. */
interface SortInfo {
  column: number;
  ascending: boolean;
  sortedIndexes: number[];
}

/** google.visualization.Table, which also emits sorting and paging events. */
class Table extends always('TABLE') {
  private sorting: SortInfo = { column: -1, ascending: true, sortedIndexes: [] };

  getSortInfo(): SortInfo {
    return this.sorting;
  }

  protected override adapted(options: ChartOptions, table: OwnTable, columns: number[]): ChartOptions {
    const { sortColumn = -1, sortAscending: ascending = true } = options.table ?? {};
    const column = columns.indexOf(sortColumn);
    const rows = sorted(table, column < 0 ? undefined : { column, ascending }, language());
    this.sorting = { column: column < 0 ? -1 : sortColumn, ascending, sortedIndexes: rows };
    return {
      ...options,
      table: {
        ...options.table,
        sortColumn: column < 0 ? undefined : column,
        onSort: (at, up, order) => {
          this.sorting = { column: columns[at] ?? -1, ascending: up, sortedIndexes: order };
          tell(this, 'sort', this.sorting);
        },
        onPage: (page) => tell(this, 'page', { page }),
      },
    };
  }
}

/** The chart classes, by their names in google.visualization. */
export const charts = {
  LineChart: always('LINE'),
  AreaChart: always('AREA'),
  SteppedAreaChart: always('AREA'),
  ColumnChart: always('COLUMN'),
  BarChart: always('BAR'),
  PieChart: always('PIE'),
  GeoChart: always('GEO'),
  ComboChart: combined,
  Table,
};

/** The chart classes of google.charts. */
export const materialCharts = {
  Line: material(() => 'LINE'),
  Bar: material((options) => (options['bars'] === 'horizontal' ? 'BAR' : 'COLUMN')),
};
