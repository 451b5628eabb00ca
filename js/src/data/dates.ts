import type { ColumnType } from './table.js';

export const DAY = 86_400_000;
export const HOUR = 3_600_000;

function utc(year: number, month: number, day: number, hour = 0): Date | null {
  const date = new Date(Date.UTC(year, month - 1, day, hour));
  const same = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return same && hour < 24 ? date : null;
}

const shapes: Partial<Record<ColumnType, RegExp>> = {
  date: /^(\d{4})(\d\d)(\d\d)$/,
  dateHour: /^(\d{4})(\d\d)(\d\d)(\d\d)$/,
  yearMonth: /^(\d{4})(\d\d)$/,
};

/** Google's digits ("20261122") as a date, or null for "(other)", "(not set)" and the like. */
export function parseDigits(text: string, type: ColumnType): Date | null {
  const match = shapes[type]?.exec(text);
  if (!match) return null;
  const [year = 0, month = 0, day = 1, hour = 0] = match.slice(1).map(Number);
  return utc(year, month, day, hour);
}

/** An ISO day ("2026-11-22") as a date, or null. */
export function parseDay(text: string): Date | null {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (!match) return null;
  const [year = 0, month = 0, day = 0] = match.slice(1).map(Number);
  return utc(year, month, day);
}

/** The start of the next day, hour or month. */
export function nextStep(date: Date, type: ColumnType): Date {
  if (type === 'dateHour') return new Date(date.getTime() + HOUR);
  if (type === 'yearMonth') return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1));
  return new Date(date.getTime() + DAY);
}
