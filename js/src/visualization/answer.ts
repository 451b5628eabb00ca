import type { V3Answer, V3Header } from '../data/v3.js';
import { jsonOfDate, localDate } from './dates.js';
import type { ColumnType, DataObject } from './types.js';

type Header = Pick<V3Header, 'name' | 'columnType'>;

// The fields whose values are dates, and their number of digits.
const calendar: Record<string, { type: ColumnType; digits: number }> = {
  date: { type: 'date', digits: 8 },
  yearmonth: { type: 'date', digits: 6 },
  datehour: { type: 'datetime', digits: 10 },
  datehourminute: { type: 'datetime', digits: 12 },
};

// Parses Google's digits ("2020013123"); undefined for "(other)" and for days that do not exist.
function dateOf(text: string, digits: number): Date | undefined {
  if (text.length !== digits) return undefined;
  const match = /^(\d{4})(\d\d)(\d\d)?(\d\d)?(\d\d)?$/.exec(text);
  if (!match) return undefined;
  const parts = match
    .slice(1)
    .filter((part) => part !== undefined)
    .map(Number);
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0] = parts;
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
  if (month < 1 || month > 12 || day < 1 || day > days || hour > 23 || minute > 59) return undefined;
  const date = localDate(year, month - 1, day, hour, minute);
  // So that the literal survives JSON, as a DataTable's does.
  return Object.defineProperty(date, 'toJSON', { value: () => jsonOfDate(date) });
}

// "Infinity" and "NaN" are numbers too, which charts leave out and tables show as Google does.
function numberOf(text: string | undefined): number | null {
  const value = Number(text);
  return text === undefined || text.trim() === '' || (Number.isNaN(value) && text !== 'NaN') ? null : value;
}

// Members that an empty response omits, from the query that it repeats. Totals are zero.
function whole({ columnHeaders, query = {}, rows, totalsForAllResults: totals = {} }: Partial<V3Answer>): {
  headers: Header[];
  rows: string[][];
} {
  const names = (list: unknown): string[] =>
    String(list ?? '')
      .split(',')
      .filter(Boolean);
  const headers = columnHeaders ?? [
    ...names(query['dimensions']).map((name): Header => ({ name, columnType: 'DIMENSION' })),
    ...names(query['metrics']).map((name): Header => ({ name, columnType: 'METRIC' })),
  ];
  const alone = headers.length > 0 && headers.every(({ columnType }) => columnType === 'METRIC');
  return { headers, rows: rows ?? (alone ? [headers.map(({ name }) => totals[name] ?? '0')] : []) };
}

function isStrange(value: unknown): boolean {
  return typeof value === 'number' && !Number.isFinite(value);
}

/** Returns a v3 response as the literal of a DataTable, with dates and numbers as such. */
export function dataOf(answer: Partial<V3Answer>): DataObject {
  const { headers, rows } = whole(answer);
  const columns = headers.map(({ name, columnType }, at) => {
    const texts = rows.map((row) => row[at]);
    if (columnType === 'METRIC') return { name, type: 'number', values: texts.map(numberOf) as unknown[] };
    // Only the domain has dates: elsewhere they are names.
    const short = name.replace(/^\w+:/, '').toLowerCase();
    const kind = at === 0 && Object.hasOwn(calendar, short) ? calendar[short] : undefined;
    const dates = kind ? texts.map((text) => dateOf(text ?? '', kind.digits)) : [];
    if (kind && dates.every((date) => date !== undefined)) return { name, type: kind.type, values: dates as unknown[] };
    return { name, type: 'string', values: texts.map((text) => text ?? null) as unknown[] };
  });
  return {
    cols: columns.map(({ name, type }) => ({ id: name, label: name, type })),
    rows: rows.map((row, i) => ({
      c: columns.map(({ values }, at) => (isStrange(values[i]) ? { v: values[i], f: row[at] } : { v: values[i] })),
    })),
  };
}
