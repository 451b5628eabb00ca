/** What a column holds, which decides how its cells are parsed, ordered and written. */
export type ColumnType = 'text' | 'date' | 'dateHour' | 'yearMonth' | 'country' | 'integer' | 'float' | 'percent' | 'seconds' | 'currency';

/** A column of a table. `name` is the API name, `label` the display name. */
export interface Column {
  name: string;
  label: string;
  role: 'dimension' | 'metric';
  type: ColumnType;
  /** ISO 4217 code, for columns of type `currency`. */
  currency?: string;
}

/**
 * A value. Dates are instants in UTC whose UTC fields are the property's calendar fields.
 * A dimension that should be a date and is not ("(other)") stays a string, and so does a
 * metric that Google has no finite number for ("NaN", "Infinity"); one without a value is null.
 */
export type Cell = string | number | Date | null;

/** What charts draw. `totals` has one cell per column, null for dimensions. */
export interface Table {
  columns: Column[];
  rows: Cell[][];
  totals?: Cell[];
  /** What a cell says where the host wrote it; undefined where its value is written in the chart's language. */
  written?: (row: number, column: number) => string | undefined;
  /** The colour that the host gave a cell's bar, if any. */
  tint?: (row: number, column: number) => string | undefined;
  /** What is written at a value's mark, if anything; of the first column, at its position. */
  noted?: (row: number, column: number) => string | undefined;
  /** How a cell of a drawn table looks where the host wants it otherwise: class names, and declarations of CSS. */
  look?: (row: number, column: number) => { classes: string; style: string };
}

/** The positions of the columns with the given role. */
export function columnsOf(table: Table, role: Column['role']): number[] {
  return table.columns.flatMap((column, i) => (column.role === role ? [i] : []));
}

/** The cell as a finite number, or null. */
export function numberOf(cell: Cell | undefined): number | null {
  return typeof cell === 'number' && Number.isFinite(cell) ? cell : null;
}

/** True for types whose cells lie on a calendar axis. */
export function isCalendar(type: ColumnType): boolean {
  return type === 'date' || type === 'dateHour' || type === 'yearMonth';
}
