import { azimuthal, boundsOf, equalEarth, fitted, massOf, outlineOf } from './atlas.js';
import type { Bounds, Land, Place, Projection } from './atlas.js';

// The continents and subcontinents of UN M49, by the codes that Google's GeoChart takes for its option `region`
// (developers.google.com/chart/interactive/docs/gallery/geochart), with the part of the globe that is shown.
const regions: Record<string, Bounds> = {
  '002': [-18, -35, 51, 37],
  '015': [-17, 8, 37, 37],
  '011': [-18, 4, 16, 27],
  '017': [8, -18, 31, 23],
  '014': [22, -27, 51, 18],
  '018': [11, -35, 33, -17],
  '150': [-24, 35, 42, 71],
  '154': [-24, 50, 32, 71],
  '155': [-5, 42, 17, 55],
  '151': [12, 44, 60, 62],
  '039': [-10, 35, 30, 47],
  '019': [-168, -55, -34, 72],
  '021': [-168, 14, -52, 72],
  '003': [-168, 7, -52, 72],
  '029': [-85, 10, -59, 27],
  '013': [-118, 7, -77, 33],
  '005': [-82, -55, -34, 13],
  '142': [26, -10, 146, 55],
  '143': [46, 35, 87, 55],
  '030': [73, 18, 146, 53],
  '034': [44, 5, 97, 40],
  '035': [92, -10, 141, 28],
  '145': [26, 12, 60, 43],
  '009': [112, -47, 190, 5],
  '053': [112, -47, 179, -10],
  '054': [140, -23, 181, 0],
  '057': [130, 0, 173, 20],
  '061': [178, -30, 230, -8],
};

/** The projection that shows a region, the code of a continent, subcontinent or country, in a room; else the world. */
export function projectionOf(
  region: string,
  lands: readonly Land[],
  byCode: ReadonlyMap<string, Land>,
  width: number,
  height: number,
): Projection {
  const bounds = Object.hasOwn(regions, region) ? regions[region] : undefined;
  // States and provinces have no shapes: they are shown with their country.
  const country = byCode.get(region.slice(0, 2).toUpperCase());
  if (bounds) return around(outlineOf(bounds), width, height);
  if (country && /^[a-z]{2}(-|$)/i.test(region)) return around(mainland(country), width, height);
  return fitted(
    equalEarth,
    lands.flatMap(({ parts }) => parts.flatMap(([ring]) => ring ?? [])),
    width,
    height,
  );
}

function around(places: Place[], width: number, height: number): Projection {
  const [west, south, east, north] = boundsOf(places);
  return fitted(azimuthal([(west + east) / 2, (south + north) / 2]), places, width, height);
}

// Degrees between parts that are shown together: New Zealand's islands and Malaysia's halves, not Alaska or Guiana.
const STRAIT = 6;

// A country is shown by its largest part and what is near to that, so that France is not the Atlantic.
function mainland({ parts }: Land): Place[] {
  const sized = parts.map(([ring = []]) => ({ ring, area: massOf(ring.map(equalEarth)).area })).sort((a, b) => b.area - a.area);
  const others = sized.map(({ ring }) => ring);
  const shown = others.splice(0, 1);
  for (;;) {
    const next = others.findIndex((ring) => shown.some((one) => touches(ring, one)));
    if (next < 0) return shown.flat();
    shown.push(...others.splice(next, 1));
  }
}

function touches(ring: Place[], other: Place[]): boolean {
  return ring.some(([east, north]) => {
    const narrow = Math.cos((north * Math.PI) / 180);
    return other.some(([e, n]) => Math.hypot((east - e) * narrow, north - n) < STRAIT);
  });
}
