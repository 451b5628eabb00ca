import { categoriesOf, largestOf, totalOf } from './categories.js';
import type { Categories, Category } from './categories.js';
import { emptyPicture } from './cartesian.js';
import { paint, styled, svg } from './dom.js';
import { onCircle, slicePath } from './paths.js';
import type { LegendItem, Picture, Stage, Stop } from './painter.js';
import { fill } from '../i18n/index.js';

interface Slice extends Category {
  color: number;
}

// A slice in its place, in radians from the top, clockwise.
interface Arc {
  data: Slice;
  startAngle: number;
  endAngle: number;
}

function arcsOf(slices: Slice[], sum: number): Arc[] {
  let angle = 0;
  return slices.map((data) => {
    const startAngle = angle;
    angle += (2 * Math.PI * data.value) / sum;
    return { data, startAngle, endAngle: angle };
  });
}

/** Slices, with those that are too many or too small as one that `other` makes. Values below zero have no slice. */
export function slicesOf(all: Category[], most: number, threshold: number, other: (value: number) => Category): Slice[] {
  const positive = all.filter(({ value }) => value > 0);
  const sum = positive.reduce((total, { value }) => total + value, 0);
  const ranked = [...positive].sort((a, b) => b.value - a.value);
  const big = ranked.filter(({ value }, i) => value / sum >= threshold && (i < most - 1 || ranked.length <= most));
  const kept = new Set(big);
  const rest = positive.filter((one) => !kept.has(one));
  const slices = rest.length === 1 ? positive : positive.filter((one) => kept.has(one));
  if (rest.length > 1) slices.push(other(rest.reduce((total, { value }) => total + value, 0)));
  return slices.map((slice, color) => ({ ...slice, color: slice.row === null ? 7 : color }));
}

/** Paints pies and donuts. */
export function paintPie(stage: Stage): Picture {
  const { options, width, height } = stage;
  const categories = categoriesOf(stage);
  const slices = categories ? ownSlices(stage, categories) : [];
  const shown = slices.filter(({ color }) => !stage.hidden.has(color));
  const sum = shown.reduce((total, { value }) => total + value, 0);
  const legend = slices.map(({ label, color, value }): LegendItem => {
    const hidden = stage.hidden.has(color);
    const share = hidden || sum <= 0 ? '–' : stage.format.share(value / sum);
    return options.pie?.bare ? { label, color, hidden } : { label, color, hidden, value: share };
  });
  if (!categories || sum <= 0) return emptyPicture(stage, legend);
  const outer = Math.max(20, Math.min(width, height) / 2 - 8);
  const hole = outer * (options.pie?.hole ?? (stage.type === 'donut' ? 0.64 : 0));
  const center = svg('g', { transform: `translate(${width / 2} ${height / 2})` });
  stage.svg.append(center);
  const arcs = arcsOf(shown, sum);
  const nodes = arcs.map((datum) => {
    const node = paint(
      svg('path', { class: 'oriel-slice', d: slicePath(hole, outer, datum.startAngle, datum.endAngle) }),
      datum.data.color,
      options.colors,
    );
    center.append(node);
    return node;
  });
  arcs.forEach((datum) => sliceText(stage, center, datum, sum, hole, outer, categories));
  if (hole > 40 && !options.pie?.bare) holeText(stage, center, categories, hole);
  const stops = arcs.map((datum, i) => stopAt(stage, categories, datum, sum, (hole + outer) / 2, nodes, i));
  return {
    stops,
    legend,
    notes: [],
    summary: largestOf(stage, shown, sum),
    hit: (x, y) => hit(arcs, hole, outer, x - width / 2, y - height / 2),
    select: (selection) =>
      arcs.forEach(({ data }, i) => {
        nodes[i]?.classList.toggle(
          'oriel-chosen',
          selection.some(({ row }) => row !== null && row === data.row),
        );
      }),
  };
}

// Every row keeps the colour of its place, where every row is wanted; the rest then has the last one.
function ownSlices({ options, texts, format }: Stage, { all, metric }: Categories): Slice[] {
  const { slices = 7, threshold = 0.005, other = texts.other } = options.pie ?? {};
  const made = slicesOf(all, slices, threshold, (value) => ({ label: other, value, text: format.number(value, metric), row: null }));
  return options.everyRow ? made.map((slice) => ({ ...slice, color: slice.row ?? -1 })) : made;
}

function sliceText(stage: Stage, center: SVGGElement, datum: Arc, sum: number, hole: number, outer: number, { metric }: Categories): void {
  const { format, measure, options } = stage;
  const how = options.pie?.label ?? 'percentage';
  if (how === 'none') return;
  const { label, value } = datum.data;
  const share = format.share(value / sum);
  const amount = format.number(value, metric, 'compact');
  const text = { label, value: amount, percentage: share, both: `${amount} (${share})` }[how];
  const angle = datum.endAngle - datum.startAngle;
  const [right, up] = onCircle(1, (datum.startAngle + datum.endAngle) / 2);
  // As far out as the words' corners stay inside of the pie.
  const inside = (r: number): boolean => Math.hypot(Math.abs(right) * r + measure(text) / 2 + 2, Math.abs(up) * r + 6) <= outer;
  const radius = hole > 0 ? (hole + outer) / 2 : outer * ([0.68, 0.6, 0.5].find((part) => inside(outer * part)) ?? 0);
  const full = angle > 6.28 && hole === 0;
  const along = 2 * (full ? outer : radius * Math.sin(Math.min(angle, Math.PI) / 2));
  const needed = measure(text) + 8;
  if (along < Math.max(needed, 18) || (hole > 0 && outer - hole < needed)) return;
  center.append(
    styled(
      svg(
        'text',
        {
          class: 'oriel-slice-text',
          x: full ? 0 : right * radius,
          y: full ? 0 : up * radius,
          dy: '0.35em',
        },
        text,
      ),
      options.pie?.labelStyle,
    ),
  );
}

function holeText(stage: Stage, center: SVGGElement, categories: Categories, hole: number): void {
  const total = totalOf(stage, categories);
  if (total === undefined) return;
  const text = stage.format.number(total, categories.metric, 'compact');
  if (stage.measure(text) * 1.7 > hole * 1.7) return;
  center.append(
    svg('text', { class: 'oriel-hole-value', y: 2 }, text),
    svg('text', { class: 'oriel-hole-label', y: 20 }, stage.texts.total),
  );
}

function stopAt(stage: Stage, { metric, at }: Categories, datum: Arc, sum: number, radius: number, nodes: SVGElement[], i: number): Stop {
  const { data } = datum;
  const [x, y] = onCircle(radius, (datum.startAngle + datum.endAngle) / 2);
  const value = fill(stage.texts.share, { value: data.text, share: stage.format.share(data.value / sum) });
  return {
    x: stage.width / 2 + x,
    y: stage.height / 2 + y,
    title: data.label,
    row: data.row,
    lines: [{ label: metric.label, value, color: data.color, column: at }],
    highlight: (on) => nodes.forEach((node, j) => node.classList.toggle('oriel-dim', on && i !== j)),
  };
}

function hit(arcs: Arc[], hole: number, outer: number, x: number, y: number): { stop: number; lane: null } | undefined {
  const away = Math.hypot(x, y);
  if (away < hole || away > outer + 4) return undefined;
  const angle = (Math.atan2(x, -y) + 2 * Math.PI) % (2 * Math.PI);
  const stop = arcs.findIndex(({ startAngle, endAngle }) => angle >= startAngle && angle < endAngle);
  return stop < 0 ? undefined : { stop, lane: null };
}
