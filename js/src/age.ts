// The age of data: how it is written, and when to refresh it.

import type { Age } from './types.js';

function formatter(locale: string, options: Intl.DateTimeFormatOptions, zone: string | undefined): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat(locale, zone ? { ...options, timeZone: zone } : options);
  } catch {
    // This browser does not know the zone: its own is used.
    return new Intl.DateTimeFormat(locale, options);
  }
}

/** Formats a time in the property's zone, with the date unless that is `today`. */
export function timeText(asOf: string, locale: string, zone: string | undefined, today: string, seconds = false): string {
  const moment = new Date(asOf);
  if (Number.isNaN(moment.getTime())) return '';
  const day = dayIn(zone, moment);
  const time: Intl.DateTimeFormatOptions = { hour: 'numeric', minute: '2-digit', ...(seconds ? { second: '2-digit' } : {}) };
  const date: Intl.DateTimeFormatOptions = day === today ? {} : { day: 'numeric', month: 'short', year: 'numeric' };
  return formatter(locale, { ...date, ...time }, zone).format(moment);
}

/** Returns the current ISO day in a zone, by the server's clock if the response tells its time, else by the visitor's. */
export function todayIn(zone: string | undefined, { asOf, age }: Age): string {
  const answered = Date.parse(asOf ?? '') + (age ?? 0) * 1000;
  return dayIn(zone, Number.isNaN(answered) ? new Date() : new Date(answered));
}

function dayIn(zone: string | undefined, moment: Date): string {
  const format = formatter('en', { year: 'numeric', month: '2-digit', day: '2-digit', calendar: 'gregory' }, zone);
  const parts = Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, value]));
  return `${parts.year}-${parts.month}-${parts.day}`;
}

/** Formats a period between two ISO days. */
export function periodText(start: string, end: string, locale: string): string {
  const [from, to] = [new Date(start), new Date(end)];
  if (Number.isNaN(from.getTime()) || Number.isNaN(to.getTime())) return '';
  const format = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });
  return format.formatRange(from, to);
}

/** Returns the milliseconds until the next refresh; 0 for none. */
export function refreshAfter(ages: Age[]): number {
  const grades = ages.map((age) => age.freshness);
  if (ages.some((age) => age.stale)) return 5 * MINUTE;
  if (grades.includes('realtime')) return 30_000;
  if (grades.includes('intraday')) return 15 * MINUTE;
  return grades.length > 0 ? 60 * MINUTE : 0;
}

const MINUTE = 60_000;
