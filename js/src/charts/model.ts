import { isOrdinal } from '../data/fields.js';
import { columnsOf, isCalendar, numberOf } from '../data/table.js';
import type { Cell, Column, Table } from '../data/table.js';
import type { Formatter } from './format.js';
import type { ChartOptions, Note } from './options.js';
import { fill } from '../i18n/index.js';
import type { Texts } from '../i18n/index.js';

/** One line, or the columns of one colour. */
export interface Series {
  label: string;
  /** The metric. */
  column: Column;
  /** Its position in the table. */
  columnIndex: number;
  /** Its place in the palette. */
  color: number;
  /** 1 for a series on the right axis, whatever its unit. */
  axis?: number;
  /** One per position of the axis. */
  values: (number | null)[];
  previous?: (number | null)[];
}

/** The positions along an axis. */
export interface Positions {
  calendar: boolean;
  /** True for dates and numbers, whose distances mean something. */
  linear: boolean;
  /** The first dimension; undefined for a table without any. */
  column: Column | undefined;
  cells: Cell[];
  /** The dates of the period before. */
  previous?: Cell[];
  /** The table's row of each position; null where several rows share one. */
  rows: (number | null)[];
}

/** The data of a chart with axes. */
export interface Model {
  positions: Positions;
  series: Series[];
  notes: Note[];
}

interface Words {
  format: Formatter;
  texts: Texts;
  options?: Pick<ChartOptions, 'series'>;
}

// More series than colours are one "Other".
const MOST_SERIES = 7;

/** Arranges a table along its first dimension; a second one becomes series. */
export function modelOf(table: Table, previous: Table | undefined, words: Words): Model {
  const dimensions = columnsOf(table, 'dimension');
  const metrics = columnsOf(table, 'metric');
  const notes: Note[] = [];
  const order = ordered(table, notes, words);
  if (dimensions.length === 2 && metrics.length > 0) return pivoted(table, order, notes, words);
  const positions = positionsOf(table, order, dimensions, words);
  const before = previous && earlier(table, previous, positions, words);
  const series = metrics.map((at, i): Series => {
    const column = table.columns[at] as Column;
    const values = order.map((row) => numberOf(table.rows[row]?.[at]));
    const one: Series = { label: column.label, column, columnIndex: at, color: i, axis: words.options?.series?.[i]?.axis, values };
    if (before) one.previous = before.map((row) => numberOf(row?.[at]));
    return one;
  });
  return {
    positions: before && positions.calendar ? { ...positions, previous: before.map((row) => row?.[0] ?? null) } : positions,
    series,
    notes,
  };
}

function positionsOf(table: Table, order: number[], dimensions: number[], { format }: Words): Positions {
  const column = dimensions.length > 0 ? table.columns[dimensions[0] as number] : undefined;
  const single = dimensions.length <= 1;
  const calendar = column !== undefined && single && isCalendar(column.type);
  const numeric = single && (column?.type === 'float' || column?.type === 'integer');
  return {
    calendar,
    linear: calendar || numeric,
    column,
    rows: order,
    cells: order.map((row) => (single ? (table.rows[row]?.[dimensions[0] ?? -1] ?? '') : rowLabel(table, row, format))),
  };
}

/** The dimensions of a row as one text. */
export function rowLabel(table: Table, row: number, format: Formatter): string {
  return columnsOf(table, 'dimension')
    .map((at) => cellText(table, row, at, format))
    .join(' · ');
}

/** Returns a cell's text: the host's, else formatted in the chart's locale. */
export function cellText(table: Table, row: number, at: number, format: Formatter): string {
  return table.written?.(row, at) ?? format.cell(table.rows[row]?.[at], table.columns[at] as Column);
}

// The rows that can be drawn, in the order of the axis. Rows without a date have no place on a calendar.
function ordered(table: Table, notes: Note[], { format, texts }: Words): number[] {
  const first = table.columns[0];
  const all = table.rows.map((_, i) => i);
  if (first?.role !== 'dimension') return all;
  if (isCalendar(first.type)) {
    const time = (row: number): number => (table.rows[row]?.[0] as Date).getTime();
    for (const row of table.rows.filter((cells) => !(cells[0] instanceof Date))) {
      const at = row.findIndex((_, i) => table.columns[i]?.role === 'metric');
      const value = at < 0 ? '' : format.cell(row[at], table.columns[at] as Column);
      notes.push({ kind: 'undated', message: fill(texts.undated, { name: format.cell(row[0], first), value }) });
    }
    return all.filter((row) => table.rows[row]?.[0] instanceof Date).sort((a, b) => time(a) - time(b));
  }
  if (!isOrdinal(first.name)) return all;
  const rank = (row: number): number => {
    const text = String(table.rows[row]?.[0] ?? '');
    if (!/^\d+$/.test(text)) return Infinity;
    // Time runs to the right, also for minutes ago.
    return first.name === 'minutesAgo' ? -Number(text) : Number(text);
  };
  return all.sort((a, b) => (rank(a) === rank(b) ? a - b : rank(a) - rank(b)));
}

// The row of the previous period for each position: the n-th day, or the one of the same name.
function earlier(table: Table, previous: Table, positions: Positions, words: Words): (Cell[] | undefined)[] {
  if (positions.calendar) {
    const rows = ordered(previous, [], words).map((row) => previous.rows[row]);
    return positions.cells.map((_, i) => rows[i]);
  }
  const names = new Map(previous.rows.map((row, i) => [rowLabel(previous, i, words.format), row]));
  return positions.rows.map((row) => (row === null ? undefined : names.get(rowLabel(table, row, words.format))));
}

function pivoted(table: Table, order: number[], notes: Note[], { format, texts }: Words): Model {
  const [first, second] = [table.columns[0] as Column, table.columns[1] as Column];
  const at = columnsOf(table, 'metric')[0] as number;
  const keyOf = (cell: Cell | undefined): string => (cell instanceof Date ? cell.toISOString() : String(cell ?? ''));
  const places = new Map<string, number>();
  const cells: Cell[] = [];
  const totals = new Map<string, number>();
  for (const row of order) {
    const line = table.rows[row] as Cell[];
    if (!places.has(keyOf(line[0]))) {
      places.set(keyOf(line[0]), cells.length);
      cells.push(line[0] ?? '');
    }
    totals.set(keyOf(line[1]), (totals.get(keyOf(line[1])) ?? 0) + Math.abs(numberOf(line[at]) ?? 0));
  }
  const names = [...totals.entries()].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  const own = names.length > MOST_SERIES + 1 ? names.slice(0, MOST_SERIES) : names;
  const lane = new Map(own.map((name, i) => [name, i]));
  const labels = own.map((name) => format.cell(name, second));
  if (own.length < names.length) labels.push(texts.other);
  const series = labels.map(
    (label, i): Series => ({
      label,
      column: table.columns[at] as Column,
      columnIndex: at,
      color: i,
      values: cells.map(() => null),
    }),
  );
  for (const row of order) {
    const line = table.rows[row] as Cell[];
    const values = series[lane.get(keyOf(line[1])) ?? series.length - 1]?.values;
    const place = places.get(keyOf(line[0])) as number;
    const value = numberOf(line[at]);
    if (values && value !== null) values[place] = (values[place] ?? 0) + value;
  }
  const calendar = isCalendar(first.type);
  return { positions: { calendar, linear: calendar, column: first, cells, rows: cells.map(() => null) }, series, notes };
}
