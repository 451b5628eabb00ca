// The map's shapes and their projection.

import { mapRange } from '../builtins.js';

/** Degrees east and north. A ring that crosses the antimeridian continues beyond 180. */
export type Place = readonly [east: number, north: number];

type Ring = Place[];

// The map's edge is opposite, in the Bering Strait.
const MERIDIAN = 11;

/** A country: polygons of an outline and holes. */
export interface Land {
  id: string | undefined;
  name: string;
  parts: Ring[][];
}

/** The part of TopoJSON (https://github.com/topojson/topojson-specification) that the map's file uses. */
interface Topology {
  transform: { scale: Place; translate: Place };
  arcs: Place[][];
  objects: { countries: { geometries: Geometry[] } };
}

interface Geometry {
  type: string;
  id?: string | number;
  properties: { name: string };
  arcs: number[][] | number[][][];
}

/** Parses TopoJSON's countries. Throws on anything else. */
export function readLands(json: unknown): Land[] {
  const {
    transform: { scale, translate },
    arcs,
    objects,
  } = json as Topology;
  // Each point is the difference to the one before, in steps of the file's grid.
  const lines = arcs.map((arc) => {
    let [x, y] = [0, 0];
    return arc.map(([dx, dy]): Place => {
      x += dx;
      y += dy;
      return [x * scale[0] + translate[0], y * scale[1] + translate[1]];
    });
  });
  const ringOf = (indices: number[]): Ring =>
    unwrapped(
      indices.flatMap((i, at) => {
        // The complement of an index is its arc backwards; arcs share their ends.
        const line = i < 0 ? [...(lines[~i] as Ring)].reverse() : (lines[i] as Ring);
        return at === 0 ? line : line.slice(1);
      }),
    );
  return objects.countries.geometries.map(({ type, id, properties, arcs: own }) => {
    const polygons = (type === 'Polygon' ? [own] : own) as number[][][];
    return { id: id === undefined ? undefined : String(id), name: properties.name, parts: polygons.map((rings) => rings.map(ringOf)) };
  });
}

// A step of more than half the globe goes the other way. Then the whole ring is moved to the side of the map's edge that
// most of it is on.
function unwrapped(ring: Ring): Ring {
  let turns = 0;
  const whole = ring.map(([east, north], i): Place => {
    const step = east - (ring[i - 1]?.[0] ?? east);
    if (Math.abs(step) > 180) turns -= Math.sign(step);
    return [east + 360 * turns, north];
  });
  const [west, , east] = boundsOf(whole);
  const move = -360 * Math.round(((west + east) / 2 - MERIDIAN) / 360);
  return whole.map(([x, y]) => [x + move, y]);
}

/** A point of the plane, y downwards. */
export type Flat = readonly [x: number, y: number];

/** Projects a place; null for places too far away to be shown. */
export type Projection = (place: Place) => Flat | null;

const RAD = Math.PI / 180;

/**
 * The world by the Equal Earth projection (Šavrič, Patterson, Jenny 2018, doi:10.1080/13658816.2018.1504949)).
 */
export function equalEarth([east, north]: Place): Flat {
  const [a, b, c, d] = [1.340264, -0.081106, 0.000893, 0.003796];
  const root = Math.sqrt(3) / 2;
  const t = Math.asin(root * Math.sin(north * RAD));
  const [t2, t6] = [t ** 2, t ** 6];
  return [
    ((east - MERIDIAN) * RAD * Math.cos(t)) / (root * (a + 3 * b * t2 + t6 * (7 * c + 9 * d * t2))),
    -t * (a + b * t2 + t6 * (c + d * t2)),
  ];
}

// Beyond this distance the projection turns inside out.
const FAR_SIDE = Math.cos(120 * RAD);

/** Lambert's azimuthal equal-area projection around a place (Snyder, Map Projections, 1987, p. 185); null far from it. */
export function azimuthal([east, north]: Place): Projection {
  const [sin0, cos0] = [Math.sin(north * RAD), Math.cos(north * RAD)];
  return ([e, n]) => {
    const [sin, cos, turn] = [Math.sin(n * RAD), Math.cos(n * RAD), (e - east) * RAD];
    const near = sin0 * sin + cos0 * cos * Math.cos(turn);
    if (near < FAR_SIDE) return null;
    const k = Math.sqrt(2 / (1 + near));
    return [k * cos * Math.sin(turn), -k * (cos0 * sin - sin0 * cos * Math.cos(turn))];
  };
}

/** West, south, east, north. */
export type Bounds = readonly [west: number, south: number, east: number, north: number];

/** The bounds of points. */
export function boundsOf(points: readonly Flat[]): Bounds {
  const box: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of points) {
    box[0] = Math.min(box[0], x);
    box[1] = Math.min(box[1], y);
    box[2] = Math.max(box[2], x);
    box[3] = Math.max(box[3], y);
  }
  return box;
}

/** The outline of bounds on the globe, whose sides are curves. */
export function outlineOf([west, south, east, north]: Bounds): Place[] {
  return mapRange(9, (i): Place[] => {
    const [x, y] = [west + ((east - west) * i) / 8, south + ((north - south) * i) / 8];
    return [
      [x, south],
      [x, north],
      [west, y],
      [east, y],
    ];
  }).flat();
}

/** Scales and moves a projection so that the places fill the given size. */
export function fitted(raw: Projection, places: readonly Place[], width: number, height: number): Projection {
  const [left, top, right, bottom] = boundsOf(places.map(raw).filter((flat) => flat !== null));
  const scale = Math.min((width - 4) / (right - left || 1), (height - 4) / (bottom - top || 1));
  return (place) => {
    const flat = raw(place);
    return flat && [width / 2 + (flat[0] - (left + right) / 2) * scale, height / 2 + (flat[1] - (top + bottom) / 2) * scale];
  };
}

/** The area of a flat ring, and its centre of mass. */
export function massOf(ring: readonly Flat[]): { area: number; x: number; y: number } {
  let [twice, x, y] = [0, 0, 0];
  ring.forEach(([x1, y1], i) => {
    const [x0, y0] = ring.at(i - 1) as Flat;
    const cross = x0 * y1 - x1 * y0;
    twice += cross;
    x += (x0 + x1) * cross;
    y += (y0 + y1) * cross;
  });
  return { area: Math.abs(twice) / 2, x: x / (3 * twice), y: y / (3 * twice) };
}
