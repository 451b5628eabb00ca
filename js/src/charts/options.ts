import type { Table } from '../data/table.js';
import type { Texts } from '../i18n/index.js';

export type ChartType = 'line' | 'area' | 'column' | 'bar' | 'pie' | 'donut' | 'table' | 'geo' | 'scorecard';

/** A text style. Missing members are as in the rest of the chart. */
export interface TextStyle {
  color?: string;
  fontFamily?: string;
  /** Pixels. */
  fontSize?: number;
  bold?: boolean;
  italic?: boolean;
}

/** An axis. Horizontal and vertical mean the screen's, also for bars. */
export interface AxisOptions {
  title?: string;
  titleStyle?: TextStyle;
  textStyle?: TextStyle;
  /** The ends. */
  min?: number;
  max?: number;
  /** Values that the axis reaches at least. */
  low?: number;
  high?: number;
  /** The approximate number of ticks, or their values. Default: as many as fit. */
  ticks?: number | (number | Date)[];
  /** Colours of the lines at the ticks and at zero. */
  gridColor?: string;
  zeroColor?: string;
  /** `none` draws neither labels nor grid. */
  textPosition?: 'out' | 'none';
  /** Slanted names: always or never. Default: if they do not fit and every row is shown. */
  slanted?: boolean;
  /** Formats a tick. Default: the column's type in the chart's locale. */
  format?: (value: number | string | Date) => string;
}

export type LegendPosition = 'top' | 'bottom' | 'left' | 'right' | 'none';

/** Options of tables. */
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
  /** False leaves the rows in their order. Default true. */
  sortable?: boolean;
  firstRowNumber?: number;
  /** True if the host's cells are HTML, of which only the text is shown. */
  markup?: boolean;
  /** Called when the visitor sorts, with the column and the order of rows. */
  onSort?: (column: number, ascending: boolean, rows: number[]) => void;
  /** Called when the visitor changes the page, counted from 0. */
  onPage?: (page: number) => void;
  /** Additional classes for the page's styles. */
  classes?: TableClasses;
}

/** Classes of a table's parts, separated by spaces. */
export type TableClasses = Partial<
  Record<'table' | 'headRow' | 'head' | 'row' | 'oddRow' | 'chosenRow' | 'overRow' | 'cell' | 'number' | 'rowNumber', string>
>;

/** Options of pies and donuts. */
export interface PieOptions {
  /** Radius of the hole, 0 to 1. */
  hole?: number;
  label?: 'percentage' | 'value' | 'label' | 'both' | 'none';
  labelStyle?: TextStyle;
  /** Slices of a smaller share (0 to 1) become "Other". */
  threshold?: number;
  /** Most slices, "Other" among them. Default 7. */
  slices?: number;
  /** The label of the "Other" slice. With `everyRow` it has the last colour. */
  other?: string;
  /** True shows names only: no shares in the legend, no total in the hole. */
  bare?: boolean;
}

/** Options of maps. */
export interface GeoOptions {
  /** `world`, a continent's or country's code ("150", "DE"). */
  region?: string;
  /** Colours of the lowest and highest value, and of those between. */
  colors?: string[];
  /** The values of the first and last colour, between which shades are in proportion. Default: by square root, from zero. */
  scale?: { min?: number; max?: number };
  /** The colour of countries without a value. */
  emptyColor?: string;
}

/** How one series is drawn. */
export interface SeriesOptions {
  lineWidth?: number;
  pointSize?: number;
  /** Lengths of dashes and gaps. */
  dash?: number[];
  /** Default: as the chart's type, or its `mark`. */
  mark?: Mark;
  /** 1 for the right axis. Default: by the unit of the values. */
  axis?: number;
}

/** What a series is drawn as where a chart mixes them. */
export type Mark = 'bars' | 'line' | 'area';

/** A background and its border. */
export interface Ground {
  fill?: string;
  stroke?: string;
  /** Pixels. */
  strokeWidth?: number;
}

/** The plot's rectangle in the chart, in pixels or "50%". Labels that need more space get it. */
export interface AreaOptions {
  left?: number | string;
  top?: number | string;
  width?: number | string;
  height?: number | string;
  ground?: Ground;
}

/** Options of scorecards. */
export interface ScorecardOptions {
  /** The previous value's period: "24 Oct – 20 Nov". */
  period?: string;
  /** The value's period, without a comparison: "in the last 30 minutes". */
  note?: string;
  /** The values of the metric over time, drawn as a small line. */
  sparkline?: Table;
  /** True when less is better. Default: by the metric's name. */
  lowerIsBetter?: boolean;
}

/** A note below the chart about what is not drawn. */
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
  titleStyle?: TextStyle;
  /** Pixels, or a length of CSS. Default: the container's, followed as it changes. */
  width?: number | string;
  height?: number | string;
  /** The size where neither the container nor `width` and `height` set one. Default: no width, and the height that suits. */
  fallback?: { width: number; height?: number };
  /** Pixels around the chart, inside of its size. */
  padding?: number;
  area?: AreaOptions;
  /** Default: as the page. */
  theme?: 'light';
  /** Any CSS colours, one a series. Default: the custom properties `--oriel-series-1` to `-8`. */
  colors?: string[];
  ground?: Ground;
  fontFamily?: string;
  fontSize?: number;
  legend?: LegendPosition;
  legendStyle?: TextStyle;
  /** True shows the legend of a single series too. */
  fullLegend?: boolean;
  /** True draws every row, however thin, bars on an axis, and slices in the colours of their rows. Default: as many as can be read. */
  everyRow?: boolean;
  stacked?: boolean | 'percent';
  hAxis?: AxisOptions;
  vAxis?: AxisOptions;
  /** The axis on the right, where there is one. Default: as `vAxis`. */
  rightAxis?: AxisOptions;
  /** `straight` joins points directly, `smooth` never leaves their range. Default straight. */
  curve?: 'straight' | 'smooth';
  /** Pixels. */
  lineWidth?: number;
  /** Diameter in pixels; 0 draws points only where the pointer is. */
  pointSize?: number;
  /** What series are drawn as that do not say it themselves. */
  mark?: Mark;
  /** The width of a position's bars together: pixels, or a part of what there is ("61.8%"). Default: what suits the room. */
  groupWidth?: number | string;
  annotationStyle?: TextStyle;
  /** By the series' place. */
  series?: Record<number, SeriesOptions>;
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
