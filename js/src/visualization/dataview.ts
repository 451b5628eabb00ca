import { stringify } from '../builtins.js';
import { DataTable } from './datatable.js';
import type { CellObject, ColumnType, Properties } from './types.js';
import { cellOf, outside, plainText, range, Reading } from './reading.js';
import type { RowFilter } from './reading.js';

/** A column that a view computes, or a relabelled one of its source. */
export interface ColumnSpec {
  calc?: string | ((data: any, row: number) => any);
  type?: string;
  label?: string;
  id?: string;
  role?: string;
  sourceColumn?: number | string;
  properties?: Properties;
}

/** What a view reads: a DataTable, a view, or those of a google.visualization that the page loaded itself. */
export type Source = Pick<Reading, keyof Reading>;

type Calculation = (source: Source, row: number, column: number) => unknown;

// The calculations that have a name.
const calculations: Record<string, Calculation> = {
  emptyString: () => '',
  stringify: (source, row, column) => source.getFormattedValue(row, column),
  identity: (source, row, column) => source.getValue(row, column),
  fillFromTop: (source, row, column) => nearest(source, row, column, -1),
  fillFromBottom: (source, row, column) => nearest(source, row, column, 1),
};

function nearest(source: Source, row: number, column: number, step: number): unknown {
  for (let at = row; at >= 0 && at < source.getNumberOfRows(); at += step) {
    const value = source.getValue(at, column);
    if (value !== null) return value;
  }
  return null;
}

/** google.visualization.DataView: chosen rows and columns of a table, in another order, with computed columns; always current. */
export class DataView extends Reading {
  private columns: (number | ColumnSpec)[] | null = null;
  private rows: number[] | null = null;

  constructor(private readonly source: Source) {
    super();
    if (typeof source?.getNumberOfColumns !== 'function') throw new Error('A DataView needs a DataTable or another DataView.');
  }

  /** A view as `toJSON` wrote it, on the same data. */
  static fromJSON(data: Source, json: string | { columns?: (number | ColumnSpec)[]; rows?: number[] }): DataView {
    const { columns, rows } = typeof json === 'string' ? (JSON.parse(json) as Exclude<typeof json, string>) : json;
    const view = new DataView(data);
    if (columns) view.setColumns(columns);
    if (rows) view.setRows(rows);
    return view;
  }

  getNumberOfRows(): number {
    return this.rows?.length ?? this.source.getNumberOfRows();
  }

  getNumberOfColumns(): number {
    return this.columns?.length ?? this.source.getNumberOfColumns();
  }

  getColumnType(column: number | string): ColumnType {
    const { spec, at } = this.look(column);
    return (spec?.type ?? this.source.getColumnType(at)) as ColumnType;
  }

  getColumnLabel(column: number | string): string {
    const { spec, at } = this.look(column);
    return spec?.label ?? (at < 0 ? '' : this.source.getColumnLabel(at));
  }

  getColumnId(column: number | string): string {
    const { spec, at } = this.look(column);
    return spec?.id ?? (at < 0 || spec?.calc ? '' : this.source.getColumnId(at));
  }

  getColumnPattern(column: number | string): string {
    const { spec, at } = this.look(column);
    return at < 0 || spec?.calc ? '' : this.source.getColumnPattern(at);
  }

  getColumnProperties(column: number | string): Properties {
    const { spec, at } = this.look(column);
    const inherited = at < 0 || spec?.calc ? {} : this.source.getColumnProperties(at);
    return spec ? { ...inherited, ...spec.properties, ...(spec.role ? { role: spec.role } : {}) } : inherited;
  }

  getValue(row: number, column: number | string): any {
    const made = this.computed(row, column);
    return made ? (made.v ?? null) : this.source.getValue(this.getTableRowIndex(row), this.look(column).at);
  }

  getFormattedValue(row: number, column: number | string): string {
    const made = this.computed(row, column);
    if (made) return made.f ?? plainText(made.v, this.getColumnType(column));
    return this.source.getFormattedValue(this.getTableRowIndex(row), this.look(column).at);
  }

  getProperties(row: number, column: number | string): Properties {
    const made = this.computed(row, column);
    return made ? (made.p ?? {}) : this.source.getProperties(this.getTableRowIndex(row), this.look(column).at);
  }

  getRowProperties(row: number): Properties {
    return this.source.getRowProperties(this.getTableRowIndex(row));
  }

  getTableProperties(): Properties {
    return this.source.getTableProperties();
  }

  /** Shows these columns: positions, ids or labels of the source, or specifications. */
  setColumns(columns: readonly (number | string | ColumnSpec)[]): void {
    if (!Array.isArray(columns)) throw new Error('setColumns needs an array.');
    this.columns = columns.map((column: number | string | ColumnSpec) => {
      if (typeof column !== 'object' || column === null) return this.sourceColumn(column);
      const { calc, type, sourceColumn } = column;
      if (calc === undefined && sourceColumn === undefined) throw new Error('A column of a view needs "calc" or "sourceColumn".');
      if (calc !== undefined && type === undefined) throw new Error('A computed column of a view needs a "type".');
      if (typeof calc === 'string' && !Object.hasOwn(calculations, calc)) throw new Error(`Unknown function "${calc}".`);
      return { ...column, ...(sourceColumn === undefined ? {} : { sourceColumn: this.sourceColumn(sourceColumn) }) };
    });
  }

  /** Shows these rows of the source: from a first to a last one, a list of them, or those that a filter finds. */
  setRows(first: number | readonly number[] | RowFilter | null, last?: number): void {
    if (first === null) this.rows = null;
    else if (typeof first === 'number') this.rows = this.sourceRows(range(first, last ?? first));
    else {
      const filtered = typeof first === 'function' || typeof first[0] === 'object';
      this.rows = filtered ? this.source.getFilteredRows(first as RowFilter) : this.sourceRows([...(first as readonly number[])]);
    }
  }

  hideColumns(columns: readonly number[]): void {
    this.columns = this.getViewColumns().filter((column) => typeof column !== 'number' || !columns.includes(column));
  }

  hideRows(first: number | readonly number[], last?: number): void {
    const hidden = new Set(typeof first === 'number' ? range(first, last ?? first) : first);
    this.rows = this.getViewRows().filter((row) => !hidden.has(row));
  }

  /** The source's column of a column; -1 for a computed one. */
  getTableColumnIndex(column: number | string): number {
    const { spec, at } = this.look(column);
    return spec?.calc ? -1 : at;
  }

  getTableRowIndex(row: number): number {
    return this.rows ? (this.rows[this.rowAt(row)] as number) : this.rowAt(row);
  }

  /** As `getTableColumnIndex`, down to the table below all views. */
  getUnderlyingTableColumnIndex(column: number): number {
    const at = this.getTableColumnIndex(column);
    return at >= 0 && this.source instanceof DataView ? this.source.getUnderlyingTableColumnIndex(at) : at;
  }

  /** As `getTableRowIndex`, down to the table below all views. */
  getUnderlyingTableRowIndex(row: number): number {
    const at = this.getTableRowIndex(row);
    return this.source instanceof DataView ? this.source.getUnderlyingTableRowIndex(at) : at;
  }

  /** Where a column of the source is shown; -1 for nowhere. */
  getViewColumnIndex(column: number): number {
    return range(0, this.getNumberOfColumns() - 1).find((at) => this.getTableColumnIndex(at) === column) ?? -1;
  }

  getViewColumns(): any[] {
    return this.columns ? [...this.columns] : range(0, this.source.getNumberOfColumns() - 1);
  }

  /** Where a row of the source is shown; -1 for nowhere. */
  getViewRowIndex(row: number): number {
    return this.getViewRows().indexOf(row);
  }

  getViewRows(): number[] {
    return this.rows ? [...this.rows] : range(0, this.source.getNumberOfRows() - 1);
  }

  /** The view as a table of its own. */
  toDataTable(): DataTable {
    const columns = range(0, this.getNumberOfColumns() - 1);
    const rows = range(0, this.getNumberOfRows() - 1);
    return new DataTable({
      cols: columns.map((at) => ({
        id: this.getColumnId(at),
        label: this.getColumnLabel(at),
        type: this.getColumnType(at),
        pattern: this.getColumnPattern(at),
        p: { ...this.getColumnProperties(at) },
      })),
      rows: rows.map((row) => ({
        c: columns.map((at) => cellOf(this, row, at)),
        p: { ...this.getRowProperties(row) },
      })),
      p: { ...this.getTableProperties() },
    });
  }

  /** What is shown, as JSON for `fromJSON`; functions cannot be written. */
  toJSON(): string {
    const columns = this.columns?.filter((column) => typeof column === 'number' || typeof column.calc !== 'function');
    return stringify({ ...(columns ? { columns } : {}), ...(this.rows ? { rows: this.rows } : {}) });
  }

  private look(column: number | string): { spec?: ColumnSpec; at: number } {
    const position = this.columnAt(column);
    const shown = this.columns ? (this.columns[position] as number | ColumnSpec) : position;
    return typeof shown === 'number' ? { at: shown } : { spec: shown, at: (shown.sourceColumn as number | undefined) ?? -1 };
  }

  // The cell of a computed column; undefined for a column of the source.
  private computed(row: number, column: number | string): CellObject | undefined {
    const { spec, at } = this.look(column);
    const calc = spec?.calc;
    if (!calc) return undefined;
    const line = this.getTableRowIndex(row);
    const made = typeof calc === 'function' ? (calc(this.source, line) as unknown) : calculations[calc]?.(this.source, line, at);
    return isCell(made) ? made : { v: made };
  }

  private sourceColumn(column: number | string): number {
    const at = this.source.getColumnIndex(column);
    if (at >= 0) return at;
    throw outside('column', column, this.source.getNumberOfColumns());
  }

  private sourceRows(rows: number[]): number[] {
    const count = this.source.getNumberOfRows();
    const wrong = rows.find((row) => !Number.isInteger(row) || row < 0 || row >= count);
    if (wrong !== undefined) throw outside('row', wrong, count);
    return rows;
  }
}

function isCell(value: unknown): value is CellObject {
  return typeof value === 'object' && value !== null && ('v' in value || 'f' in value) && !Array.isArray(value);
}
