// When figures are from, and when to ask for newer ones.

import type { Age } from './types.js';

function formatter(locale: string, options: Intl.DateTimeFormatOptions, zone: string | undefined): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat(locale, zone ? { ...options, timeZone: zone } : options);
  } catch {
    // A zone that this browser does not know: its own zone, then not named.
    return new Intl.DateTimeFormat(locale, options);
  }
}

/** The moment in the property's zone: the time alone on the day that is `today` there, else with its date. */
export function momentText(asOf: string, locale: string, zone: string | undefined, today: string, seconds = false): string {
  const moment = new Date(asOf);
  if (Number.isNaN(moment.getTime())) return '';
  const day = dayIn(zone, moment);
  const time: Intl.DateTimeFormatOptions = { hour: 'numeric', minute: '2-digit', ...(seconds ? { second: '2-digit' } : {}) };
  const date: Intl.DateTimeFormatOptions = day === today ? {} : { day: 'numeric', month: 'short', year: 'numeric' };
  return formatter(locale, { ...date, ...time }, zone).format(moment);
}

/** The ISO day that it is in a zone. The server's clock counts where its answer tells; else the viewer's must do. */
export function todayIn(zone: string | undefined, { asOf, age }: Age): string {
  const answered = Date.parse(asOf ?? '') + (age ?? 0) * 1000;
  return dayIn(zone, Number.isNaN(answered) ? new Date() : new Date(answered));
}

function dayIn(zone: string | undefined, moment: Date): string {
  const format = formatter('en', { year: 'numeric', month: '2-digit', day: '2-digit', calendar: 'gregory' }, zone);
  const parts = Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, value]));
  return `${parts.year}-${parts.month}-${parts.day}`;
}

/** A period of two ISO days, as the locale writes it. */
export function periodText(start: string, end: string, locale: string): string {
  const [from, to] = [new Date(start), new Date(end)];
  if (Number.isNaN(from.getTime()) || Number.isNaN(to.getTime())) return '';
  const format = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });
  return format.formatRange(from, to);
}

/** Milliseconds after which an answer is worth asking for again; 0 for never. */
export function refreshAfter(ages: Age[]): number {
  const grades = ages.map((age) => age.freshness);
  if (ages.some((age) => age.stale)) return 5 * MINUTE;
  if (grades.includes('realtime')) return 30_000;
  if (grades.includes('intraday')) return 15 * MINUTE;
  return grades.length > 0 ? 60 * MINUTE : 0;
}

const MINUTE = 60_000;
