import type { Cell, Column, ColumnType } from '../data/table.js';
import { clip, svg } from './dom.js';
import type { Measure } from './dom.js';
import type { Formatter } from './format.js';
import type { Positions, Series } from './model.js';
import type { AxisOptions } from './options.js';
import type { Stage } from './picture.js';
import { calendarLabels, placed, thinned, valueScale } from './ticks.js';
import type { Label, Room, ValueScale } from './ticks.js';

/** The inner rectangle of a plot. */
export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** A vertical axis of values that share a unit. */
export interface Vertical extends ValueScale {
  unit: string;
  column: Column;
  y(value: number): number;
}

/** A plot with axes drawn: where values and positions are. */
export interface Axes {
  box: Box;
  /** The axis of a series. */
  of(series: Series): Vertical;
  /** The middle of a position. */
  x(index: number): number;
  /** The width of a position. */
  band: number;
}

/** Values that can share an axis have the same unit. */
export function unitOf(column: Column): string {
  if (column.type === 'percent' || column.type === 'seconds') return column.type;
  return column.type === 'currency' ? `currency ${column.currency ?? ''}` : 'number';
}

/** The lowest and highest value of each unit. */
export interface Extent {
  unit: string;
  column: Column;
  type: ColumnType;
  low: number;
  high: number;
}

const ROW = 52;
const LABEL_GAP = 8;

/**
 * Draws grid, ticks and labels, and says where things are. `banded` puts the first and last position half a
 * band away from the edges, as columns need.
 */
export function drawAxes(stage: Stage, positions: Positions, extents: Extent[], banded: boolean): Axes {
  const { options, height, measure } = stage;
  const lower = options.hAxis?.textPosition === 'none' ? 6 : 24;
  const top = 10;
  const bottom = lower + (options.hAxis?.title ? 18 : 0);
  const inner = Math.max(20, height - top - bottom);
  const count = options.vAxis?.ticks ?? Math.max(2, Math.min(6, inner / ROW));
  const verticals = extents.map(({ low, high, type, unit, column }, i): Vertical => {
    const scale = valueScale(low, high, count, type, i === 0 ? options.vAxis : {});
    return { ...scale, unit, column, y: (value) => top + inner * (1 - (value - scale.min) / (scale.max - scale.min || 1)) };
  });
  const texts = verticals.map((vertical) => tickTexts(vertical, stage.format, options.vAxis));
  const shown = options.vAxis?.textPosition === 'none' ? 0 : 2;
  const widths = texts.map((each, i) => (i < shown ? Math.max(0, ...each.map(measure)) + LABEL_GAP : 0));
  const left = (widths[0] ?? 0) + (options.vAxis?.title ? 20 : 2);
  // Room for half of the newest day's label.
  const spare = positions.calendar && !banded && lower > 6 ? 18 : 6;
  const right = Math.max(spare, (widths[1] ?? 0) + 6);
  const box = { left, top, width: Math.max(20, stage.width - left - right), height: inner };
  verticals.slice(0, shown).forEach((vertical, i) => drawVertical(stage, box, vertical, texts[i] ?? [], i));
  if (shown === 0 && verticals[0]) baseline(stage, box, verticals[0]);
  const axes = place(box, verticals, positions, banded);
  if (lower > 6) drawHorizontal(stage, axes, positions);
  drawTitles(stage, box);
  return axes;
}

function place(box: Box, verticals: Vertical[], positions: Positions, banded: boolean): Axes {
  const n = positions.cells.length;
  const byUnit = new Map(verticals.map((vertical) => [vertical.unit, vertical]));
  const band = box.width / Math.max(1, banded ? n : n - 1);
  const time = (i: number): number => (positions.cells[i] as Date).getTime();
  const timed = positions.calendar && !banded && n > 1 && time(n - 1) > time(0);
  const x = (i: number): number => {
    if (n <= 1) return box.left + box.width / 2;
    if (timed) return box.left + (box.width * (time(i) - time(0))) / (time(n - 1) - time(0));
    return box.left + (banded ? (i + 0.5) * band : i * band);
  };
  return { box, band, x, of: (series) => byUnit.get(unitOf(series.column)) as Vertical };
}

function tickTexts(vertical: Vertical, format: Formatter, own: AxisOptions | undefined): string[] {
  const write = own?.format ?? ((value: number) => format.number(value, vertical.column, 'axis'));
  return vertical.ticks.map((tick) => write(tick));
}

function drawVertical(stage: Stage, box: Box, vertical: Vertical, texts: string[], side: number): void {
  vertical.ticks.forEach((tick, i) => {
    const y = Math.round(vertical.y(tick)) + 0.5;
    if (side === 0) {
      stage.svg.append(svg('line', {
        class: tick === 0 ? 'oriel-zero' : 'oriel-grid', x1: box.left, x2: box.left + box.width, y1: y, y2: y,
      }));
    }
    const x = side === 0 ? box.left - LABEL_GAP : box.left + box.width + LABEL_GAP;
    stage.svg.append(svg('text', {
      class: 'oriel-tick', x, y, dy: '0.32em', 'text-anchor': side === 0 ? 'end' : 'start', direction: 'ltr',
    }, texts[i] ?? ''));
  });
}

function baseline(stage: Stage, box: Box, vertical: Vertical): void {
  const y = Math.round(vertical.y(Math.max(vertical.min, Math.min(0, vertical.max)))) + 0.5;
  stage.svg.append(svg('line', { class: 'oriel-zero', x1: box.left, x2: box.left + box.width, y1: y, y2: y }));
}

function drawHorizontal(stage: Stage, { box, x, band }: Axes, positions: Positions): void {
  const labels = horizontalLabels(stage, box, x, band, positions);
  for (const label of labels) {
    stage.svg.append(svg('text', {
      class: 'oriel-tick', x: box.left + label.at, y: box.top + box.height + 17, 'text-anchor': 'middle',
    }, label.text));
  }
}

function horizontalLabels(stage: Stage, box: Box, x: (i: number) => number, band: number, positions: Positions): Label[] {
  const { measure, format, options } = stage;
  const { cells, column } = positions;
  const own = options.hAxis?.format;
  if (!column) return [];
  const room = { width: box.width, before: Math.max(0, box.left - 4), after: Math.max(4, stage.width - box.left - box.width) };
  const at = (index: number): number => x(index) - box.left;
  if (positions.calendar) {
    const dates = cells as Date[];
    const write = (date: Date, month: boolean): string => (own ? own(date) : calendarText(date, month, dates, column, format));
    return calendarLabels(dates, column.type, at, room, measure, write);
  }
  const write = (cell: Cell): string => (own && cell !== null ? own(cell) : format.cell(cell, column, 'compact'));
  const all = cells.map((cell, index): Label => ({ at: at(index), text: write(cell), index }));
  if (band >= 44) return placed(all.map((label) => ({ ...label, text: clip(label.text, band - 8, measure) })), room, measure);
  const long = thinned(all.map((label) => ({ ...label, text: clip(label.text, 90, measure) })), room, measure);
  const short = shortened(all, band, room, measure);
  return short.length >= 2 * long.length ? short : long;
}

// Every n-th name, cut to the room of n bands.
function shortened(all: Label[], band: number, room: Room, measure: Measure): Label[] {
  const n = Math.max(1, Math.ceil(56 / band));
  return placed(all.filter((_, i) => i % n === 0).map((label) => ({ ...label, text: clip(label.text, n * band - 8, measure) })), room, measure);
}

// The year is written where it changes, and at the first tick of an axis of several years.
function calendarText(date: Date, month: boolean, dates: Date[], column: Column, format: Formatter): string {
  const years = dates[0]?.getUTCFullYear() !== dates[dates.length - 1]?.getUTCFullYear();
  if (month) {
    const january = years && date.getUTCMonth() === 0;
    return format.dateFormat(january ? { year: 'numeric' } : { month: 'short' }).format(date);
  }
  const span = (dates[dates.length - 1]?.getTime() ?? 0) - (dates[0]?.getTime() ?? 0);
  if (column.type === 'dateHour' && (span <= 86_400_000 || date.getUTCHours() !== 0)) {
    return format.dateFormat({ hour: 'numeric', minute: '2-digit' }).format(date);
  }
  return column.type === 'yearMonth' ? format.date(date, column, 'compact') : format.dateFormat({ day: 'numeric', month: 'short' }).format(date);
}

function drawTitles(stage: Stage, box: Box): void {
  const { hAxis, vAxis } = stage.options;
  if (hAxis?.title) {
    const x = box.left + box.width / 2;
    stage.svg.append(svg('text', { class: 'oriel-axis-title', x, y: stage.height - 4, 'text-anchor': 'middle' }, hAxis.title));
  }
  if (vAxis?.title) {
    const y = box.top + box.height / 2;
    stage.svg.append(svg('text', {
      class: 'oriel-axis-title', x: 12, y, 'text-anchor': 'middle', transform: `rotate(-90 12 ${y})`,
    }, vAxis.title));
  }
}
