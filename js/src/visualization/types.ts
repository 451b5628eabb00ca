// The types that the DataTables, the chart classes and their translation to our own charts share.

/** A chart by the name that the Embed API gives it. */
export type ChartKind = 'LINE' | 'AREA' | 'COLUMN' | 'BAR' | 'PIE' | 'TABLE' | 'GEO';

/** What a column of a DataTable holds. */
export type ColumnType = 'string' | 'number' | 'boolean' | 'date' | 'datetime' | 'timeofday';

/** Hours, minutes, seconds and perhaps milliseconds: a value of a `timeofday` column. */
export type TimeOfDay = number[];

/** Free properties of a table, a column, a row or a cell. */
export type Properties = Record<string, unknown>;

/** What charts read of a DataTable, a DataView, or those of a google.visualization that the page loaded itself. */
export interface DataTableLike {
  getNumberOfRows(): number;
  getNumberOfColumns(): number;
  getColumnType(column: number): string;
  getColumnLabel(column: number): string;
  getColumnId(column: number): string;
  /** `data` or empty for data, else `tooltip`, `annotation`, `style`, `certainty`, … */
  getColumnRole(column: number): string;
  getColumnProperty(column: number, name: string): unknown;
  /** Dates are local: `new Date(2020, 0, 1)` is the first of January. */
  getValue(row: number, column: number): unknown;
  getFormattedValue(row: number, column: number): string;
  getProperty(row: number, column: number, name: string): unknown;
}

/** A cell of a DataTable's literal: value, formatted value, properties. */
export interface CellObject {
  v?: unknown;
  f?: string;
  p?: Properties;
}

/** The literal that `new DataTable(…)` takes and `toJSON` gives. */
export interface DataObject {
  cols: { id?: string; label?: string; type: string; pattern?: string; p?: Properties }[];
  rows: { c: (CellObject | null)[]; p?: Properties }[];
  p?: Properties;
}

/** A chart as google.visualization has them. */
export interface VisualizationChart {
  draw(data: object, options?: object): void;
  getSelection(): { row: number | null; column: number | null }[];
  setSelection(selection: { row?: number | null; column?: number | null }[]): void;
  clearChart(): void;
}
