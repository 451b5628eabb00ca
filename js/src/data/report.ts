import { nextStep, parseDay, parseDigits, DAY, HOUR } from './dates.js';
import { dimensionType, isAdditive, metricType, secondsPerUnit } from './fields.js';
import { isCalendar } from './table.js';
import type { Cell, Column, Table } from './table.js';
import { mapRange } from '../builtins.js';

interface GoogleValue {
  value?: string;
}

/** A row of Google's report JSON. */
export interface GoogleRow {
  dimensionValues?: GoogleValue[];
  metricValues?: GoogleValue[];
}

/** The response of Google's `runReport`. Empty members are absent. */
export interface GoogleReport {
  dimensionHeaders?: { name: string }[];
  metricHeaders?: { name: string; type?: string }[];
  rows?: GoogleRow[];
  totals?: GoogleRow[];
  rowCount?: number;
  metadata?: {
    currencyCode?: string;
    timeZone?: string;
    dataLossFromOtherRow?: boolean;
    subjectToThresholding?: boolean;
    emptyReason?: string;
  };
  kind?: string;
}

const RANGE = 'dateRange';

function dimensionCell(text: string, column: Column): Cell {
  return isCalendar(column.type) ? (parseDigits(text, column.type) ?? text) : text;
}

function metricCell(text: string | undefined, unit: number): Cell {
  if (text === undefined || text.trim() === '') return null;
  const value = Number(text);
  return Number.isFinite(value) ? value * unit : text;
}

/**
 * Google's report as a table. The `dateRange` dimension that Google appends is left out, and a realtime report by
 * `minutesAgo` has all minutes: those without events are missing from Google's.
 */
export function tableOf(report: GoogleReport, labels: (apiName: string) => string): Table {
  const dimensions = (report.dimensionHeaders ?? []).map(
    ({ name }): Column => ({
      name,
      label: labels(name),
      role: 'dimension',
      type: dimensionType(name),
    }),
  );
  const headers = report.metricHeaders ?? [];
  const currency = report.metadata?.currencyCode;
  const metrics = headers.map(({ name, type }): Column => {
    const column: Column = { name, label: labels(name), role: 'metric', type: metricType(name, type) };
    if (column.type === 'currency' && currency) column.currency = currency;
    return column;
  });
  const kept = dimensions.flatMap((column, i) => (column.name === RANGE ? [] : [i]));
  const values = (row: GoogleRow): Cell[] => headers.map(({ type }, i) => metricCell(row.metricValues?.[i]?.value, secondsPerUnit(type)));
  const table: Table = {
    columns: [...kept.map((i) => dimensions[i] as Column), ...metrics],
    rows: (report.rows ?? []).map((row) => [
      ...kept.map((i) => dimensionCell(row.dimensionValues?.[i]?.value ?? '', dimensions[i] as Column)),
      ...values(row),
    ]),
  };
  const total = report.totals?.[0];
  if (total) table.totals = [...kept.map(() => null), ...values(total)];
  return fillMinutes(table);
}

/**
 * Splits a compared report, whose last dimension says `current` or `previous`, into two. A report
 * that is not compared is its own current. Rows are distinguished by that value, never by position.
 */
export function splitRanges(report: GoogleReport): { current: GoogleReport; previous?: GoogleReport } {
  const at = (report.dimensionHeaders ?? []).findIndex(({ name }) => name === RANGE);
  if (at < 0) return { current: report };
  const of = (rows: GoogleRow[] | undefined, names: string[]): GoogleRow[] =>
    (rows ?? []).filter((row) => names.includes(row.dimensionValues?.[at]?.value ?? ''));
  const part = (...names: string[]): GoogleReport => {
    const rows = of(report.rows, names);
    const totals = of(report.totals, names);
    const { totals: _, ...rest } = report;
    return { ...rest, rows, rowCount: rows.length, ...(totals.length > 0 ? { totals } : {}) };
  };
  return { current: part('current', 'date_range_0'), previous: part('previous', 'date_range_1') };
}

// Ranges beyond this are not filled: an axis of that many points says nothing more.
const MOST_STEPS = 5000;

function steps(column: Column, start: Date, end: Date): Date[] {
  const last = column.type === 'dateHour' ? end.getTime() + DAY - HOUR : end.getTime();
  const first = column.type === 'yearMonth' ? new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth(), 1)) : start;
  const dates: Date[] = [];
  for (let at = first; at.getTime() <= last && dates.length <= MOST_STEPS; at = nextStep(at, column.type)) dates.push(at);
  return dates;
}

/**
 * Adds the days, hours or months that Google left out because nothing happened: counts and amounts become 0,
 * rates stay unknown. `start` and `end` are ISO days, both included. Only a table whose single dimension is a
 * calendar one, or `hour`, is filled. Rows come back in the order of time, with undatable rows ("(other)") last.
 */
export function fillDates(table: Table, start: string, end: string): Table {
  const [column, second] = table.columns;
  if (column?.name === 'hour' && second?.role !== 'dimension') return fillHours(table, start === end);
  const from = parseDay(start);
  const to = parseDay(end);
  if (!column || !isCalendar(column.type) || second?.role === 'dimension' || !from || !to) return table;
  const dates = steps(column, from, to);
  if (dates.length > MOST_STEPS) return table;
  const known = new Map<number, Cell[]>();
  const undated: Cell[][] = [];
  for (const row of table.rows) {
    if (row[0] instanceof Date) known.set(row[0].getTime(), row);
    else undated.push(row);
  }
  for (const date of dates) {
    if (!known.has(date.getTime())) known.set(date.getTime(), emptyRow(table.columns, date));
  }
  const dated = [...known.entries()].sort(([a], [b]) => a - b).map(([, row]) => row);
  return { ...table, rows: [...dated, ...undated] };
}

function fillMinutes(table: Table): Table {
  const [column, second] = table.columns;
  if (column?.name !== 'minutesAgo' || second?.role === 'dimension' || table.rows.length === 0) return table;
  const have = new Set(table.rows.map(([minute]) => String(minute)));
  const missing = mapRange(30, (n) => String(n).padStart(2, '0')).filter((minute) => !have.has(minute));
  return { ...table, rows: [...table.rows, ...missing.map((minute) => emptyRow(table.columns, minute))] };
}

// The hours of a single day may still be to come, so that only those before the last known one are filled.
function fillHours(table: Table, oneDay: boolean): Table {
  const hourOf = (row: Cell[]): number => (/^\d\d?$/.test(String(row[0])) && Number(row[0]) < 24 ? Number(row[0]) : -1);
  const known = new Map(table.rows.map((row) => [hourOf(row), row]));
  const last = oneDay ? Math.max(-1, ...known.keys()) : 23;
  const hours = mapRange(last + 1, (n) => known.get(n) ?? emptyRow(table.columns, String(n).padStart(2, '0')));
  return { ...table, rows: [...hours, ...table.rows.filter((row) => hourOf(row) < 0)] };
}

// A day without sessions has no bounce rate and no average duration, but it has 0 sessions.
function emptyRow(columns: Column[], position: Cell): Cell[] {
  return columns.map((column, i) => {
    if (i === 0) return position;
    return column.type === 'integer' || isAdditive(column.name) ? 0 : null;
  });
}
