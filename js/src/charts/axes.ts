import type { Cell, Column, ColumnType } from '../data/table.js';
import { clip, styled, svg } from './dom.js';
import type { Measure } from './dom.js';
import type { Formatter } from './format.js';
import type { Positions, Series } from './model.js';
import type { AxisOptions, TextStyle } from './options.js';
import type { Stage } from './painter.js';
import { calendarLabels, calendarSpan, placed, thinned, valueScale } from './ticks.js';
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

/** A plot with its axes: maps values and positions to pixels. */
export interface Axes {
  box: Box;
  /** The axis of a series. */
  of(series: Series): Vertical;
  /** The middle of a position. */
  x(index: number): number;
  /** The width of a position. */
  band: number;
  /** Maps a time or number; undefined on an axis of categories. */
  along: ((value: number) => number) | undefined;
}

/** Values that can share an axis have the same unit. */
export function unitOf({ column, axis }: Pick<Series, 'column' | 'axis'>): string {
  const side = axis ? ` ${axis}` : '';
  if (column.type === 'percent' || column.type === 'seconds') return column.type + side;
  return (column.type === 'currency' ? `currency ${column.currency ?? ''}` : 'number') + side;
}

/** The lowest and highest value of each unit. */
export interface Extent {
  unit: string;
  axis: number;
  column: Column;
  type: ColumnType;
  low: number;
  high: number;
}

const ROW = 52;
const LABEL_GAP = 8;

/**
 * Draws grid, ticks and labels, and returns the plot. `banded` puts the first and last position half a
 * band away from the edges, as columns need.
 */
export function drawAxes(stage: Stage, positions: Positions, extents: Extent[], banded: boolean): Axes {
  const { options, height } = stage;
  const measure = measureOf(stage, options.vAxis?.textStyle);
  const { area = {} } = options;
  const slant = options.hAxis?.textPosition === 'none' ? 0 : slantOf(stage, positions);
  const lower = options.hAxis?.textPosition === 'none' ? 6 : 12 + lineOf(stage) + slant / 2;
  const top = Math.max(10, length(area.top, height) - (options.showTitle ? 26 : 0));
  const bottom = Math.max(lower + (options.hAxis?.title ? 18 : 0), spared(area.height, height, top));
  const inner = Math.max(20, height - top - bottom);
  const verticals = extents.map(({ low, high, type, unit, column }, i): Vertical => {
    const scale = valueScale(low, high, Math.max(2, Math.min(6, inner / ROW)), type, i === 0 ? options.vAxis : options.rightAxis);
    return { ...scale, unit, column, y: (value) => top + inner * (1 - (value - scale.min) / (scale.max - scale.min || 1)) };
  });
  const right = verticals.length > 1 ? options.rightAxis : undefined;
  const texts = verticals.map((vertical, i) => tickTexts(vertical, stage.format, (i > 0 && right) || options.vAxis));
  const shown = options.vAxis?.textPosition === 'none' ? 0 : 2;
  const widths = texts.map((each, i) => (i < shown ? Math.max(0, ...each.map(measure)) + LABEL_GAP : 0));
  // A slanted name begins before its position.
  const before = slant > 0 ? Math.min(0.87 * Math.min(slant, measure(positionLabel(stage, positions, 0))), stage.width / 4) : 0;
  const left = Math.max(
    (widths[0] ?? 0) + (options.vAxis?.title ? 20 : 2),
    length(area.left, stage.width),
    before - (banded ? bandOf(stage, positions) / 2 : 0),
  );
  // Space for half of the last label.
  const spare = positions.calendar && !banded && lower > 6 ? 18 : 6;
  const rest = Math.max(spare, (widths[1] ?? 0) + 6 + (right?.title ? 18 : 0), spared(area.width, stage.width, left));
  const box = { left, top, width: Math.max(20, stage.width - left - rest), height: inner };
  drawGround(stage, box);
  verticals.slice(0, shown).forEach((vertical, i) => drawVertical(stage, box, vertical, texts[i] ?? [], i));
  if (shown === 0 && verticals[0]) baseline(stage, box, verticals[0]);
  const axes = place(box, verticals, positions, banded);
  if (slant > 0) drawSlanted(stage, axes, positions, slant);
  else if (lower > 6) drawHorizontal(stage, axes, positions, lower);
  drawTitles(stage, box, right);
  return axes;
}

function lineOf({ options }: Stage): number {
  return options.hAxis?.textStyle?.fontSize ?? options.fontSize ?? 12;
}

// The width of a position, before the size of the axes is known.
function bandOf({ width }: Stage, { cells }: Positions): number {
  return (width - 60) / Math.max(1, cells.length);
}

// The maximum length of slanted names; 0 if they fit side by side, or if not all of them fit even slanted.
function slantOf(stage: Stage, positions: Positions): number {
  const { options, height } = stage;
  const { cells, calendar, linear } = positions;
  const band = bandOf(stage, positions);
  if (!options.everyRow || calendar || linear || options.hAxis?.slanted === false || band < lineOf(stage) + 2) return 0;
  const measure = measureOf(stage, options.hAxis?.textStyle);
  const longest = cells.reduce<number>((most, _, i) => Math.max(most, measure(positionLabel(stage, positions, i))), 0);
  if (!options.hAxis?.slanted && (longest <= band - 8 || longest < 40)) return 0;
  return Math.min(longest, 120, height * 0.6);
}

function drawSlanted(stage: Stage, { box, x }: Axes, positions: Positions, slant: number): void {
  const measure = measureOf(stage, stage.options.hAxis?.textStyle);
  positions.cells.forEach((_, i) => {
    // The first ones end at the chart's edge.
    const text = clip(positionLabel(stage, positions, i), Math.min(slant, x(i) / 0.87), measure);
    stage.svg.append(
      styled(
        svg(
          'text',
          {
            class: 'oriel-tick',
            'text-anchor': 'end',
            transform: `translate(${x(i) + 5} ${box.top + box.height + lineOf(stage) + 2}) rotate(-30)`,
          },
          text,
        ),
        stage.options.hAxis?.textStyle,
      ),
    );
  });
}

/** A length in pixels, of a number or of a part of the whole. */
export function length(value: number | string | undefined, whole: number): number {
  const amount = Number.parseFloat(String(value)) || 0;
  return typeof value === 'string' && value.endsWith('%') ? (amount * whole) / 100 : amount;
}

// The rest after a start and a length that the host may have set.
function spared(value: number | string | undefined, whole: number, start: number): number {
  return value === undefined ? 0 : whole - start - length(value, whole);
}

/** Measures text in its own style. */
export function measureOf({ measure, options }: Stage, style: TextStyle | undefined): Measure {
  const ratio = style?.fontSize ? style.fontSize / (options.fontSize ?? 12) : 1;
  return (text) => measure(text) * ratio;
}

function place(box: Box, verticals: Vertical[], positions: Positions, banded: boolean): Axes {
  const n = positions.cells.length;
  const byUnit = new Map(verticals.map((vertical) => [vertical.unit, vertical]));
  const scale = linearScale(box, positions, banded);
  const band = scale?.band ?? box.width / Math.max(1, banded ? n : n - 1);
  const x = (i: number): number => {
    if (n <= 1) return box.left + box.width / 2;
    return scale ? scale.x(Number(positions.cells[i])) : box.left + (banded ? (i + 0.5) * band : i * band);
  };
  return { box, band, x, along: scale?.x, of: (series) => byUnit.get(unitOf(series)) as Vertical };
}

// The scale of times and numbers: always for lines, for columns only where some are missing.
function linearScale(
  { left, width }: Box,
  { linear, column, cells }: Positions,
  banded: boolean,
): { band: number; x(value: number): number } | undefined {
  const values = linear ? cells.map(Number).sort((a, b) => a - b) : [];
  const first = values[0] ?? 0;
  const span = (values.at(-1) ?? 0) - first;
  if (span <= 0) return undefined;
  const steps = values.map((value, i) => value - (values[i - 1] ?? -Infinity)).filter((step) => step > 0);
  const unit = steps.reduce((a, b) => Math.min(a, b));
  const bands = banded ? Math.round(span / unit) + 1 : 0;
  if (banded && (bands === cells.length || column?.type === 'yearMonth' || bands > width / 2)) return undefined;
  const band = banded ? width / bands : width / (cells.length - 1);
  const edge = banded ? band / 2 : 0;
  return { band, x: (value) => left + edge + ((width - 2 * edge) * (value - first)) / span };
}

function tickTexts(vertical: Vertical, format: Formatter, own: AxisOptions | undefined): string[] {
  const write = own?.format ?? ((value: number) => format.number(value, vertical.column, 'axis'));
  return vertical.ticks.map((tick) => write(tick));
}

function drawVertical(stage: Stage, box: Box, vertical: Vertical, texts: string[], side: number): void {
  const { vAxis, rightAxis } = stage.options;
  let last = Infinity;
  vertical.ticks.forEach((tick, i) => {
    const y = Math.round(vertical.y(tick)) + 0.5;
    if (side === 0) gridLine(stage, tick === 0, vAxis, { x1: box.left, x2: box.left + box.width, y1: y, y2: y });
    const x = side === 0 ? box.left - LABEL_GAP : box.left + box.width + LABEL_GAP;
    // A low chart has space for every other label.
    if (last - y < 11) return;
    last = y;
    stage.svg.append(
      styled(
        svg(
          'text',
          {
            class: 'oriel-tick',
            x,
            y,
            dy: '0.32em',
            'text-anchor': side === 0 ? 'end' : 'start',
            direction: 'ltr',
          },
          texts[i] ?? '',
        ),
        ((side > 0 && rightAxis) || vAxis)?.textStyle,
      ),
    );
  });
}

/** Draws the plot's background, if the host set one. */
export function drawGround({ svg: canvas, options }: Stage, { left: x, top: y, width, height }: Box): void {
  const { fill, stroke, strokeWidth } = options.area?.ground ?? {};
  if (!fill && !stroke) return;
  const ground = svg('rect', { class: 'oriel-plot', x, y, width, height, 'stroke-width': strokeWidth });
  Object.assign(ground.style, { fill, stroke });
  canvas.append(ground);
}

/** Draws the line of a tick, in the axis' own colour. */
export function gridLine(
  stage: Stage,
  zero: boolean,
  axis: AxisOptions | undefined,
  ends: Record<'x1' | 'x2' | 'y1' | 'y2', number>,
): void {
  const line = svg('line', { class: zero ? 'oriel-zero' : 'oriel-grid', ...ends });
  line.style.stroke = (zero ? axis?.zeroColor : axis?.gridColor) ?? '';
  stage.svg.append(line);
}

function baseline(stage: Stage, box: Box, vertical: Vertical): void {
  const y = Math.round(vertical.y(Math.max(vertical.min, Math.min(0, vertical.max)))) + 0.5;
  gridLine(stage, true, stage.options.vAxis, { x1: box.left, x2: box.left + box.width, y1: y, y2: y });
}

function drawHorizontal(stage: Stage, axes: Axes, positions: Positions, lower: number): void {
  const { left, top, height } = axes.box;
  for (const label of horizontalLabels(stage, axes, positions)) {
    stage.svg.append(
      styled(
        svg(
          'text',
          {
            class: 'oriel-tick',
            x: left + label.at,
            y: top + height + lower - 7,
            'text-anchor': 'middle',
          },
          label.text,
        ),
        stage.options.hAxis?.textStyle,
      ),
    );
  }
}

function horizontalLabels(stage: Stage, { box, x, band, along }: Axes, positions: Positions): Label[] {
  const { format, options } = stage;
  const { cells, column } = positions;
  const measure = measureOf(stage, options.hAxis?.textStyle);
  const own = options.hAxis?.format;
  if (!column) return [];
  const room = { width: box.width, before: Math.max(0, box.left - 4), after: Math.max(4, stage.width - box.left - box.width) };
  const at = (index: number): number => x(index) - box.left;
  if (along && Array.isArray(options.hAxis?.ticks)) {
    const write = (tick: number | Date): string => (own ? own(tick) : format.cell(tick, column, 'compact'));
    return placed(
      options.hAxis.ticks.map((tick, index) => ({ at: along(Number(tick)) - box.left, text: write(tick), index })),
      room,
      measure,
    );
  }
  if (positions.calendar) {
    const dates = along ? calendarSpan(cells as Date[], column.type) : (cells as Date[]);
    const write = (date: Date, month: boolean): string => (own ? own(date) : calendarText(date, month, dates, column, format));
    return calendarLabels(dates, column.type, along ? (i) => along(Number(dates[i])) - box.left : at, room, measure, write);
  }
  if (along) return numberLabels(stage, cells.map(Number), column, room, measure, (value) => along(value) - box.left);
  const write = (cell: Cell, i: number): string =>
    own && cell !== null && typeof cell !== 'string' ? own(cell) : positionLabel(stage, positions, i);
  const all = cells.map((cell, index): Label => ({ at: at(index), text: write(cell, index), index }));
  if (band >= 44)
    return placed(
      all.map((label) => ({ ...label, text: clip(label.text, band - 8, measure) })),
      room,
      measure,
    );
  const long = thinned(
    all.map((label) => ({ ...label, text: clip(label.text, 90, measure) })),
    room,
    measure,
  );
  const short = shortened(all, band, room, measure);
  return short.length >= 2 * long.length ? short : long;
}

// A position's label: the host's text, else a short one.
function positionLabel({ table, format }: Stage, { cells, column, rows }: Positions, i: number): string {
  const row = rows[i] ?? null;
  return (row === null ? undefined : table.written?.(row, 0)) ?? (column ? format.cell(cells[i], column, 'compact') : '');
}

function numberLabels(
  { format, options }: Stage,
  values: number[],
  column: Column,
  room: Room,
  measure: Measure,
  at: (value: number) => number,
): Label[] {
  const [min, max] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  const { ticks } = valueScale(min, max, room.width / 80, 'float', { min, max });
  const write = options.hAxis?.format ?? ((value: number) => format.number(value, column));
  return thinned(
    ticks.map((tick, index) => ({ at: at(tick), text: write(tick), index })),
    room,
    measure,
  );
}

// Every n-th name, truncated to n bands.
function shortened(all: Label[], band: number, room: Room, measure: Measure): Label[] {
  const n = Math.max(1, Math.ceil(56 / band));
  return placed(
    all.filter((_, i) => i % n === 0).map((label) => ({ ...label, text: clip(label.text, n * band - 8, measure) })),
    room,
    measure,
  );
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
  return column.type === 'yearMonth'
    ? format.date(date, column, 'compact')
    : format.dateFormat({ day: 'numeric', month: 'short' }).format(date);
}

/** Draws the names of the axes. */
export function drawTitles(stage: Stage, box: Box, right?: AxisOptions): void {
  const { hAxis, vAxis } = stage.options;
  if (hAxis?.title) {
    const x = box.left + box.width / 2;
    const node = svg('text', { class: 'oriel-axis-title', x, y: stage.height - 4, 'text-anchor': 'middle' }, hAxis.title);
    stage.svg.append(styled(node, hAxis.titleStyle));
  }
  for (const [axis, x, turn] of [
    [vAxis, 12, -90],
    [right, stage.width - 12, 90],
  ] as const) {
    if (!axis?.title) continue;
    const y = box.top + box.height / 2;
    stage.svg.append(
      styled(
        svg(
          'text',
          {
            class: 'oriel-axis-title',
            x,
            y,
            'text-anchor': 'middle',
            transform: `rotate(${turn} ${x} ${y})`,
          },
          axis.title,
        ),
        axis.titleStyle,
      ),
    );
  }
}
