import { DAY, HOUR } from '../data/dates.js';
import type { ColumnType } from '../data/table.js';
import { mapRange } from '../builtins.js';

/** An axis of values: its ends and where its ticks are. */
export interface ValueScale {
  min: number;
  max: number;
  ticks: number[];
}

const secondSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400];

/** What the host sets of an axis: its ends, values that it holds, and how many ticks it has or where. */
export interface Bounds {
  min?: number;
  max?: number;
  low?: number;
  high?: number;
  ticks?: number | (number | Date)[];
}

/** An axis that holds `low` to `high` and zero, with about `count` round ticks; counts get whole numbers only. */
export function valueScale(low: number, high: number, count: number, type: ColumnType, bounds: Bounds = {}): ValueScale {
  const own = Array.isArray(bounds.ticks) ? bounds.ticks.map(Number) : [];
  let min = bounds.min ?? Math.min(0, low, bounds.low ?? 0, ...own);
  let max = bounds.max ?? Math.max(0, high, bounds.high ?? 0, ...own);
  if (!(max > min)) max = min + (type === 'percent' ? 0.01 : 1);
  const wanted = Math.max(2, Math.round(typeof bounds.ticks === 'number' ? bounds.ticks : count));
  let ticks: number[];
  if (type === 'seconds' && max - min > 5) {
    const step = secondSteps.find((s) => (max - min) / s <= wanted) ?? Math.ceil((max - min) / wanted / 86_400) * 86_400;
    [min, max] = [Math.floor(min / step) * step, Math.ceil(max / step) * step];
    ticks = mapRange(Math.round((max - min) / step) + 1, (i) => min + i * step);
  } else {
    if (type === 'integer') max = Math.max(max, min + 2);
    ticks = [min, max];
    let step = 0;
    // Round ends make the axis longer, and a longer axis may need a larger step.
    for (let next = roundStep(max - min, wanted); next > step && next < Infinity; next = roundStep(max - min, wanted)) {
      step = next;
      [min, max] = [exact(Math.floor(exact(min / step)) * step), exact(Math.ceil(exact(max / step)) * step)];
      const first = min;
      ticks = mapRange(Math.round((max - min) / step) + 1, (i) => exact(first + i * step));
    }
    if (type === 'integer') ticks = ticks.filter(Number.isInteger);
  }
  if (bounds.min !== undefined) min = bounds.min;
  if (bounds.max !== undefined) max = bounds.max;
  return { min, max, ticks: (own.length > 0 ? own : ticks).filter((tick) => tick >= min && tick <= max) };
}

// 1, 2 or 5 of a power of ten: the one that comes nearest, as a ratio, to a `count`-th of the span.
function roundStep(span: number, count: number): number {
  const raw = span / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const ratio = raw / power;
  return power * (ratio >= Math.sqrt(50) ? 10 : ratio >= Math.sqrt(10) ? 5 : ratio >= Math.SQRT2 ? 2 : 1);
}

// Sums of tenths without the binary dust.
function exact(value: number): number {
  return Number(value.toPrecision(12));
}

/** A label on an axis: where it is anchored, and what it says. */
export interface Label {
  at: number;
  text: string;
  /** Position of the value among the axis' values. */
  index: number;
}

interface CalendarStep {
  keep: (date: Date) => boolean;
  /** Days (or hours) between ticks, at least. */
  size: number;
  month?: boolean;
}

function everyDays(n: number, first: number): CalendarStep {
  return { size: n, keep: (date) => date.getUTCHours() === 0 && Math.round(date.getTime() / DAY - first) % n === 0 };
}

function everyMonths(n: number): CalendarStep {
  return {
    size: n * 30,
    month: true,
    keep: (date) => date.getUTCDate() === 1 && date.getUTCHours() === 0 && date.getUTCMonth() % n === 0,
  };
}

// Weeks are counted back from the last day, so that the newest day has a label.
function calendarSteps(dates: Date[], type: ColumnType): CalendarStep[] {
  const last = Math.floor((dates[dates.length - 1]?.getTime() ?? 0) / DAY);
  const hours = [1, 2, 3, 6, 12].map(
    (n): CalendarStep => ({
      size: n / 24,
      keep: (date) => Math.round(date.getTime() / HOUR) % n === 0,
    }),
  );
  const days = [1, 2, 4].map((n) => everyDays(n, last % n));
  const weeks = [7, 14].map((n) => everyDays(n, last % n));
  const months = [1, 2, 3, 6, 12, 24, 60].map(everyMonths);
  if (type === 'yearMonth') return months;
  return [...(type === 'dateHour' ? hours : []), ...days, ...weeks, ...months];
}

// Between dates that lie further apart, those that are there will do.
const MOST_UNITS = 20_000;

/** All days (hours, months) from the first date to the last, between which dates may be missing. */
export function calendarSpan(dates: Date[], type: ColumnType): Date[] {
  const [first, last] = [Number(dates[0]), Number(dates.at(-1))];
  const step = type === 'dateHour' && last - first < 62 * DAY ? HOUR : DAY;
  if (type === 'yearMonth' || last - first < 3 * step || last - first > MOST_UNITS * step) return dates;
  const start = Math.ceil(first / step) * step;
  return mapRange(Math.floor((last - start) / step) + 1, (i) => new Date(start + i * step));
}

/** How ticks of a calendar axis are written: `month` is true where every tick starts a month. */
export type WriteDate = (date: Date, month: boolean) => string;

const GAP = 12;

/** The length of an axis, and how far labels may reach beyond its ends. */
export interface Room {
  width: number;
  before: number;
  after: number;
}

/**
 * The labels of a calendar axis: the finest of days, weeks, months, quarters and years whose labels stand apart.
 * `at` says where the i-th date is, `width` how wide a text is.
 */
export function calendarLabels(
  dates: Date[],
  type: ColumnType,
  at: (index: number) => number,
  room: Room,
  width: (text: string) => number,
  write: WriteDate,
): Label[] {
  let best: Label[] = [];
  for (const step of calendarSteps(dates, type)) {
    const labels = dates.flatMap((date, index): Label[] =>
      step.keep(date) ? [{ at: at(index), text: write(date, step.month === true), index }] : [],
    );
    if (labels.length < 2 && best.length > 0) break;
    best = labels;
    if (labels.length > 0 && standApart(labels, width)) {
      const all = placed(labels, room, width);
      if (all.length === labels.length) return all;
    }
  }
  return thinned(best.length > 0 ? best : ends(dates, at, write), room, width);
}

function ends(dates: Date[], at: (index: number) => number, write: WriteDate): Label[] {
  return [0, dates.length - 1]
    .filter((i, j, all) => i >= 0 && all.indexOf(i) === j)
    .map((index) => ({ at: at(index), text: write(dates[index] as Date, false), index }));
}

function standApart(labels: Label[], width: (text: string) => number): boolean {
  return labels.every((label, i) => {
    const before = labels[i - 1];
    return !before || label.at - before.at >= (width(label.text) + width(before.text)) / 2 + GAP;
  });
}

/** Labels moved inward where they would leave the room; those that then touch their neighbour are dropped. */
export function placed(labels: Label[], room: Room, width: (text: string) => number): Label[] {
  let edge = -Infinity;
  const kept: Label[] = [];
  for (const label of labels) {
    const half = width(label.text) / 2;
    const first = half - room.before;
    const at = Math.min(Math.max(label.at, first), Math.max(first, room.width + room.after - half));
    if (at - half < edge + GAP / 2) continue;
    edge = at + half;
    kept.push({ ...label, at });
  }
  return kept;
}

/** Every n-th label, with the smallest n at which none touch. */
export function thinned(labels: Label[], room: Room, width: (text: string) => number): Label[] {
  for (let n = 1; n < labels.length; n += 1) {
    const some = labels.filter((_, i) => i % n === 0);
    if (!standApart(some, width)) continue;
    const all = placed(some, room, width);
    if (all.length === some.length) return all;
  }
  return placed(labels.slice(0, 1), room, width);
}

/** Where a tooltip goes: beside its anchor, on the side where there is room, and never outside. */
export function tooltipAt(
  anchor: { x: number; y: number },
  size: { width: number; height: number },
  stage: { width: number; height: number },
): { x: number; y: number } {
  const gap = 12;
  const right = anchor.x + gap;
  const left = anchor.x - gap - size.width;
  const x =
    right + size.width <= stage.width
      ? right
      : left >= 0
        ? left
        : Math.max(0, Math.min(stage.width - size.width, anchor.x - size.width / 2));
  const y = Math.max(0, Math.min(stage.height - size.height, anchor.y - size.height / 2));
  return { x, y };
}
