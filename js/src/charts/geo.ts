import { columnsOf } from '../data/table.js';
import { boundsOf, massOf, readLands } from './atlas.js';
import type { Flat, Land, Projection } from './atlas.js';
import { categoriesOf, largestOf } from './categories.js';
import type { Categories, Category } from './categories.js';
import { codeOfShape, countryCode } from './countries.js';
import { emptyPicture } from './cartesian.js';
import { paint, svg } from './dom.js';
import type { Picture, Stage, Stop } from './painter.js';
import { projectionOf } from './regions.js';
import { fill } from '../i18n/index.js';

/** The map's shapes: Natural Earth's countries, which are in the public domain. */
export interface Shapes {
  all: Land[];
  byCode: Map<string, Land>;
}

const ANTARCTICA = '010';
const LEGEND = 34;
const STEPS = 5;

/** Parses the shapes' TopoJSON. Throws on anything else. */
export function readShapes(json: unknown): Shapes {
  const all = readLands(json).filter(({ id }) => id !== ANTARCTICA);
  const byCode = new Map<string, Land>();
  for (const land of all) {
    const code = codeOfShape(land.id, land.name);
    if (code) byCode.set(code, land);
  }
  return { all, byCode };
}

interface Country extends Category {
  code: string;
  shape: Land;
}

/** Paints a map whose countries are shaded by their value. */
export function paintMap(stage: Stage, shapes: Shapes): Picture {
  const categories = categoriesOf(stage);
  if (!categories) return emptyPicture(stage);
  const { countries, missing } = located(stage, categories, shapes);
  const height = stage.height - (stage.options.legend === 'none' ? 0 : LEGEND);
  const project = projectionOf(stage.options.geo?.region ?? 'world', shapes.all, shapes.byCode, stage.width, height);
  const drawings = new Map(shapes.all.map((land) => [land, drawingOf(land, project, stage.width, height)]));
  const nodes = drawLands(stage, drawings, countries, height);
  drawScale(stage, categories, countries);
  const stops = countries.map((country, i) => stopAt(stage, categories, country, drawings.get(country.shape)?.middle, nodes, i));
  return {
    stops,
    legend: [],
    notes: missing.length > 0 ? [{ kind: 'unmapped', message: unmapped(stage, categories, missing) }] : [],
    summary: largestOf(stage, categories.all),
    hit: (x, y) => {
      const stop = y < height ? nodes.findIndex((node) => node.isPointInFill({ x, y })) : -1;
      return stop < 0 ? undefined : { stop, lane: null };
    },
    select: (selection) =>
      countries.forEach(({ row }, i) => {
        nodes[i]?.classList.toggle(
          'oriel-chosen',
          selection.some((one) => one.row !== null && one.row === row),
        );
      }),
  };
}

// The countries of the table from the largest value down; rows of the same country are added up.
function located({ table, format }: Stage, { all, metric }: Categories, shapes: Shapes): { countries: Country[]; missing: Category[] } {
  const at = table.columns.findIndex(({ type }) => type === 'country');
  const dimension = at >= 0 ? at : (columnsOf(table, 'dimension')[0] ?? 0);
  const found = new Map<string, Country>();
  const missing: Category[] = [];
  for (const one of all) {
    const code = one.row === null ? undefined : countryCode(String(table.rows[one.row]?.[dimension] ?? ''));
    const shape = code === undefined ? undefined : shapes.byCode.get(code);
    if (!code || !shape) {
      missing.push(one);
      continue;
    }
    const known = found.get(code);
    if (known) {
      known.value += one.value;
      known.text = format.number(known.value, metric);
    } else found.set(code, { ...one, code, shape });
  }
  return { countries: [...found.values()].sort((a, b) => b.value - a.value), missing };
}

function unmapped({ format, texts }: Stage, { metric }: Categories, missing: Category[]): string {
  const list = missing.slice(0, 3).map(({ label, value }) => `${label} ${format.number(value, metric, 'compact')}`);
  if (missing.length > 3) list.push(`+${format.numberFormat({}).format(missing.length - 3)}`);
  return fill(texts.unmapped, { list: list.join(', ') });
}

// A country's path, and the middle of its largest part.
interface Drawing {
  d: string;
  middle: { x: number; y: number } | undefined;
}

// Shapes outside the map's area are left out.
function drawingOf(land: Land, project: Projection, width: number, height: number): Drawing {
  let d = '';
  let largest: ReturnType<typeof massOf> | undefined;
  for (const rings of land.parts) {
    const flat = rings.map((ring) => ring.map(project)).filter((ring): ring is Flat[] => !ring.includes(null));
    const [outline] = flat;
    if (!outline || flat.length < rings.length) continue;
    const [left, top, right, bottom] = boundsOf(outline);
    if (right < 0 || bottom < 0 || left > width || top > height) continue;
    d += flat.map((ring) => `M${ring.map(([x, y]) => `${tenth(x)},${tenth(y)}`).join('L')}Z`).join('');
    const mass = massOf(outline);
    if (mass.area > (largest?.area ?? 0)) largest = mass;
  }
  return { d, middle: largest };
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Returns a value's shade, 0.16 to 1, by its square root: a few countries have most of the total. */
export function shade(value: number, high: number): number {
  return value <= 0 || high <= 0 ? 0 : 0.16 + 0.84 * Math.sqrt(Math.min(1, value / high));
}

// The shade on the host's scale, from 0 to 1; a single value is the darkest.
function shareOf(stage: Stage, countries: Country[], value: number): number {
  const { scale } = stage.options.geo ?? {};
  const high = scale?.max ?? countries[0]?.value ?? 0;
  if (!scale) return shade(value, high);
  const low = scale.min ?? countries.at(-1)?.value ?? 0;
  return high > low ? Math.max(0, Math.min(1, (value - low) / (high - low))) : 1;
}

function tint(node: SVGElement, share: number, stage: Stage): void {
  const colors = stage.options.geo?.colors ?? [];
  const at = Math.min(Math.floor(share * (colors.length - 1)), colors.length - 2);
  const [low, high] = [colors[at], colors[at + 1]];
  const part = Math.round((share * (colors.length - 1) - at) * 100);
  if (low && high) node.style.setProperty('fill', `color-mix(in ${stage.options.geo?.scale ? 'srgb' : 'oklab'}, ${high} ${part}%, ${low})`);
  node.style.setProperty('--oriel-share', share.toFixed(3));
}

function drawLands(stage: Stage, drawings: Map<Land, Drawing>, countries: Country[], height: number): SVGPathElement[] {
  const { width, options } = stage;
  const valued = new Map(countries.map((country, i) => [country.shape, i]));
  const nodes: SVGPathElement[] = [];
  const map = svg('svg', { width, height, viewBox: `0 0 ${width} ${height}`, class: 'oriel-map' });
  for (const [land, { d }] of drawings) {
    const node = paint(svg('path', { class: 'oriel-land', d }), 0, options.colors);
    const i = valued.get(land);
    node.style.fill = options.geo?.emptyColor ?? '';
    if (i !== undefined) {
      node.classList.add('oriel-valued');
      tint(node, shareOf(stage, countries, countries[i]?.value ?? 0), stage);
      nodes[i] = node;
    }
    map.append(node);
  }
  stage.svg.append(map);
  return nodes;
}

function drawScale(stage: Stage, { metric }: Categories, countries: Country[]): void {
  const { format, measure, height } = stage;
  const { scale } = stage.options.geo ?? {};
  const high = scale?.max ?? countries[0]?.value ?? 0;
  if (stage.options.legend === 'none' || (high <= 0 && !scale)) return;
  const top = height - 18;
  const zero = format.number(scale ? (scale.min ?? countries.at(-1)?.value ?? 0) : 0, metric, 'compact');
  const left = measure(zero) + 8;
  stage.svg.append(svg('text', { class: 'oriel-tick', x: 0, y: top + 5, dy: '0.35em', direction: 'ltr' }, zero));
  for (let i = 0; i < STEPS; i += 1) {
    const step = paint(svg('rect', { class: 'oriel-step', x: left + i * 26, y: top, width: 26, height: 10 }), 0, stage.options.colors);
    tint(step, scale ? i / (STEPS - 1) : shade(((i + 1) / STEPS) ** 2, 1), stage);
    stage.svg.append(step);
  }
  stage.svg.append(
    svg(
      'text',
      { class: 'oriel-tick', x: left + STEPS * 26 + 8, y: top + 5, dy: '0.35em', direction: 'ltr' },
      format.number(high, metric, 'compact'),
    ),
  );
}

function stopAt(
  stage: Stage,
  { metric, at }: Categories,
  country: Country,
  middle: Drawing['middle'],
  nodes: SVGElement[],
  i: number,
): Stop {
  return {
    x: middle?.x ?? stage.width / 2,
    y: middle?.y ?? stage.height / 2,
    title: country.label,
    row: country.row,
    lines: [{ label: metric.label, value: country.text, color: 0, column: at }],
    highlight: (on) => {
      const node = nodes[i];
      node?.classList.toggle('oriel-lit', on);
      // Raised above its neighbours, so that its border is visible.
      if (on && node) node.parentNode?.append(node);
    },
  };
}
