import { isDate, utcOf } from './dates.js';
import type { CellObject, ColumnType, DataTableLike, Properties, TimeOfDay } from './types.js';
import { language } from './language.js';
import { dateStyle, plainNumber } from './patterns.js';
import { mapRange } from '../builtins.js';

/** A condition on the cells of a column; the column by position, id or label. */
export interface CellFilter {
  column: number | string;
  value?: unknown;
  minValue?: unknown;
  maxValue?: unknown;
  test?: (value: any, row: number, column: number, data: any) => boolean;
}

/** Rows by conditions that must all hold, or by a function. */
export type RowFilter = readonly CellFilter[] | ((data: any, row: number) => boolean);

/** A column to sort by; `compare` replaces the type's order. */
export interface SortColumn {
  column: number | string;
  desc?: boolean;
  compare?: (a: any, b: any) => number;
}

/** Columns to sort by, the first first, or a function that compares rows by their positions. */
export type SortBy = number | string | SortColumn | readonly (number | string | SortColumn)[] | ((a: number, b: number) => number);

/** The order of two values of a type. Nothing comes before everything. */
export function compareValues(a: unknown, b: unknown): number {
  const [known, other] = [a ?? null, b ?? null].map((value) => Number(value !== null)) as [number, number];
  if (!known || !other) return known - other;
  if (Array.isArray(a) && Array.isArray(b)) {
    const at = a.findIndex((part, i) => part !== (b[i] ?? 0));
    return at < 0 ? 0 : Number(a[at]) - Number(b[at] ?? 0);
  }
  const [left, right] = [isDate(a) ? a.getTime() : a, isDate(b) ? b.getTime() : b] as [number, number];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** A value as cells show it that have no text of their own. */
export function plainText(value: unknown, type: string): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return plainNumber(value, language());
  if (isDate(value)) {
    if (Number.isNaN(value.getTime())) return String(value);
    return dateStyle('medium', type === 'datetime', language())(utcOf(value, type === 'date'));
  }
  return type === 'timeofday' && Array.isArray(value) ? clockTime(value) : String(value);
}

function clockTime([hours = 0, minutes = 0, seconds = 0, ms = 0]: TimeOfDay): string {
  const pad = (part: number, width = 2): string => String(part).padStart(width, '0');
  return `${pad(hours)}:${pad(minutes)}${seconds || ms ? `:${pad(seconds)}` : ''}${ms ? `.${pad(ms, 3)}` : ''}`;
}

/** What a DataTable and a DataView have in common: everything that only reads. */
export abstract class Reading implements DataTableLike {
  abstract getNumberOfRows(): number;
  abstract getNumberOfColumns(): number;
  abstract getColumnType(column: number | string): ColumnType;
  abstract getColumnLabel(column: number | string): string;
  abstract getColumnId(column: number | string): string;
  abstract getColumnPattern(column: number | string): string;
  abstract getColumnProperties(column: number | string): Properties;
  abstract getValue(row: number, column: number | string): any;
  abstract getFormattedValue(row: number, column: number | string): string;
  abstract getProperties(row: number, column: number | string): Properties;
  abstract getRowProperties(row: number): Properties;
  abstract getTableProperties(): Properties;

  getColumnProperty(column: number | string, name: string): any {
    return own(this.getColumnProperties(column), name);
  }

  getColumnRole(column: number | string): string {
    return String(this.getColumnProperty(column, 'role') ?? '');
  }

  getProperty(row: number, column: number | string, name: string): any {
    return own(this.getProperties(row, column), name);
  }

  getRowProperty(row: number, name: string): any {
    return own(this.getRowProperties(row), name);
  }

  getTableProperty(name: string): any {
    return own(this.getTableProperties(), name);
  }

  /** A column's position by its position, id or else label; -1 for none. */
  getColumnIndex(column: number | string): number {
    const count = this.getNumberOfColumns();
    if (typeof column === 'number') return Number.isInteger(column) && column >= 0 && column < count ? column : -1;
    const all = range(0, count - 1);
    const byId = all.find((i) => this.getColumnId(i) === column);
    return byId ?? all.find((i) => this.getColumnLabel(i) === column) ?? -1;
  }

  getColumnRange(column: number | string): { min: any; max: any } {
    const values = this.valuesOf(column)
      .filter((value) => value !== null && !Number.isNaN(value))
      .sort(compareValues);
    return { min: values[0] ?? null, max: values.at(-1) ?? null };
  }

  getDistinctValues(column: number | string): any[] {
    const values = this.valuesOf(column).sort(compareValues);
    return values.filter((value, i) => i === 0 || compareValues(value, values[i - 1]) !== 0);
  }

  getFilteredRows(filters: RowFilter): number[] {
    const rows = range(0, this.getNumberOfRows() - 1);
    if (typeof filters === 'function') return rows.filter((row) => filters(this, row));
    if (!Array.isArray(filters)) throw new Error('Filters must be an array of conditions, or a function.');
    const conditions = filters.map((filter: CellFilter, i) => this.condition(filter, i));
    return rows.filter((row) => conditions.every((holds) => holds(row)));
  }

  getSortedRows(by: SortBy): number[] {
    const rows = range(0, this.getNumberOfRows() - 1);
    if (typeof by === 'function') return rows.sort(by);
    const orders = (Array.isArray(by) ? by : [by]).map((one: number | string | SortColumn) => {
      const { column, desc, compare } = typeof one === 'object' && one !== null ? one : { column: one, desc: false, compare: undefined };
      return { at: this.columnAt(column), sign: desc ? -1 : 1, compare: compare ?? compareValues };
    });
    const values = orders.map(({ at }) => this.valuesOf(at));
    return rows.sort((a, b) => {
      let order = 0;
      orders.some(({ sign, compare }, i) => (order = sign * compare(values[i]?.[a], values[i]?.[b])) !== 0);
      return order || a - b;
    });
  }

  /** A column's position, checked. */
  protected columnAt(column: number | string): number {
    const at = this.getColumnIndex(column);
    if (at >= 0) return at;
    throw outside('column', column, this.getNumberOfColumns());
  }

  /** A row's position, checked. */
  protected rowAt(row: number): number {
    const count = this.getNumberOfRows();
    if (Number.isInteger(row) && row >= 0 && row < count) return row;
    throw outside('row', row, count);
  }

  private valuesOf(column: number | string): unknown[] {
    const at = this.columnAt(column);
    return range(0, this.getNumberOfRows() - 1).map((row) => this.getValue(row, at) as unknown);
  }

  private condition(filter: CellFilter, position: number): (row: number) => boolean {
    if (typeof filter !== 'object' || filter === null || filter.column === undefined) {
      throw new Error(`The filter at position ${position} names no column.`);
    }
    const { minValue, maxValue, test } = filter;
    const exact = 'value' in filter;
    const ranged = 'minValue' in filter || 'maxValue' in filter;
    if (exact && ranged) throw new Error(`The filter at position ${position} has both a value and a range.`);
    if (!exact && !ranged && !test) throw new Error(`The filter at position ${position} needs "value", "minValue", "maxValue" or "test".`);
    const at = this.columnAt(filter.column);
    return (row) => {
      const value = this.getValue(row, at) as unknown;
      if (exact && compareValues(value, filter.value) !== 0) return false;
      if (ranged && (value === null || value === undefined)) return false;
      if (minValue !== undefined && minValue !== null && compareValues(value, minValue) < 0) return false;
      if (maxValue !== undefined && maxValue !== null && compareValues(value, maxValue) > 0) return false;
      return !test || Boolean(test(value, row, at, this));
    };
  }
}

/** What is wrong with a position that a table does not have. */
export function outside(what: 'row' | 'column', given: unknown, count: number): Error {
  if (count === 0) return new Error(`Table has no ${what}s.`);
  return new Error(`Invalid ${what} index ${String(given)}. Should be an integer in the range [0-${count - 1}].`);
}

/** The positions from the first to the last, both included. */
export function range(first: number, last: number): number[] {
  return mapRange(last - first + 1, (i) => first + i);
}

/** A copy of a cell: value, text and properties. */
export function cellOf(source: Reading, row: number, column: number | string): CellObject {
  const [v, f] = [source.getValue(row, column) as unknown, source.getFormattedValue(row, column)];
  return { v, f, p: { ...source.getProperties(row, column) } };
}

/** A property, never one that objects inherit. */
export function own(properties: Properties, name: string): unknown {
  return Object.hasOwn(properties, name) ? (properties[name] ?? null) : null;
}
