// Dates of google.visualization are local: `new Date(2020, 0, 1)` is the first of January wherever the viewer is. Dates
// of our charts are instants whose UTC fields are the calendar's. Here one becomes the other, by fields and never by
// offsets, so that no change of the clocks moves a day.

const literal = /^Date\((\s*-?\d+\s*(?:,\s*-?\d+\s*){0,6})\)$/;

/** True for dates, also those of another frame. */
export function isDate(value: unknown): value is Date {
  return Object.prototype.toString.call(value) === '[object Date]';
}

/** Returns the local date of these fields; the month counts from 0. Years below 100 are literal. */
export function localDate(year: number, month = 0, day = 1, hour = 0, minute = 0, second = 0, ms = 0): Date {
  const date = new Date(2000, month, day, hour, minute, second, ms);
  date.setFullYear(year, month, day);
  date.setHours(hour, minute, second, ms);
  return date;
}

/** True for the first instant of a day, which is one o'clock where the clocks skip midnight. */
export function isDayStart(date: Date): boolean {
  return date.getTime() === localDate(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

/** The instant whose UTC fields are the date's local ones; at midnight when only the day counts. */
export function utcOf(local: Date, dayOnly = false): Date {
  const utc = new Date(0);
  utc.setUTCFullYear(local.getFullYear(), local.getMonth(), local.getDate());
  if (!dayOnly) utc.setUTCHours(local.getHours(), local.getMinutes(), local.getSeconds(), local.getMilliseconds());
  return utc;
}

/** The local date whose fields are the instant's UTC ones. An hour that the clocks skip becomes the one after it. */
export function localOf(utc: Date): Date {
  return localDate(
    utc.getUTCFullYear(),
    utc.getUTCMonth(),
    utc.getUTCDate(),
    utc.getUTCHours(),
    utc.getUTCMinutes(),
    utc.getUTCSeconds(),
    utc.getUTCMilliseconds(),
  );
}

/** A date of the JSON form "Date(2020, 0, 31)" or "Date(1577836800000)"; undefined for anything else. */
export function dateOfJson(text: string): Date | undefined {
  const match = literal.exec(text.trim());
  if (!match) return undefined;
  const numbers = match[1]?.split(',').map(Number) as [number, ...number[]];
  return numbers.length === 1 ? new Date(numbers[0]) : localDate(...numbers);
}

/** The JSON form of a date; the time is left out at midnight. */
export function jsonOfDate(date: Date): string {
  const time = [date.getHours(), date.getMinutes(), date.getSeconds(), date.getMilliseconds()];
  while (time.length > 0 && (time.length === 4 || time.every((part) => part === 0)) && time.at(-1) === 0) time.pop();
  return `Date(${[date.getFullYear(), date.getMonth(), date.getDate(), ...time].join(', ')})`;
}
