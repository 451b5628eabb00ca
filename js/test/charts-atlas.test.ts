import assert from 'node:assert/strict';
import { test } from 'node:test';
import shapes from 'world-atlas/countries-110m.json';
import { azimuthal, boundsOf, equalEarth, fitted, massOf, readLands } from '../src/charts/atlas.js';
import type { Land, Place } from '../src/charts/atlas.js';
import { readShapes } from '../src/charts/geo.js';
import { projectionOf } from '../src/charts/regions.js';

const world = readShapes(shapes);
const land = (code: string): Land => world.byCode.get(code) as Land;
const ringsOf = ({ parts }: Land): Place[][] => parts.flatMap((rings) => rings.map((ring) => [...ring]));

test('arcs are added up, turned round and joined', () => {
  const square = {
    type: 'Topology',
    transform: { scale: [2, 1], translate: [10, 20] },
    arcs: [
      [
        [0, 0],
        [5, 0],
        [0, 5],
      ],
      [
        [0, 0],
        [0, 5],
        [5, 0],
      ],
    ],
    objects: {
      countries: { type: 'GeometryCollection', geometries: [{ type: 'Polygon', id: 7, properties: { name: 'Square' }, arcs: [[0, ~1]] }] },
    },
  };
  assert.deepEqual(readLands(square), [
    {
      id: '7',
      name: 'Square',
      parts: [
        [
          [
            [10, 20],
            [20, 20],
            [20, 25],
            [10, 25],
            [10, 20],
          ],
        ],
      ],
    },
  ]);
  for (const wrong of [null, 1, {}, { transform: {} }, '<html>']) assert.throws(() => readLands(wrong));
});

test('every ring is closed and whole, also those that cross the antimeridian', () => {
  assert.equal(world.all.length, 176);
  for (const one of world.all) {
    for (const ring of ringsOf(one)) {
      assert.deepEqual(ring.at(-1)?.map(Math.round), ring[0]?.map(Math.round), one.name);
      ring.forEach(([east], i) => assert.ok(Math.abs(east - (ring[i - 1]?.[0] ?? east)) < 90, `${one.name} jumps`));
    }
  }
  const [west, , east] = boundsOf(ringsOf(land('RU')).flat());
  assert.ok(west > 19 && east > 185 && east < 191, 'Russia is one piece');
  const fiji = boundsOf(ringsOf(land('FJ')).flat());
  assert.ok(fiji[2] - fiji[0] < 5, 'Fiji is in one place');
});

test('the world by Equal Earth', () => {
  // The projection's own figures: the ratio of width and height is 2.05458 (Šavrič et al. 2018).
  const [x] = equalEarth([191, 0]);
  const [, top] = equalEarth([11, 90]);
  assert.ok(Math.abs(x / -top - 2.05458) < 1e-5, String(x / -top));
  const areaOf = (south: number): number =>
    massOf(
      (
        [
          [0, south],
          [10, south],
          [10, south + 10],
          [0, south + 10],
        ] as Place[]
      ).map(equalEarth),
    ).area;
  const share = (south: number): number => Math.sin(((south + 10) * Math.PI) / 180) - Math.sin((south * Math.PI) / 180);
  assert.ok(Math.abs(areaOf(60) / areaOf(0) - share(60) / share(0)) < 0.01, 'areas are in proportion');
});

test('the azimuthal projection keeps areas, has its middle at 0,0 and shows no far side', () => {
  const project = azimuthal([178, -40]);
  assert.deepEqual(
    project([178, -40])?.map((n) => Math.round(n * 1e9)),
    [0, -0],
  );
  assert.equal(project([-2, 40]), null);
  // Both sides of the antimeridian are near.
  const [x = 0] = project([-178, -40]) ?? [];
  assert.ok(x > 0 && x < 0.1);
  const [, up = 0] = project([178, -30]) ?? [];
  assert.ok(Math.abs(up + 2 * Math.sin((5 * Math.PI) / 180)) < 1e-9, 'chords');
});

test('a map fills its room and keeps its shape', () => {
  const flat = fitted(
    ([x, y]) => [x, -y],
    [
      [0, 0],
      [10, 5],
    ],
    104,
    104,
  );
  assert.deepEqual(flat([0, 0]), [2, 77]);
  assert.deepEqual(flat([10, 5]), [102, 27]);
});

// Where the country is drawn in a map of 400 by 300.
const frame = (region: string, code: string): readonly number[] => {
  const project = projectionOf(region, world.all, world.byCode, 400, 300);
  return boundsOf(
    ringsOf(land(code))
      .flat()
      .map(project)
      .filter((flat) => flat !== null),
  ).map(Math.round);
};
const inside = ([left = 0, top = 0, right = 0, bottom = 0]: readonly number[]): boolean =>
  left >= 0 && top >= 0 && right <= 400 && bottom <= 300;

test('regions show what they are called after', () => {
  for (const [region, code] of [
    ['world', 'US'],
    ['world', 'NZ'],
    ['world', 'RU'],
    ['world', 'FJ'],
    ['150', 'DE'],
    ['155', 'BE'],
    ['154', 'SE'],
    ['039', 'IT'],
    ['151', 'PL'],
    ['002', 'ZA'],
    ['011', 'NG'],
    ['014', 'KE'],
    ['017', 'CD'],
    ['018', 'BW'],
    ['015', 'EG'],
    ['019', 'BR'],
    ['005', 'AR'],
    ['013', 'GT'],
    ['029', 'CU'],
    ['021', 'CA'],
    ['142', 'IN'],
    ['030', 'CN'],
    ['034', 'IR'],
    ['035', 'TH'],
    ['145', 'SA'],
    ['143', 'KZ'],
    ['009', 'NZ'],
    ['053', 'AU'],
    ['054', 'FJ'],
    ['RU', 'RU'],
    ['NZ', 'NZ'],
    ['FJ', 'FJ'],
    ['MY', 'MY'],
    ['de', 'DE'],
    ['DE-BY', 'DE'],
    ['nowhere', 'US'],
    ['', 'US'],
    ['constructor', 'US'],
  ] as const) {
    assert.ok(inside(frame(region, code)), `${region} shows ${code}: ${frame(region, code).join(' ')}`);
  }
  // France fills its map: Guiana is not on it.
  assert.ok(!inside(frame('FR', 'FR')));
  const [left = 0, , right = 0] = frame('NZ', 'NZ');
  assert.ok(right - left > 100);
});

test('the middle of a ring is its centre of mass', () => {
  assert.deepEqual(
    massOf([
      [0, 0],
      [4, 0],
      [4, 2],
      [0, 2],
    ]),
    { area: 8, x: 2, y: 1 },
  );
});
