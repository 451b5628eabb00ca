// Date ranges in the syntax of the attribute `range`: "28d", "30daysAgo..yesterday", "2026-01-01..2026-01-31". The server
// resolves relative days in the property's time zone; nothing here reads the visitor's clock.

import type { DateRange } from './types.js';

/** A malformed range. The message shows the syntax. */
export class BadRange extends Error {}

const DAYS = /^([1-9]\d{0,3})d$/;
const AGO = /^(\d{1,4})daysAgo$/;
const ISO = /^\d{4}-\d\d-\d\d$/;

const LONGEST = 1100;

/** The days between two ISO days, negative when `to` is earlier. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000);
}

/** The ISO day that is `n` days after `day`. */
export function addDays(day: string, n: number): string {
  return new Date(Date.parse(day) + n * 86_400_000).toISOString().slice(0, 10);
}

/** True for an existing day as YYYY-MM-DD. */
export function isDay(text: string): boolean {
  return ISO.test(text) && !Number.isNaN(Date.parse(text)) && addDays(text, 0) === text;
}

/** Returns the days ago that a relative day means; null for a date. */
function daysAgo(word: string): number | null {
  if (word === 'today') return 0;
  if (word === 'yesterday') return 1;
  const match = AGO.exec(word);
  return match ? Number(match[1]) : null;
}

function wordAgo(n: number): string {
  if (n === 0) return 'today';
  return n === 1 ? 'yesterday' : `${n}daysAgo`;
}

/** Parses a range into a query's dates. */
export function parseRange(text: string): DateRange {
  const days = DAYS.exec(text.trim());
  if (days && Number(days[1]) <= LONGEST) return { startDate: `${days[1]}daysAgo`, endDate: 'yesterday' };
  const [start = '', end = start, extra] = text.trim().split('..');
  const known = (word: string) => isDay(word) || daysAgo(word) !== null;
  if (extra !== undefined || !known(start) || !known(end) || ends(start, end) < 0) {
    throw new BadRange(`range="${text}" is not a range, e.g. 28d, 30daysAgo..yesterday or 2026-01-01..2026-01-31.`);
  }
  return { startDate: start, endDate: end };
}

// Days from start to end if both are of one kind; 0 where only the server knows.
function ends(start: string, end: string): number {
  const [a, b] = [daysAgo(start), daysAgo(end)];
  if (a !== null && b !== null) return a - b;
  return a === null && b === null ? daysBetween(start, end) : 0;
}

/**
 * Returns the period of the same length before `range`; null if only one end is relative, since only the server knows
 * its length.
 */
export function previousRange(range: DateRange): DateRange | null {
  const [start, end] = [daysAgo(range.startDate), daysAgo(range.endDate)];
  if (start !== null && end !== null) {
    const length = start - end + 1;
    return { startDate: wordAgo(start + length), endDate: wordAgo(end + length) };
  }
  if (start !== null || end !== null) return null;
  const length = daysBetween(range.startDate, range.endDate) + 1;
  return { startDate: addDays(range.startDate, -length), endDate: addDays(range.startDate, -1) };
}

/** Resolves relative days, given the current day in the property's time zone. */
export function resolveRange(range: DateRange, today: string): DateRange {
  const day = (word: string) => {
    const ago = daysAgo(word);
    return ago === null ? word : addDays(today, -ago);
  };
  return { ...range, startDate: day(range.startDate), endDate: day(range.endDate) };
}

/** Returns the attribute's value for two days, in either order. */
export function customRange(from: string, to: string): string {
  return daysBetween(from, to) < 0 ? `${to}..${from}` : `${from}..${to}`;
}

/** Returns the days of a range like "28d"; null for others. */
export function presetDays(text: string): number | null {
  const match = DAYS.exec(text);
  return match ? Number(match[1]) : null;
}
