import type { V3Answer } from '../data/v3.js';
import { jsonOfDate, localDate } from './dates.js';
import type { DataObject } from './index.js';
import type { ColumnType } from './kinds.js';

// The names whose values are dates, and how many digits they have.
const calendar: Record<string, { type: ColumnType; digits: number }> = {
  date: { type: 'date', digits: 8 },
  yearmonth: { type: 'date', digits: 6 },
  datehour: { type: 'datetime', digits: 10 },
  datehourminute: { type: 'datetime', digits: 12 },
};

// The date that Google's digits say ("2020013123"); undefined for "(other)" and for days that do not exist.
function dateOf(text: string, digits: number): Date | undefined {
  if (text.length !== digits) return undefined;
  const match = /^(\d{4})(\d\d)(\d\d)?(\d\d)?(\d\d)?$/.exec(text);
  if (!match) return undefined;
  const parts = match.slice(1).filter((part) => part !== undefined).map(Number);
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0] = parts;
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
  if (month < 1 || month > 12 || day < 1 || day > days || hour > 23 || minute > 59) return undefined;
  const date = localDate(year, month - 1, day, hour, minute);
  // So that the literal survives JSON as a DataTable's does.
  return Object.defineProperty(date, 'toJSON', { value: () => jsonOfDate(date) });
}

function numberOf(text: string | undefined): number | null {
  const value = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : null;
}

/** A v3 answer as the literal of a DataTable: columns of dates hold dates, metrics hold numbers. */
export function dataOf({ columnHeaders, rows = [] }: V3Answer): DataObject {
  const columns = columnHeaders.map(({ name, columnType }, at) => {
    const texts = rows.map((row) => row[at]);
    if (columnType === 'METRIC') return { name, type: 'number', values: texts.map(numberOf) as unknown[] };
    // Only the axis holds dates: elsewhere they are names.
    const short = name.replace(/^\w+:/, '').toLowerCase();
    const kind = at === 0 && Object.hasOwn(calendar, short) ? calendar[short] : undefined;
    const dates = kind ? texts.map((text) => dateOf(text ?? '', kind.digits)) : [];
    if (kind && dates.every((date) => date !== undefined)) return { name, type: kind.type, values: dates as unknown[] };
    return { name, type: 'string', values: texts.map((text) => text ?? null) as unknown[] };
  });
  return {
    cols: columns.map(({ name, type }) => ({ id: name, label: name, type })),
    rows: rows.map((_, i) => ({ c: columns.map(({ values }) => ({ v: values[i] })) })),
  };
}
