import { annotate, annotateAxis } from './annotations.js';
import { drawAxes, length } from './axes.js';
import type { Axes } from './axes.js';
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
import { paint, svg } from './dom.js';
import { markOf, overlay, paintLines } from './lines.js';
import type { Overlay } from './lines.js';
import { modelOf } from './model.js';
import type { Model, Series } from './model.js';
import type { ChartOptions, Selection } from './options.js';
import type { Picture, Stage, Stop } from './painter.js';
import { fill } from '../i18n/index.js';

interface Bar {
  node: SVGPathElement;
  /** Its middle, and where it ends. */
  x: number;
  end: number;
  position: number;
  column: number;
}

const NARROWEST = 7;
// Used when every row is shown.
const NARROWEST_OF_ALL = 1.5;

/** Paints columns. */
export function paintColumns(stage: Stage): Picture {
  const whole = modelOf(stage.table, stage.options.previous, stage);
  const model = whole.positions.calendar
    ? whole
    : cut(whole, Math.floor((stage.width - 40) / (stage.options.everyRow ? NARROWEST_OF_ALL : NARROWEST)), stage);
  // Thinner columns are unreadable.
  if (model.positions.calendar && stage.width / model.positions.cells.length < 2.5) return paintLines({ ...stage, type: 'area' });
  const series = shownSeries(stage, model);
  const legend = legendItems(stage, model);
  if (!hasValues(series)) return emptyPicture(stage, legend, model.notes);
  const columns = series.filter((one) => markOf(stage, one) === 'bars');
  const lines = series.filter((one) => !columns.includes(one));
  const stacked = Boolean(stage.options.stacked) && columns.length > 1;
  const percent = stacked && stage.options.stacked === 'percent';
  const layers = stacked ? stack(columns, percent) : undefined;
  const axes = drawAxes(stage, model.positions, extentsOf([...columns, ...lines], layers, percent), true);
  const shade = svg('rect', {
    class: 'oriel-band',
    y: axes.box.top,
    height: axes.box.height,
    width: Math.max(2, Math.min(axes.band, 96)),
    visibility: 'hidden',
  });
  const bars = layers ? stackedBars(stage, axes, layers) : groupedBars(stage, axes, columns);
  for (const { node, position, column } of bars) tinted(node, stage, model.positions.rows[position], column);
  stage.svg.append(shade, svg('g', {}, ...bars.map(({ node }) => node)));
  annotateAxis(stage, model, axes.box, axes.x);
  annotate(stage, model, columns, (one, i) => {
    const bar = bars.find(({ position, column }) => position === i && column === one.columnIndex);
    return bar && { x: bar.x, y: bar.end, side: layers || bar.end < axes.box.top + 8 || (one.values[i] ?? 0) < 0 ? 'below' : 'above' };
  });
  const over = lines.length > 0 ? overlay(stage, axes, model, lines) : undefined;
  const stops = model.positions.cells.map((_, i) => stopAt(stage, model, series, axes, i, percent, shade, bars, over));
  return {
    stops,
    legend,
    notes: model.notes,
    summary: summaryOf(stage, model, series),
    hit: (x) => {
      const stop = stops.findIndex((_, i) => Math.abs(x - axes.x(i)) <= axes.band / 2);
      return stop < 0 ? undefined : { stop, lane: null };
    },
    select: (selection) => {
      mark(bars, model, selection);
      over?.select(selection);
    },
  };
}

// Categories without space are left out, with a note.
function cut(model: Model, most: number, { format, texts }: Stage): Model {
  const count = model.positions.cells.length;
  if (count <= most || most < 1) return model;
  const { cells, rows } = model.positions;
  const numbers = { shown: format.numberFormat({}).format(most), count: format.numberFormat({}).format(count) };
  return {
    positions: { ...model.positions, cells: cells.slice(0, most), rows: rows.slice(0, most) },
    series: model.series.map((one) => ({
      ...one,
      values: one.values.slice(0, most),
      ...(one.previous && { previous: one.previous.slice(0, most) }),
    })),
    notes: [...model.notes, { kind: 'truncated', message: fill(texts.truncated, numbers) }],
  };
}

function thickness(band: number, { groupWidth }: ChartOptions): number {
  if (groupWidth !== undefined) return Math.max(0.5, Math.min(band, length(groupWidth, band)));
  const gap = band < 4 ? 0 : band < 12 ? band * 0.2 : band * 0.32;
  return Math.min(64, Math.max(0.5, band - gap));
}

function groupedBars(stage: Stage, axes: Axes, series: Series[]): Bar[] {
  const before = series.some(({ previous }) => previous);
  const lanes = series.length * (before ? 2 : 1);
  const group = thickness(axes.band, stage.options);
  const gap = group / lanes > 5 ? 2 : 0;
  const width = Math.max(0.5, (group - gap * (lanes - 1)) / lanes);
  return series.flatMap((one, at) => {
    const { y, min, max } = axes.of(one);
    const zero = y(Math.max(min, Math.min(0, max)));
    const lane = (n: number): number => n * (width + gap) - group / 2;
    const draw = (values: (number | null)[], n: number, name: string): Bar[] =>
      values.flatMap((value, i): Bar[] => {
        if (value === null) return [];
        const [x, end] = [axes.x(i) + lane(n), y(Math.max(min, Math.min(max, value)))];
        const d = barPath(x, width, zero, end);
        return [
          {
            node: paint(svg('path', { class: name, d }), one.color, stage.options.colors),
            x: x + width / 2,
            end,
            position: i,
            column: one.columnIndex,
          },
        ];
      });
    if (!before) return draw(one.values, at, 'oriel-bar');
    return [...draw(one.previous ?? [], at * 2, 'oriel-bar oriel-before'), ...draw(one.values, at * 2 + 1, 'oriel-bar')];
  });
}

function stackedBars(stage: Stage, axes: Axes, layers: Layer[]): Bar[] {
  const width = thickness(axes.band, stage.options);
  return layers.flatMap(({ series, from, to }, at) => {
    const { y } = axes.of(series);
    return to.flatMap((end, i): Bar[] => {
      if (end === from[i]) return [];
      // Only the outermost part of a stack is round.
      const last = layers.slice(at + 1).every((layer) => layer.to[i] === layer.from[i] || (layer.to[i] as number) < 0 !== end < 0);
      const d = barPath(axes.x(i) - width / 2, width, y(from[i] as number), y(end), last ? undefined : 0);
      return [
        {
          node: paint(svg('path', { class: 'oriel-bar', d }), series.color, stage.options.colors),
          x: axes.x(i),
          end: y(end),
          position: i,
          column: series.columnIndex,
        },
      ];
    });
  });
}

/** A column from its base to its end, round at the end. */
export function barPath(x: number, width: number, base: number, end: number, radius = Math.min(4, width / 3)): string {
  const height = Math.abs(end - base);
  const r = Math.min(radius, height, width / 2);
  const down = end > base ? -1 : 1;
  if (r < 0.5) return `M${x},${base}V${end}h${width}V${base}Z`;
  const sweep = down === 1 ? 1 : 0;
  return `M${x},${base}V${end + down * r}a${r},${r} 0 0 ${sweep} ${r},${-down * r}h${width - 2 * r}a${r},${r} 0 0 ${sweep} ${r},${down * r}V${base}Z`;
}

function stopAt(
  stage: Stage,
  model: Model,
  series: Series[],
  axes: Axes,
  i: number,
  percent: boolean,
  shade: SVGRectElement,
  bars: Bar[],
  over: Overlay | undefined,
): Stop {
  const tops = series.flatMap((one) => (one.values[i] === null || one.values[i] === undefined ? [] : [axes.of(one).y(one.values[i])]));
  return {
    x: axes.x(i) + Math.min(axes.band, 64) / 2 - 6,
    y: Math.max(axes.box.top, Math.min(axes.box.top + axes.box.height, ...tops)),
    title: positionTitle(model, i, stage),
    lines: stopLines(stage, model, series, i, percent),
    row: model.positions.rows[i] ?? null,
    highlight: (on) => {
      shade.setAttribute('visibility', on ? 'visible' : 'hidden');
      shade.setAttribute('x', String(axes.x(i) - Math.min(axes.band, 96) / 2));
      for (const bar of bars) if (bar.position === i) bar.node.classList.toggle('oriel-lit', on);
      over?.show(on ? i : null);
    },
  };
}

function mark(bars: Bar[], model: Model, selection: Selection[]): void {
  for (const bar of bars) {
    const row = model.positions.rows[bar.position];
    const chosen = selection.some((one) => one.row !== null && one.row === row && (one.column === null || one.column === bar.column));
    bar.node.classList.toggle('oriel-chosen', chosen);
    bar.node.classList.toggle('oriel-dim', selection.length > 0 && !chosen);
  }
}
