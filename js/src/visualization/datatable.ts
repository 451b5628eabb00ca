import { stringify } from '../builtins.js';
import { dateOfJson, isDate, jsonOfDate } from './dates.js';
import type { CellObject, ColumnType, DataObject, Properties } from './types.js';
import { plainText, Reading } from './reading.js';
import type { SortBy } from './reading.js';
import { mapRange } from '../builtins.js';

/** What `addColumn` takes instead of a type. */
export interface ColumnDescription {
  type?: string;
  label?: string;
  id?: string;
  role?: string;
  pattern?: string;
  p?: Properties;
}

/** A row: cells or bare values, or an object that holds them. */
export type RowLiteral = readonly unknown[] | { c: readonly unknown[]; p?: Properties };

interface OwnColumn {
  id: string;
  label: string;
  type: ColumnType;
  pattern: string;
  p: Properties;
}

interface OwnCell {
  v: unknown;
  f: string | null;
  p: Properties;
}

interface OwnRow {
  c: OwnCell[];
  p: Properties;
}

const types = ['string', 'number', 'boolean', 'date', 'datetime', 'timeofday'];

/** True for objects that describe something, unlike values. */
export const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isDate(value);

/** google.visualization.DataTable: rows of typed cells, each with a value, perhaps a text and properties. */
export class DataTable extends Reading {
  private columns: OwnColumn[] = [];
  private rows: OwnRow[] = [];
  private properties: Properties = {};

  /** Empty, or holding a literal or its JSON. The version is of Google's wire protocol and means nothing here. */
  constructor(data?: unknown, _version?: unknown) {
    super();
    if (data === undefined || data === null) return;
    const literal = (typeof data === 'string' ? JSON.parse(data) : data) as Partial<DataObject>;
    for (const column of literal.cols ?? []) this.addColumn(column);
    this.rows = (literal.rows ?? []).map((row) => ({
      c: this.columns.map((column, i) => fromJson(row?.c?.[i], column.type)),
      p: row?.p ?? {},
    }));
    this.properties = literal.p ?? {};
  }

  getNumberOfRows(): number {
    return this.rows.length;
  }

  getNumberOfColumns(): number {
    return this.columns.length;
  }

  getColumnType(column: number | string): ColumnType {
    return this.column(column).type;
  }

  getColumnLabel(column: number | string): string {
    return this.column(column).label;
  }

  getColumnId(column: number | string): string {
    return this.column(column).id;
  }

  getColumnPattern(column: number | string): string {
    return this.column(column).pattern;
  }

  getColumnProperties(column: number | string): Properties {
    return this.column(column).p;
  }

  getValue(row: number, column: number | string): any {
    return this.cell(row, column).v;
  }

  getFormattedValue(row: number, column: number | string): string {
    const { v, f } = this.cell(row, column);
    return f ?? plainText(v, this.column(column).type);
  }

  getProperties(row: number, column: number | string): Properties {
    return this.cell(row, column).p;
  }

  getRowProperties(row: number): Properties {
    return this.row(row).p;
  }

  getTableProperties(): Properties {
    return this.properties;
  }

  addColumn(type: string | ColumnDescription, label?: string, id?: string): number {
    this.insertColumn(this.columns.length, type, label, id);
    return this.columns.length - 1;
  }

  insertColumn(at: number, type: string | ColumnDescription, label?: string, id?: string): void {
    if (at !== this.columns.length) this.columnAt(at);
    const given: ColumnDescription = typeof type === 'object' && type !== null ? type : { type, label, id };
    const { type: kind, label: name = '', id: key = '', pattern = '', role, p } = given;
    if (!types.includes(kind ?? '')) throw new Error(`Invalid type, ${String(kind)}, for column "${name || key || at}".`);
    const properties = { ...p, ...(role ? { role } : {}) };
    this.columns.splice(at, 0, { id: String(key ?? ''), label: String(name ?? ''), type: kind as ColumnType, pattern, p: properties });
    for (const row of this.rows) row.c.splice(at, 0, { v: null, f: null, p: {} });
  }

  removeColumn(at: number): void {
    this.removeColumns(at, 1);
  }

  removeColumns(at: number, count: number): void {
    if (!(count > 0)) return;
    this.columnAt(at);
    this.columns.splice(at, count);
    for (const row of this.rows) row.c.splice(at, count);
  }

  addRow(row?: RowLiteral | CellObject | null): number {
    return this.addRows([row ?? this.columns.map(() => null)]);
  }

  addRows(rows: number | readonly unknown[]): number {
    if (typeof rows !== 'number' && !Array.isArray(rows)) {
      throw new Error('Argument given to addRows must be either a number or an array.');
    }
    this.insertRows(this.rows.length, rows);
    return this.rows.length - 1;
  }

  insertRows(at: number, rows: number | readonly unknown[]): void {
    if (at !== this.rows.length) this.rowAt(at);
    const literals = typeof rows === 'number' ? mapRange(rows, () => this.columns.map(() => null)) : rows;
    const made = literals.map((row) => this.rowOf(row));
    // Not spread into splice: pages add more rows than a call may have arguments.
    this.rows = [...this.rows.slice(0, at), ...made, ...this.rows.slice(at)];
  }

  removeRow(at: number): void {
    this.removeRows(at, 1);
  }

  removeRows(at: number, count: number): void {
    if (!(count > 0)) return;
    this.rowAt(at);
    this.rows.splice(at, count);
  }

  /** Sets the given parts of a cell; undefined ones stay. */
  setCell(row: number, column: number | string, value?: unknown, formatted?: string | null, properties?: Properties): void {
    const cell = this.cell(row, column);
    if (value !== undefined) cell.v = this.checked(value, this.columnAt(column));
    if (formatted !== undefined) cell.f = formatted;
    if (properties !== undefined) cell.p = properties ?? {};
  }

  /** Sets a value and drops the text and the properties that were made for the one before. */
  setValue(row: number, column: number | string, value: unknown): void {
    this.setCell(row, column, value ?? null, null, {});
  }

  setFormattedValue(row: number, column: number | string, formatted: string | null): void {
    this.setCell(row, column, undefined, formatted);
  }

  setProperty(row: number, column: number | string, name: string, value: unknown): void {
    this.cell(row, column).p[name] = value;
  }

  setProperties(row: number, column: number | string, properties: Properties): void {
    this.setCell(row, column, undefined, undefined, properties);
  }

  setColumnLabel(column: number | string, label: string): void {
    this.column(column).label = label;
  }

  setColumnProperty(column: number | string, name: string, value: unknown): void {
    this.column(column).p[name] = value;
  }

  setColumnProperties(column: number | string, properties: Properties): void {
    this.column(column).p = properties ?? {};
  }

  setRowProperty(row: number, name: string, value: unknown): void {
    this.row(row).p[name] = value;
  }

  setRowProperties(row: number, properties: Properties): void {
    this.row(row).p = properties ?? {};
  }

  setTableProperty(name: string, value: unknown): void {
    this.properties[name] = value;
  }

  setTableProperties(properties: Properties): void {
    this.properties = properties ?? {};
  }

  /** Sorts the rows in place and returns their previous indexes. */
  sort(by: SortBy): number[] {
    const order = this.getSortedRows(by);
    this.rows = order.map((row) => this.rows[row] as OwnRow);
    return order;
  }

  clone(): DataTable {
    const copy = new DataTable();
    copy.columns = this.columns.map((column) => ({ ...column, p: { ...column.p } }));
    copy.rows = this.rows.map(({ c, p }) => ({ c: c.map((cell) => ({ ...cell, p: { ...cell.p } })), p: { ...p } }));
    copy.properties = { ...this.properties };
    return copy;
  }

  /** The literal as JSON, dates as "Date(2020, 0, 31)". */
  toJSON(): string {
    const p = (properties: Properties): object => (Object.keys(properties).length > 0 ? { p: properties } : {});
    return stringify({
      cols: this.columns.map(({ id, label, pattern, type, p: own }) => ({ id, label, pattern, type, ...p(own) })),
      rows: this.rows.map((row) => ({
        c: row.c.map(({ v, f, p: own }) => ({ v: isDate(v) ? jsonOfDate(v) : v, ...(f === null ? {} : { f }), ...p(own) })),
        ...p(row.p),
      })),
      ...p(this.properties),
    });
  }

  private column(column: number | string): OwnColumn {
    return this.columns[this.columnAt(column)] as OwnColumn;
  }

  private row(row: number): OwnRow {
    return this.rows[this.rowAt(row)] as OwnRow;
  }

  private cell(row: number, column: number | string): OwnCell {
    return this.row(row).c[this.columnAt(column)] as OwnCell;
  }

  private rowOf(row: unknown): OwnRow {
    const literal = row as { c?: unknown; p?: Properties } | null;
    const cells = Array.isArray(row) ? (row as unknown[]) : literal?.c;
    if (row === null) return this.rowOf(this.columns.map(() => null));
    if (!Array.isArray(cells)) throw new Error('Every row given must be either null or an array.');
    if (cells.length > this.columns.length || (cells.length < this.columns.length && Array.isArray(row))) {
      throw new Error(`Row given with size different than ${this.columns.length} (the number of columns in the table).`);
    }
    // Holes of an array are empty cells, so that it is not mapped over.
    return { c: this.columns.map((_, i) => this.cellOf(cells[i], i)), p: (!Array.isArray(row) && literal?.p) || {} };
  }

  private cellOf(given: unknown, column: number): OwnCell {
    const { v, f, p } = isPlain(given) ? (given as CellObject) : { v: given, f: undefined, p: undefined };
    return { v: this.checked(v, column), f: f ?? null, p: p ?? {} };
  }

  private checked(value: unknown, at: number): unknown {
    if (value === null || value === undefined) return null;
    const { type } = this.columns[at] as OwnColumn;
    if (fits(value, type)) return value;
    throw new Error(`Type mismatch. Value ${String(value)} does not match type ${type} in column index ${at}`);
  }
}

function fits(value: unknown, type: ColumnType): boolean {
  if (type === 'date' || type === 'datetime') return isDate(value);
  if (type === 'timeofday') return Array.isArray(value) && value.length >= 3 && value.length <= 4 && value.every(Number.isInteger);
  return typeof value === type;
}

// Literals are taken as they are, save for the dates of JSON.
function fromJson(given: unknown, type: ColumnType): OwnCell {
  const { v, f, p } = isPlain(given) ? (given as CellObject) : { v: given, f: undefined, p: undefined };
  const dated = (type === 'date' || type === 'datetime') && typeof v === 'string' ? (dateOfJson(v) ?? v) : v;
  return { v: dated ?? null, f: f ?? null, p: p ?? {} };
}
