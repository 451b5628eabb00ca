import type { Table } from '../data/table.js';
import type { Texts } from './texts.js';

export type ChartType = 'line' | 'area' | 'column' | 'bar' | 'pie' | 'donut' | 'table' | 'geo' | 'scorecard';

/** An axis. Horizontal and vertical mean the screen's, also for bars. */
export interface AxisOptions {
  title?: string;
  min?: number;
  max?: number;
  /** How many ticks at about; the room decides otherwise. */
  ticks?: number;
  /** `none` draws neither labels nor grid. */
  textPosition?: 'out' | 'none';
  /** Writes a tick. Default: the column's type in the chart's locale. */
  format?: (value: number | string | Date) => string;
}

export type LegendPosition = 'top' | 'bottom' | 'left' | 'right' | 'none';

/** What a table shows. */
export interface TableOptions {
  /** Rows of a page. Default 10; 0 shows all. */
  pageSize?: number;
  page?: number;
  rowNumbers?: boolean;
  /** A column's position. */
  sortColumn?: number;
  sortAscending?: boolean;
  /** The faint bar behind a value. Default true. */
  bars?: boolean;
}

/** What a pie or donut shows. */
export interface PieOptions {
  /** Radius of the hole, 0 to 1. */
  hole?: number;
  label?: 'percentage' | 'value' | 'label' | 'none';
  /** Slices of a smaller share (0 to 1) become "Other". */
  threshold?: number;
  /** Most slices, "Other" among them. Default 7. */
  slices?: number;
}

/** What a map shows. */
export interface GeoOptions {
  /** `world`, a continent's or country's code ("150", "DE"). */
  region?: string;
  /** Colours of the lowest and highest value. */
  colors?: string[];
}

/** What a scorecard shows. */
export interface ScorecardOptions {
  /** What the previous value was of, for people: "24 Oct – 20 Nov". */
  period?: string;
  /** What the value is of, where nothing is compared: "in the last 30 minutes". */
  note?: string;
  /** The values of the metric over time, drawn as a small line. */
  sparkline?: Table;
  /** True when less is better. Default: by the metric's name. */
  lowerIsBetter?: boolean;
}

/** Something worth telling the viewer that is not in the drawing. */
export interface Note {
  kind: 'undated' | 'truncated' | 'unmapped' | 'no-map';
  message: string;
}

/** How a chart is drawn. Every member is optional. */
export interface ChartOptions {
  /** BCP 47. Default: the language of the container or its page, else the browser's. */
  locale?: string;
  /** Names the chart for screen readers; drawn too with `showTitle`. */
  title?: string;
  showTitle?: boolean;
  /** Pixels. Default: the container's, followed as it changes. */
  width?: number;
  height?: number;
  /** Any CSS colours, one a series. Default: the custom properties `--oriel-series-1` to `-8`. */
  colors?: string[];
  backgroundColor?: string;
  fontFamily?: string;
  fontSize?: number;
  legend?: LegendPosition;
  stacked?: boolean | 'percent';
  hAxis?: AxisOptions;
  vAxis?: AxisOptions;
  /** `straight` joins points directly, `smooth` never leaves their range. Default straight. */
  curve?: 'straight' | 'smooth';
  /** Pixels. */
  lineWidth?: number;
  /** Diameter in pixels; 0 draws points only where the pointer is. */
  pointSize?: number;
  /** The period before, row by row: drawn dashed, or as a scorecard's change. */
  previous?: Table;
  table?: TableOptions;
  pie?: PieOptions;
  geo?: GeoOptions;
  scorecard?: ScorecardOptions;
  texts?: Partial<Texts>;
  /** Fetches the map's shapes (TopoJSON, from `shapes.json` of the build). Required for `geo`. */
  loadShapes?: () => Promise<unknown>;
  onNote?: (note: Note) => void;
}

/** A chosen row or column of the table, by position; null means all of it. */
export interface Selection {
  row: number | null;
  column: number | null;
}

export interface ChartEvents {
  select: (selection: Selection[]) => void;
  ready: () => void;
}

/** A drawn chart. */
export interface Chart {
  /** Draws other data; `options` are put over those given before. */
  update(table: Table, options?: ChartOptions): void;
  /** Fits the container now. It is done by itself when the container changes. */
  resize(): void;
  /** Removes the chart and everything that it listens to. */
  destroy(): void;
  /** Calls back on an event; returns what ends it. `ready` follows each drawing, asynchronously. */
  on<E extends keyof ChartEvents>(event: E, callback: ChartEvents[E]): () => void;
  getSelection(): Selection[];
  setSelection(selection: Selection[]): void;
}
