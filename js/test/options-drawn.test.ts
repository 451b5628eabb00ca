// Every option that is published for Google's charts is drawn, or stands in the documentation as one that isn't.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { ChartKind } from '../src/visualization/types.js';
import { chartOptionsOf } from '../src/visualization/options.js';

// Tests run from a temporary folder, and are started below js.
const declarations = createRequire(join(process.cwd(), 'index.js')).resolve('@types/google.visualization/index.d.ts');
// An object by place is read as what it holds.
const published = readFileSync(declarations, 'utf8').replace(/\{ *\[\w+: (?:number|string)\]: *([^{};]+);? *\}/g, 'ByPlace $1');
const documented = readFileSync(join(dirname(declarations), '../../../../docs/embed-api.md'), 'utf8');

const charts: [string, ChartKind][] = [
  ['LineChartOptions', 'LINE'],
  ['AreaChartOptions', 'AREA'],
  ['SteppedAreaChartOptions', 'AREA'],
  ['ColumnChartOptions', 'COLUMN'],
  ['BarChartOptions', 'BAR'],
  ['ComboChartOptions', 'COLUMN'],
  ['PieChartOptions', 'PIE'],
  ['GeoChartOptions', 'GEO'],
  ['TableOptions', 'TABLE'],
];

/** A member of an interface, and the interface that it or what it holds by place is of; empty for other types. */
type Member = [name: string, of: string, byPlace: boolean];

/** The members of an interface of the declarations. */
function membersOf(name: string): Member[] {
  const [, parent, body] = new RegExp(`interface ${name} (?:extends (\\w+) )?\\{([^}]*)\\}`).exec(published) ?? [];
  if (body === undefined) return [];
  const own = [...body.replace(/\/\/.*/g, '').matchAll(/(\w+)\??:\s*([^;]+);/g)].map(
    ([, member = '', type = '']): Member => [
      member,
      /\b(Chart\w+|GroupWidth|CssClassNames|Candlestick|TransitionAnimation|GeoChartMagnifyingGlass|\w+SeriesOptions)\b/.exec(type)?.[1] ??
        '',
      type.includes('ByPlace'),
    ],
  );
  return [...(parent ? membersOf(parent) : []), ...own];
}

// Values of which at least one changes what is drawn, wherever an option is looked at.
const values: unknown[] = [
  true,
  false,
  1,
  3,
  400,
  '2',
  'none',
  'enable',
  'red',
  'percent',
  'label',
  'bottom',
  'function',
  'disable',
  'Georgia',
  'area',
  '150',
  [1, 5],
  ['red', 'blue'],
  { 0: { color: 'red' } },
  { color: 'red', fill: 'red' },
];
// What other options need to be looked at.
const base = {
  title: 'T',
  pointSize: 4,
  page: 'enable',
  backgroundColor: { strokeWidth: 1, fill: 'white' },
  chartArea: { backgroundColor: { strokeWidth: 1 } },
};

type Bag = Record<string, unknown>;

function put(into: Bag, [name = '', ...rest]: string[], value: unknown): Bag {
  return { ...into, [name]: rest.length > 0 ? put((typeof into[name] === 'object' ? into[name] : {}) as Bag, rest, value) : value };
}

function drawn(kind: ChartKind, options: Bag): string {
  const written = (_: string, value: unknown): unknown =>
    typeof value === 'function' ? [value(1234.5), value(0)] : value === undefined ? '-' : value;
  return JSON.stringify(chartOptionsOf(kind, options, { locale: 'en', rows: 2 }), written);
}

function isDrawn(kind: ChartKind, path: string[]): boolean {
  const before = drawn(kind, put(base, path, undefined));
  return values.some((value) => drawn(kind, put(base, path, value)) !== before);
}

// Axes are alike, and so are the styles of words.
function named(path: string[]): string {
  return path
    .filter((part) => part !== '0')
    .join('.')
    .replace(/^[hv]Ax[ei]s\b/, 'axes')
    .replace(/\b(?:\w*TextStyle|textStyle)\.(?=\w)/, 'textStyle.')
    .replace(/^\w+\.textStyle\./, 'textStyle.');
}

/** The names of the options below an interface, each with whether a chart of the kind draws it. */
function* optionsOf(kind: ChartKind, of: string, path: string[] = []): Generator<[string, boolean]> {
  for (const [member, type, byPlace] of membersOf(of)) {
    const here = [...path, member];
    const below = byPlace ? [...here, '0'] : here;
    const any = isDrawn(kind, here) || membersOf(type).some(([part]) => isDrawn(kind, [...below, part]));
    yield [named(here), any];
    if (any && path.length < 2) yield* optionsOf(kind, type, below);
  }
}

test('each published option is drawn somewhere, or listed as one that is not', () => {
  const all = new Map<string, boolean>();
  for (const [of, kind] of charts) {
    assert.ok(membersOf(of).length > 10, of);
    for (const [name, is] of optionsOf(kind, of)) all.set(name, (all.get(name) ?? false) || is);
  }
  const missing = [...all]
    .filter(([, is]) => !is)
    .map(([name]) => name)
    .sort();
  const [, section = ''] = /### Options that are not drawn\n(.*?)\n##/s.exec(documented) ?? [];
  const listed = [...section.matchAll(/`([\w.]+)`/g)].map(([, name]) => name ?? '').sort();
  assert.deepEqual(listed, missing);
});
