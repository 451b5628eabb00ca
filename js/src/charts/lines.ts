import { annotate, annotateAxis } from './annotations.js';
import { drawAxes } from './axes.js';
import type { Axes } from './axes.js';
import { emptyPicture, extentsOf, hasValues, legendItems, positionTitle, shownSeries, stack, stopLines, summaryOf } from './cartesian.js';
import type { Layer } from './cartesian.js';
import { paint, svg, uniqueId } from './dom.js';
import { modelOf } from './model.js';
import type { Model, Series } from './model.js';
import type { Mark, Selection } from './options.js';
import { areaPath, linePath } from './paths.js';
import type { Point } from './paths.js';
import type { Picture, Stage, Stop } from './painter.js';

/** The points of a series; null where the value is unknown. */
interface Trace {
  series: Series;
  y: (number | null)[];
  base: number[];
}

/** Paints lines and areas. */
export function paintLines(stage: Stage): Picture {
  const model = modelOf(stage.table, stage.options.previous, stage);
  const series = shownSeries(stage, model);
  const legend = legendItems(stage, model);
  if (!hasValues(series)) return emptyPicture(stage, legend, model.notes);
  const stacked = Boolean(stage.options.stacked) && series.length > 1;
  const percent = stacked && stage.options.stacked === 'percent';
  const layers = stacked ? stack(series, percent) : undefined;
  // A category is in the middle of its band; times and numbers are points on a scale.
  const { linear, cells } = model.positions;
  const axes = drawAxes(stage, model.positions, extentsOf(series, layers, percent), !linear && cells.length > 1);
  const traces = tracesOf(series, layers, axes);
  const marks = drawTraces(stage, axes, traces, stacked);
  annotateAxis(stage, model, axes.box, axes.x);
  annotateTraces(stage, axes, model, traces);
  const stops = model.positions.cells.map((_, i) => stopAt(stage, model, axes, traces, i, percent, marks));
  return {
    stops,
    legend,
    notes: model.notes,
    summary: summaryOf(stage, model, series),
    hit: (x, y) => hit(axes, traces, stops, x, y),
    select: (selection) => select(stage, axes, traces, model, selection, marks),
  };
}

/** Lines and areas over the columns of the same axes. */
export interface Overlay {
  show(position: number | null): void;
  select(selection: Selection[]): void;
}

/** Draws some of a model's series as lines and areas, over shared axes. */
export function overlay(stage: Stage, axes: Axes, model: Model, series: Series[]): Overlay {
  const traces = tracesOf(series, undefined, axes);
  const marks = drawTraces(stage, axes, traces, false);
  annotateTraces(stage, axes, model, traces);
  return {
    show: (position) => marks.over.replaceChildren(...(position === null ? [] : dotsAt(stage, axes, traces, position))),
    select: (selection) => select(stage, axes, traces, model, selection, marks),
  };
}

function annotateTraces(stage: Stage, axes: Axes, model: Model, traces: Trace[]): void {
  annotate(
    stage,
    model,
    traces.map(({ series }) => series),
    (one, i) => {
      const y = traces.find(({ series }) => series === one)?.y[i] ?? null;
      const spare = sizeOf(stage, one) / 2;
      return y === null
        ? undefined
        : y - spare < 24
          ? { x: axes.x(i), y: y + spare, side: 'below' }
          : { x: axes.x(i), y: y - spare, side: 'above' };
    },
  );
}

function sizeOf({ options }: Stage, { color }: Series): number {
  return options.series?.[color]?.pointSize ?? options.pointSize ?? 0;
}

/** Returns the mark of a series. */
export function markOf({ options, type }: Stage, { color }: Series): Mark {
  return options.series?.[color]?.mark ?? options.mark ?? (type === 'area' ? 'area' : type === 'column' ? 'bars' : 'line');
}

function tracesOf(series: Series[], layers: Layer[] | undefined, axes: Axes): Trace[] {
  return series.map((one, at) => {
    const { y, min, max } = axes.of(one);
    const layer = layers?.[at];
    const zero = y(Math.max(min, Math.min(0, max)));
    return {
      series: one,
      y: one.values.map((value, i) => (layer ? y(layer.to[i] as number) : value === null ? null : y(value))),
      base: one.values.map((_, i) => (layer ? y(layer.from[i] as number) : zero)),
    };
  });
}

interface Marks {
  lines: SVGGElement[];
  /** Contains the highlight of the current position. */
  over: SVGGElement;
  selected: SVGGElement;
}

function drawTraces(stage: Stage, axes: Axes, traces: Trace[], stacked: boolean): Marks {
  const { options } = stage;
  const clipId = uniqueId('clip');
  const { left, top, width, height } = axes.box;
  // Points at the ends are not clipped.
  const spare = Math.max(5, ...traces.map(({ series }) => sizeOf(stage, series) / 2 + 1));
  stage.svg.append(
    svg('clipPath', { id: clipId }, svg('rect', { x: left - spare, y: top - spare, width: width + 2 * spare, height: height + 2 * spare })),
  );
  const plot = svg('g', { 'clip-path': `url(#${clipId})` });
  const lines = traces.map((trace) => {
    const group = paint(svg('g', { class: 'oriel-trace' }), trace.series.color, options.colors);
    if (markOf(stage, trace.series) === 'area') group.append(...areaOf(stage, axes, trace, stacked));
    if (trace.series.previous) group.append(previousLine(stage, axes, trace.series));
    group.append(lineOf(stage, axes, trace), ...dotsOf(stage, axes, trace));
    return group;
  });
  // The first series is the most important one, and lies on top.
  plot.append(...[...lines].reverse());
  const over = svg('g', { class: 'oriel-over' });
  const selected = svg('g', { class: 'oriel-selected' });
  stage.svg.append(plot, selected, over);
  return { lines, over, selected };
}

function isSmooth(stage: Stage): boolean {
  return stage.options.curve === 'smooth';
}

function pointsOf(axes: Axes, ys: (number | null)[]): Point[] {
  return ys.map((y, i) => (y === null ? null : [axes.x(i), y]));
}

function lineOf(stage: Stage, axes: Axes, trace: Trace): SVGPathElement {
  const { options } = stage;
  const own = options.series?.[trace.series.color];
  const d = linePath(pointsOf(axes, trace.y), isSmooth(stage));
  const width = own?.lineWidth ?? options.lineWidth ?? (dense(axes, trace) ? 1.25 : 2);
  const line = svg('path', { class: 'oriel-line', d, 'stroke-width': width, 'stroke-dasharray': own?.dash?.join(' ') });
  line.style.strokeLinecap = own?.dash ? 'butt' : '';
  return line;
}

// Dense lines are thin: a thick line through more points than pixels is a blot.
function dense(axes: Axes, trace: Trace): boolean {
  return trace.y.length > axes.box.width / 2;
}

function previousLine(stage: Stage, axes: Axes, series: Series): SVGPathElement {
  const { y } = axes.of(series);
  const ys = (series.previous ?? []).map((value) => (value === null ? null : y(value)));
  return svg('path', { class: 'oriel-line oriel-before', d: linePath(pointsOf(axes, ys), isSmooth(stage)) });
}

function areaOf(stage: Stage, axes: Axes, trace: Trace, stacked: boolean): SVGElement[] {
  const d = areaPath(
    pointsOf(axes, trace.y),
    trace.base.map((y, i) => [axes.x(i), y]),
    isSmooth(stage),
  );
  if (stacked) return [svg('path', { class: 'oriel-area oriel-stacked', d })];
  const id = uniqueId('shade');
  const shade = svg(
    'linearGradient',
    { id, x1: 0, x2: 0, y1: 0, y2: 1 },
    svg('stop', { class: 'oriel-shade', offset: '0', 'stop-opacity': '0.28' }),
    svg('stop', { class: 'oriel-shade', offset: '1', 'stop-opacity': '0.02' }),
  );
  return [shade, svg('path', { class: 'oriel-area', d, fill: `url(#${id})` })];
}

// Points are drawn on request, and for a value without neighbours, which has no line.
function dotsOf(stage: Stage, axes: Axes, trace: Trace): SVGCircleElement[] {
  const size = sizeOf(stage, trace.series);
  return trace.y.flatMap((y, i) => {
    if (y === null) return [];
    const alone = (trace.y[i - 1] ?? null) === null && (trace.y[i + 1] ?? null) === null;
    if (size <= 0 && !alone) return [];
    return [svg('circle', { class: 'oriel-point', cx: axes.x(i), cy: y, r: size > 0 ? size / 2 : 3.5 })];
  });
}

function stopAt(stage: Stage, model: Model, axes: Axes, traces: Trace[], i: number, percent: boolean, marks: Marks): Stop {
  const x = axes.x(i);
  const ys = traces.flatMap(({ y }) => y[i] ?? []);
  const lines = stopLines(
    stage,
    model,
    traces.map(({ series }) => series),
    i,
    percent,
  );
  return {
    x,
    y: ys.length > 0 ? Math.min(...ys) : axes.box.top + axes.box.height / 2,
    title: positionTitle(model, i, stage),
    lines,
    row: model.positions.rows[i] ?? null,
    highlight: (on, lane) => {
      marks.over.replaceChildren();
      const lit = lane === null ? undefined : lines[lane]?.color;
      traces.forEach((trace, at) =>
        marks.lines[at]?.classList.toggle('oriel-dim', on && lit !== undefined && trace.series.color !== lit && traces.length > 1),
      );
      if (on) marks.over.append(...crosshair(stage, axes, traces, i));
    },
  };
}

function crosshair(stage: Stage, axes: Axes, traces: Trace[], i: number): SVGElement[] {
  const { top, height } = axes.box;
  const x = Math.round(axes.x(i)) + 0.5;
  return [svg('line', { class: 'oriel-cross', x1: x, x2: x, y1: top, y2: top + height }), ...dotsAt(stage, axes, traces, i)];
}

function dotsAt(stage: Stage, axes: Axes, traces: Trace[], i: number): SVGElement[] {
  return traces.flatMap(({ y, series }) => {
    const at = y[i] ?? null;
    return at === null
      ? []
      : [paint(svg('circle', { class: 'oriel-dot', cx: axes.x(i), cy: at, r: 4.5 }), series.color, stage.options.colors)];
  });
}

const NEAR = 14;

function hit(axes: Axes, traces: Trace[], stops: Stop[], x: number, y: number): { stop: number; lane: number | null } | undefined {
  const { left, width } = axes.box;
  if (x < left - 16 || x > left + width + 16) return undefined;
  let stop = 0;
  stops.forEach((one, i) => {
    if (Math.abs(one.x - x) < Math.abs((stops[stop] as Stop).x - x)) stop = i;
  });
  if (traces.length < 2) return { stop, lane: null };
  const near = traces.map((trace) => ({ trace, away: Math.abs((trace.y[stop] ?? Infinity) - y) })).sort((a, b) => a.away - b.away)[0];
  if (!near || near.away > NEAR) return { stop, lane: null };
  const lane = stops[stop]?.lines.findIndex((line) => line.color === near.trace.series.color) ?? -1;
  return { stop, lane: lane < 0 ? null : lane };
}

function select(stage: Stage, axes: Axes, traces: Trace[], model: Model, selection: Selection[], marks: Marks): void {
  marks.selected.replaceChildren();
  for (const { row, column } of selection) {
    const i = row === null ? -1 : model.positions.rows.indexOf(row);
    for (const { series, y } of traces) {
      if (column !== null && series.columnIndex !== column) continue;
      const at = y[i] ?? null;
      if (at !== null)
        marks.selected.append(
          paint(svg('circle', { class: 'oriel-dot oriel-chosen', cx: axes.x(i), cy: at, r: 5 }), series.color, stage.options.colors),
        );
    }
  }
}
