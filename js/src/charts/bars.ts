import { categoriesOf, largestOf } from './categories.js';
import type { Categories, Category } from './categories.js';
import { emptyPicture } from './cartesian.js';
import { clip, paint, svg } from './dom.js';
import { paintManyBars } from './many-bars.js';
import type { Picture, Stage, Stop } from './painter.js';
import { columnsOf } from '../data/table.js';
import { fill } from '../i18n/index.js';

const LOWEST = 24;
const TWO_LINES = 420;

interface Layout {
  /** Height of a row. */
  row: number;
  /** True in a narrow chart: names are above their bars. */
  above: boolean;
  left: number;
  /** From the lowest value (or zero) to the highest. */
  x(value: number): number;
}

/** Paints horizontal bars: one metric with its names and values, or several series side by side or stacked. */
export function paintBars(stage: Stage): Picture {
  const many =
    stage.options.everyRow ||
    columnsOf(stage.table, 'metric').length > 1 ||
    (stage.options.stacked && columnsOf(stage.table, 'dimension').length === 2);
  if (many) return paintManyBars(stage);
  const categories = categoriesOf(stage);
  if (!categories) return emptyPicture(stage);
  const { format, texts, width, height } = stage;
  const lowest = width < TWO_LINES ? 36 : LOWEST;
  const shown = categories.all.slice(0, Math.max(1, Math.floor(height / lowest)));
  const count = categories.all.length;
  const notes: Picture['notes'] =
    shown.length < count
      ? [
          {
            kind: 'truncated',
            message: fill(texts.truncated, {
              shown: format.numberFormat({}).format(shown.length),
              count: format.numberFormat({}).format(count),
            }),
          },
        ]
      : [];
  const layout = layoutOf(stage, shown);
  const bars = shown.map((one, i) => drawRow(stage, layout, one, i));
  const stops = shown.map((one, i) => stopAt(stage, layout, categories, one, i, bars));
  return {
    stops,
    legend: [],
    notes,
    summary: largestOf(stage, categories.all),
    hit: (_, y) => {
      const stop = Math.floor(y / layout.row);
      return stop >= 0 && stop < stops.length ? { stop, lane: null } : undefined;
    },
    select: (selection) =>
      shown.forEach(({ row }, i) => {
        const chosen = selection.some((one) => one.row !== null && one.row === row);
        bars[i]?.classList.toggle('oriel-chosen', chosen);
        bars[i]?.classList.toggle('oriel-dim', selection.length > 0 && !chosen);
      }),
  };
}

function layoutOf(stage: Stage, shown: Category[]): Layout {
  const { width, height, measure, options } = stage;
  const row = Math.min(44, height / shown.length);
  const above = width < TWO_LINES;
  const names = Math.max(...shown.map(({ label }) => measure(label))) * 1.06 + 14;
  const values = Math.max(...shown.map(({ text }) => measure(text))) * 1.1 + 10;
  const left = above ? 0 : Math.min(names, width * 0.38);
  const right = above ? 0 : values;
  const low = options.hAxis?.min ?? Math.min(0, ...shown.map(({ value }) => value));
  const high = options.hAxis?.max ?? Math.max(0, ...shown.map(({ value }) => value));
  const room = Math.max(10, width - left - right);
  return { row, above, left, x: (value) => left + (room * (Math.max(low, Math.min(high, value)) - low)) / (high - low || 1) };
}

function drawRow(stage: Stage, layout: Layout, one: Category, i: number): SVGElement {
  const { width, measure, options, rtl } = stage;
  const top = i * layout.row;
  const thick = layout.above ? 8 : Math.min(22, layout.row - 8);
  const y = layout.above ? top + layout.row - thick - 6 : top + (layout.row - thick) / 2;
  const { text } = one;
  const line = layout.above ? y - 8 : top + layout.row / 2;
  const shift = layout.above ? undefined : '0.35em';
  const [zero, end] = [layout.x(0), layout.x(one.value)];
  const right = layout.x(Infinity);
  const room = layout.above ? width - measure(text) * 1.1 - 16 : layout.left - 12;
  const flip = (x: number, wide = 0): number => (rtl ? width - x - wide : x);
  const wide = Math.max(one.value === 0 ? 0 : 2, Math.abs(end - zero));
  const bar = paint(
    svg('rect', {
      class: 'oriel-bar',
      x: flip(Math.min(zero, end), wide),
      y,
      width: wide,
      height: thick,
      rx: Math.min(4, thick / 2, wide / 2),
    }),
    0,
    options.colors,
  );
  stage.svg.append(
    svg('rect', {
      class: 'oriel-track',
      x: flip(layout.left, right - layout.left),
      y,
      width: Math.max(0, right - layout.left),
      height: thick,
      rx: Math.min(4, thick / 2),
    }),
    svg('text', { class: 'oriel-name', x: flip(0), y: line, dy: shift, 'text-anchor': 'start' }, clip(one.label, room / 1.06, measure)),
    bar,
    svg('text', { class: 'oriel-value', x: flip(width), y: line, dy: shift, 'text-anchor': 'end' }, text),
  );
  return bar;
}

function stopAt(stage: Stage, layout: Layout, { metric, at }: Categories, one: Category, i: number, bars: SVGElement[]): Stop {
  const x = Math.min(layout.x(one.value), layout.left + (stage.width - layout.left) * 0.5);
  return {
    x: stage.rtl ? stage.width - x : x,
    y: (i + 0.5) * layout.row,
    title: one.label,
    row: one.row,
    lines: [{ label: metric.label, value: one.text, color: 0, column: at }],
    highlight: (on) =>
      bars.forEach((bar, j) => {
        bar.classList.toggle('oriel-dim', on && i !== j);
      }),
  };
}
