import type { GeoProjection } from 'd3-geo';
import type { Feature, FeatureCollection, Geometry, MultiPolygon } from 'geojson';
import type { GeometryCollection, Topology } from 'topojson-specification';
import { columnsOf } from '../data/table.js';
import { categoriesOf, largestOf } from './categories.js';
import type { Categories, Category } from './categories.js';
import { codeOfShape, countryCode } from './countries.js';
import { emptyPicture } from './cartesian.js';
import { paint, svg } from './dom.js';
import type { Picture, Stage, Stop } from './picture.js';
import { fill } from './texts.js';

type Shape = Feature<Geometry, { name: string }>;

/** The libraries of maps. */
export type Projections = typeof import('./projections.js');

/** The map's shapes: Natural Earth's countries, which are in the public domain. */
export interface Shapes {
  all: Shape[];
  byCode: Map<string, Shape>;
  library: Projections;
}

const ANTARCTICA = '010';
const LEGEND = 34;
const STEPS = 5;

/** Reads the shapes' TopoJSON. Throws where it is something else. */
export function readShapes(json: unknown, library: Projections): Shapes {
  const topology = json as Topology<{ countries: GeometryCollection<{ name: string }> }>;
  const { features } = library.feature(topology, topology.objects.countries) as FeatureCollection<Geometry, { name: string }>;
  const all = features.filter(({ id }) => id !== ANTARCTICA);
  const byCode = new Map<string, Shape>();
  for (const shape of all) {
    const code = codeOfShape(shape.id, shape.properties.name);
    if (code) byCode.set(code, shape);
  }
  return { all, byCode, library };
}

interface Country extends Category {
  code: string;
  shape: Shape;
}

/** Paints a map whose countries are shaded by their value. */
export function paintMap(stage: Stage, shapes: Shapes): Picture {
  const categories = categoriesOf(stage);
  if (!categories) return emptyPicture(stage);
  const { countries, missing } = located(stage, categories, shapes);
  const height = stage.height - LEGEND;
  const projection = projected(stage, shapes, height);
  const path = shapes.library.geoPath(projection).digits(1);
  const nodes = drawLands(stage, shapes, countries, path, stage.width, height);
  drawScale(stage, categories, countries);
  const stops = countries.map((country, i) => stopAt(stage, categories, country, path.centroid(mainland(country.shape, shapes.library)), nodes, i));
  return {
    stops, legend: [],
    notes: missing.length > 0 ? [{ kind: 'unmapped', message: unmapped(stage, categories, missing) }] : [],
    summary: largestOf(stage, categories.metric, categories.all),
    hit: (x, y) => {
      const stop = y < height ? nodes.findIndex((node) => node.isPointInFill({ x, y })) : -1;
      return stop < 0 ? undefined : { stop, lane: null };
    },
    select: (selection) => countries.forEach(({ row }, i) => {
      nodes[i]?.classList.toggle('oriel-chosen', selection.some((one) => one.row !== null && one.row === row));
    }),
  };
}

// The countries of the table from the largest value down; rows of the same country are added up.
function located({ table }: Stage, { all }: Categories, shapes: Shapes): { countries: Country[]; missing: Category[] } {
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
    if (known) known.value += one.value;
    else found.set(code, { ...one, code, shape });
  }
  return { countries: [...found.values()].sort((a, b) => b.value - a.value), missing };
}

function unmapped({ format, texts }: Stage, { metric }: Categories, missing: Category[]): string {
  const list = missing.slice(0, 3).map(({ label, value }) => `${label} ${format.number(value, metric, 'compact')}`);
  if (missing.length > 3) list.push(`+${format.numberFormat({}).format(missing.length - 3)}`);
  return fill(texts.unmapped, { list: list.join(', ') });
}

// West, south, east, north of the UN's regions that pages name.
const regions: Record<string, [number, number, number, number]> = {
  '150': [-24, 35, 42, 71], '002': [-18, -35, 51, 37], '019': [-168, -55, -34, 72], '021': [-168, 14, -52, 72], '005': [-82, -55, -34, 13],
  '013': [-118, 7, -77, 33], '029': [-85, 10, -59, 27], '142': [26, -10, 146, 55], '030': [73, 18, 146, 53], '035': [92, -10, 141, 28],
  '034': [44, 5, 97, 40], '145': [26, 12, 60, 43], '143': [46, 35, 87, 55], '009': [112, -47, 180, 0], '053': [112, -47, 179, -10],
  '039': [-10, 35, 30, 47], '154': [-24, 50, 32, 71], '155': [-5, 42, 17, 55], '151': [12, 44, 60, 62], '015': [-17, 8, 37, 37],
};

function projected(stage: Stage, shapes: Shapes, height: number): GeoProjection {
  const region = stage.options.geo?.region ?? 'world';
  const { geoEqualEarth, geoMercator } = shapes.library;
  const room: [[number, number], [number, number]] = [[2, 2], [stage.width - 2, height - 2]];
  const box = Object.hasOwn(regions, region) ? regions[region] : undefined;
  if (box) {
    const [west, south, east, north] = box;
    const points = [[west, south], [west, north], [east, north], [east, south]];
    return geoMercator().fitExtent(room, { type: 'MultiPoint', coordinates: points });
  }
  const country = shapes.byCode.get(region.toUpperCase());
  if (country) return geoMercator().fitExtent(room, mainland(country, shapes.library));
  // Turned so that the seam lies in the Bering Strait and cuts nothing.
  return geoEqualEarth().rotate([-11, 0]).fitExtent(room, { type: 'FeatureCollection', features: shapes.all });
}

// A country is shown by its largest part, so that France is not the Atlantic.
function mainland(shape: Shape, { geoEqualEarth, geoPath }: Projections): Shape {
  if (shape.geometry.type !== 'MultiPolygon') return shape;
  const path = geoPath(geoEqualEarth());
  const parts = (shape.geometry as MultiPolygon).coordinates.map((coordinates): Shape => ({ ...shape, geometry: { type: 'Polygon', coordinates } }));
  return parts.reduce((best, part) => (path.area(part) > path.area(best) ? part : best));
}

/** How deep a value is shaded, 0.16 to 1: by its square root, since a few countries have most of everything. */
export function shade(value: number, high: number): number {
  return value <= 0 || high <= 0 ? 0 : 0.16 + 0.84 * Math.sqrt(Math.min(1, value / high));
}

function tint(node: SVGElement, share: number, stage: Stage): void {
  const [low, high] = stage.options.geo?.colors ?? [];
  if (low && high) node.style.setProperty('fill', `color-mix(in oklab, ${high} ${Math.round(share * 100)}%, ${low})`);
  node.style.setProperty('--oriel-share', share.toFixed(3));
}

function drawLands(
  stage: Stage, shapes: Shapes, countries: Country[], path: (shape: Shape) => string | null, width: number, height: number,
): SVGPathElement[] {
  const high = countries[0]?.value ?? 0;
  const valued = new Map(countries.map((country, i) => [country.shape, i]));
  const nodes: SVGPathElement[] = [];
  const map = svg('svg', { width, height, viewBox: `0 0 ${width} ${height}`, class: 'oriel-map' });
  for (const shape of shapes.all) {
    const node = paint(svg('path', { class: 'oriel-land', d: path(shape) ?? '' }), 0, stage.options.colors);
    const i = valued.get(shape);
    if (i !== undefined) {
      node.classList.add('oriel-valued');
      tint(node, shade(countries[i]?.value ?? 0, high), stage);
      nodes[i] = node;
    }
    map.append(node);
  }
  stage.svg.append(map);
  return nodes;
}

function drawScale(stage: Stage, { metric }: Categories, countries: Country[]): void {
  const high = countries[0]?.value ?? 0;
  if (high <= 0) return;
  const { format, measure, height } = stage;
  const top = height - 18;
  const zero = format.number(0, metric, 'compact');
  const left = measure(zero) + 8;
  stage.svg.append(svg('text', { class: 'oriel-tick', x: 0, y: top + 5, dy: '0.35em', direction: 'ltr' }, zero));
  for (let i = 0; i < STEPS; i += 1) {
    const step = paint(svg('rect', { class: 'oriel-step', x: left + i * 26, y: top, width: 26, height: 10 }), 0, stage.options.colors);
    tint(step, shade(((i + 1) / STEPS) ** 2, 1), stage);
    stage.svg.append(step);
  }
  stage.svg.append(svg('text', { class: 'oriel-tick', x: left + STEPS * 26 + 8, y: top + 5, dy: '0.35em', direction: 'ltr' }, format.number(high, metric, 'compact')));
}

function stopAt(
  stage: Stage, { metric, at }: Categories, country: Country, [x, y]: [number, number], nodes: SVGElement[], i: number,
): Stop {
  return {
    x: Number.isFinite(x) ? x : stage.width / 2, y: Number.isFinite(y) ? y : stage.height / 2, title: country.label, row: country.row,
    lines: [{ label: metric.label, value: stage.format.number(country.value, metric), color: 0, column: at }],
    highlight: (on) => {
      const node = nodes[i];
      node?.classList.toggle('oriel-lit', on);
      // A border is seen whole on top of its neighbours only.
      if (on && node) node.parentNode?.append(node);
    },
  };
}
