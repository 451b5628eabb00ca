import { mapRange } from '../builtins.js';
import { annotate } from './annotations.js';
import type { End } from './annotations.js';
import { drawGround, drawTitles, gridLine, length, measureOf, unitOf } from './axes.js';
import type { Extent } from './axes.js';
import {
  emptyPicture,
  extentsOf,
  hasValues,
  legendItems,
  positionTitle,
  shownSeries,
  stack,
  stopLines,
  summaryOf,
  tinted,
} from './cartesian.js';
import type { Layer } from './cartesian.js';
import { clip, paint, styled, svg } from './dom.js';
import { modelOf } from './model.js';
import type { Model, Series } from './model.js';
import type { Note } from './options.js';
import type { Picture, Stage } from './painter.js';
import { fill } from '../i18n/index.js';
import { thinned, valueScale } from './ticks.js';
import type { ValueScale } from './ticks.js';

const LABELS = 22;
/** The gap between a bar's end, its label and the chart's edge. */
const GAP = 8;

interface Horizontal extends ValueScale {
  extent: Extent;
  x(value: number): number;
}

interface Layout {
  left: number;
  width: number;
  /** Height of the bars, without the axis. */
  inner: number;
  row: number;
  titles: string[];
  scales: Horizontal[];
}

/** Paints horizontal bars of several series, each unit on a scale of its own. */
export function paintManyBars(stage: Stage): Picture {
  const model = modelOf(stage.table, undefined, stage);
  const series = shownSeries(stage, model);
  const legend = legendItems(stage, model);
  if (!hasValues(series)) return emptyPicture(stage, legend, model.notes);
  const stacked = Boolean(stage.options.stacked) && series.length > 1;
  const percent = stacked && stage.options.stacked === 'percent';
  const layers = stacked ? stack(series, percent) : undefined;
  const lowest = stage.options.everyRow ? 2 : stacked ? 22 : Math.max(22, series.length * 7 + 6);
  const extents = extentsOf(series, layers, percent);
  const wide = layoutOf(stage, model, extents, lowest);
  const layout = layoutOf(
    stage,
    model,
    extents,
    lowest,
    roomBeside(stage, model, series, (one, i) => endOf(wide, series, layers, one, i, stage), wide),
  );
  drawGround(stage, { left: layout.left, top: 0, width: layout.width, height: layout.inner });
  drawScale(stage, layout);
  drawTitles(stage, { left: layout.left, top: 0, width: layout.width, height: layout.inner });
  const groups = layout.titles.map((_, i) => drawGroup(stage, layout, model, series, layers, i));
  annotate(stage, model, series, (one, i) => endOf(layout, series, layers, one, i, stage));
  const stops = layout.titles.map((title, i): Picture['stops'][number] => ({
    x: (layout.left + stage.width) / 2,
    y: (i + 0.5) * layout.row,
    title,
    row: model.positions.rows[i] ?? null,
    lines: stopLines(stage, model, series, i, percent),
    highlight: (on) => groups.forEach((group, j) => group.classList.toggle('oriel-dim', on && i !== j)),
  }));
  return {
    stops,
    legend,
    notes: [...model.notes, ...cutNotes(stage, layout, model)],
    summary: summaryOf(stage, model, series),
    hit: (_, y) => (y >= 0 && y < layout.inner ? { stop: Math.floor(y / layout.row), lane: null } : undefined),
    select: (selection) =>
      groups.forEach((group, i) => {
        const chosen = selection.some((one) => one.row !== null && one.row === model.positions.rows[i]);
        group.classList.toggle('oriel-dim', selection.length > 0 && !chosen);
      }),
  };
}

function layoutOf(stage: Stage, model: Model, extents: Extent[], lowest: number, most = Infinity): Layout {
  const { width, height, options } = stage;
  const { hAxis, vAxis } = options;
  const inner = Math.max(20, height - (hAxis?.textPosition === 'none' ? 4 : LABELS) - (hAxis?.title ? 18 : 0));
  const shown = Math.min(model.positions.cells.length, Math.max(1, Math.floor(inner / lowest)));
  const titles = mapRange(shown, (i) => positionTitle(model, i, stage));
  const widest = Math.max(...titles.map(measureOf(stage, vAxis?.textStyle)));
  const names = vAxis?.textPosition === 'none' ? 0 : Math.min(width * 0.36, widest + 14);
  const left = names + (vAxis?.title ? 20 : 0);
  const room = Math.min(width - left - 14, most);
  const scales = extents.map((extent, i): Horizontal => {
    const scale = valueScale(extent.low, extent.high, Math.max(2, room / 90), extent.type, i === 0 ? hAxis : {});
    return { ...scale, extent, x: (value) => left + (room * (value - scale.min)) / (scale.max - scale.min || 1) };
  });
  return { left, width: room, inner, row: inner / shown, titles, scales };
}

// The maximum width of bars that leaves space for their labels; at least half of the width without labels.
function roomBeside(stage: Stage, model: Model, series: Series[], end: End, { left, width }: Layout): number {
  const measure = measureOf(stage, stage.options.annotationStyle);
  const rooms = model.positions.rows.flatMap((row, i) =>
    series.map((one) => {
      const text = row === null ? undefined : stage.table.noted?.(row, one.columnIndex);
      const at = text && end(one, i);
      return text && at && at.x > left ? (width * (stage.width - left - measure(text) - GAP)) / (at.x - left) : Infinity;
    }),
  );
  return Math.max(width / 2, Math.min(...rooms));
}

// Ticks belong to one unit, so several units have none.
function drawScale(stage: Stage, { scales, inner }: Layout): void {
  const [scale] = scales;
  const { hAxis } = stage.options;
  if (!scale || scales.length > 1) return;
  const write = hAxis?.format ?? ((tick: number) => stage.format.number(tick, scale.extent.column, 'axis'));
  const measure = measureOf(stage, hAxis?.textStyle);
  const labels = scale.ticks.map((tick, index) => ({ at: Math.round(scale.x(tick)) + 0.5, text: write(tick), index }));
  for (const { at, index } of labels) gridLine(stage, scale.ticks[index] === 0, hAxis, { x1: at, x2: at, y1: 0, y2: inner });
  if (hAxis?.textPosition === 'none') return;
  for (const { at, text } of thinned(labels, { width: stage.width, before: 0, after: 0 }, measure)) {
    const node = svg('text', { class: 'oriel-tick', x: at, y: inner + 16, 'text-anchor': 'middle' }, text);
    stage.svg.append(styled(node, hAxis?.textStyle));
  }
}

// The height of a bar, when `count` bars share a position.
function thickness({ options: { groupWidth } }: Stage, row: number, bars: number, most: number): number {
  if (groupWidth !== undefined) return Math.max(0.5, Math.min(row, length(groupWidth, row))) / bars;
  return Math.min(most, (row * 0.7) / bars);
}

function drawGroup(
  stage: Stage,
  layout: Layout,
  { positions: { rows } }: Model,
  series: Series[],
  layers: Layer[] | undefined,
  i: number,
): SVGGElement {
  const { left, row, titles, scales } = layout;
  const middle = (i + 0.5) * row;
  const thick = thickness(stage, row, layers ? 1 : series.length, layers ? 26 : 18);
  const group = svg('g', { class: 'oriel-trace' });
  const name = svg('text', { class: 'oriel-name', x: left - 10, y: middle, dy: '0.35em', 'text-anchor': stage.rtl ? 'start' : 'end' });
  const { vAxis } = stage.options;
  // Thin rows are labelled only as often as labels fit.
  if (i % Math.ceil(13 / row) === 0 && vAxis?.textPosition !== 'none') {
    name.append(clip(titles[i] ?? '', left - 14 - (vAxis?.title ? 20 : 0), measureOf(stage, vAxis?.textStyle)));
  }
  styled(name, vAxis?.textStyle);
  series.forEach((one, at) => {
    const scale = scales.find(({ extent }) => extent.unit === unitOf(one));
    if (!scale) return;
    const from = scale.x(layers?.[at]?.from[i] ?? 0);
    const to = scale.x(layers?.[at]?.to[i] ?? one.values[i] ?? 0);
    const y = layers ? middle - thick / 2 : middle - (thick * series.length) / 2 + at * thick;
    const bar = paint(
      svg('rect', {
        class: 'oriel-bar',
        x: Math.min(from, to),
        y,
        width: Math.abs(to - from),
        height: Math.max(1, thick - (layers || thick < 4 ? 0 : 1)),
        rx: layers ? 0 : Math.min(2, thick / 3),
      }),
      one.color,
      stage.options.colors,
    );
    group.append(tinted(bar, stage, rows[i], one.columnIndex));
  });
  stage.svg.append(name, group);
  return group;
}

function endOf(
  { scales, titles, row, left, width }: Layout,
  series: Series[],
  layers: Layer[] | undefined,
  one: Series,
  i: number,
  stage: Stage,
): ReturnType<End> {
  const at = series.indexOf(one);
  const value = one.values[i] ?? null;
  const scale = scales.find(({ extent }) => extent.unit === unitOf(one));
  if (!scale || value === null || i >= titles.length) return undefined;
  const thick = thickness(stage, row, layers ? 1 : series.length, layers ? 26 : 18);
  const y = (i + 0.5) * row + (layers ? 0 : (at + 0.5 - series.length / 2) * thick);
  const end = scale.x(layers?.[at]?.to[i] ?? value);
  return { x: Math.min(end, left + width), y, side: 'after' };
}

function cutNotes({ format, texts }: Stage, { titles }: Layout, model: Model): Note[] {
  const count = model.positions.cells.length;
  if (titles.length === count) return [];
  const write = (n: number): string => format.numberFormat({}).format(n);
  return [{ kind: 'truncated', message: fill(texts.truncated, { shown: write(titles.length), count: write(count) }) }];
}
