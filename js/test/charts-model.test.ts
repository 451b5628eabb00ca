import assert from 'node:assert/strict';
import { test } from 'node:test';
import { extentsOf, stack } from '../src/charts/cartesian.js';
import styles from '../src/charts/charts.css' with { type: 'text' };
import { barPath } from '../src/charts/columns.js';
import { Formatter } from '../src/charts/format.js';
import { shade } from '../src/charts/geo.js';
import { modelOf } from '../src/charts/model.js';
import type { Series } from '../src/charts/model.js';
import { slicesOf } from '../src/charts/pie.js';
import { valueOf } from '../src/charts/scorecard.js';
import { sorted } from '../src/charts/table-chart.js';
import { chartTexts } from '../src/i18n/index.js';
import type { Cell, Column, ColumnType, Table } from '../src/data/table.js';

const words = { format: new Formatter('en-US'), texts: chartTexts.en };
const dimension = (name: string, type: ColumnType = 'text'): Column => ({ name, label: name, role: 'dimension', type });
const metric = (name: string, type: ColumnType = 'integer'): Column => ({ name, label: name, role: 'metric', type });
const day = (n: number): Date => new Date(Date.UTC(2026, 10, n));

test('a calendar is drawn in the order of time, without rows that have no date', () => {
  const table: Table = {
    columns: [dimension('date', 'date'), metric('sessions')],
    rows: [
      [day(3), 30],
      ['(other)', 400],
      [day(1), 10],
      [day(2), null],
    ],
  };
  const { positions, series, notes } = modelOf(table, undefined, words);
  assert.deepEqual(positions.rows, [2, 3, 0]);
  assert.deepEqual(series[0]?.values, [10, null, 30]);
  assert.deepEqual(
    notes.map(({ kind, message }) => [kind, message]),
    [['undated', '(other): 400 without a date, not shown']],
  );
});

test('digits of an hour are in their order, and "(other)" is last', () => {
  const table: Table = {
    columns: [dimension('hour'), metric('sessions')],
    rows: [
      ['10', 1],
      ['(other)', 2],
      ['09', 3],
      ['2', 4],
    ],
  };
  assert.deepEqual(modelOf(table, undefined, words).positions.rows, [3, 2, 0, 1]);
});

test('minutes ago run towards now', () => {
  const table: Table = {
    columns: [dimension('minutesAgo'), metric('activeUsers')],
    rows: [
      ['00', 1],
      ['29', 2],
      ['05', 3],
    ],
  };
  assert.deepEqual(modelOf(table, undefined, words).positions.rows, [1, 2, 0]);
});

test('the period before is aligned by position on a calendar and by name elsewhere', () => {
  const dates = [dimension('date', 'date'), metric('sessions')];
  const now: Table = {
    columns: dates,
    rows: [
      [day(9), 2],
      [day(8), 1],
    ],
  };
  const then: Table = {
    columns: dates,
    rows: [
      [day(1), 7],
      [day(2), 8],
    ],
  };
  const model = modelOf(now, then, words);
  assert.deepEqual(model.series[0]?.previous, [7, 8]);
  assert.deepEqual(model.positions.previous, [day(1), day(2)]);
  const names = [dimension('browser'), metric('sessions')];
  const byName = modelOf(
    {
      columns: names,
      rows: [
        ['Chrome', 5],
        ['Firefox', 3],
      ],
    },
    {
      columns: names,
      rows: [
        ['Firefox', 4],
        ['Opera', 1],
      ],
    },
    words,
  );
  assert.deepEqual(byName.series[0]?.previous, [null, 4]);
});

test('a second dimension becomes series, the smallest of too many "Other"', () => {
  const rows = Array.from({ length: 10 }, (_, i): Cell[] => [day(1), `b${i}`, 100 - i]);
  rows.push([day(2), 'b0', 1]);
  const { series, positions } = modelOf(
    { columns: [dimension('date', 'date'), dimension('browser'), metric('sessions')], rows },
    undefined,
    words,
  );
  assert.equal(positions.cells.length, 2);
  assert.equal(series.length, 8);
  assert.deepEqual(series[0]?.values, [100, 1]);
  assert.deepEqual([series[7]?.label, series[7]?.values], ['Other', [93 + 92 + 91, null]]);
});

test('a table without rows, dimensions or metrics is a model', () => {
  for (const columns of [[], [metric('sessions')], [dimension('date', 'date')], [dimension('date', 'date'), metric('sessions')]]) {
    assert.deepEqual(modelOf({ columns, rows: [] }, undefined, words).positions.cells, []);
  }
});

const series = (values: (number | null)[], type: ColumnType = 'integer', color = 0): Series => ({
  label: 's',
  column: metric('m', type),
  columnIndex: 1,
  color,
  values,
});

test('stacks grow from zero in both directions, and to one as shares', () => {
  const [first, second] = stack([series([2, -1, null]), series([3, -4, 5])], false);
  assert.deepEqual(
    [first?.from, first?.to],
    [
      [0, 0, 0],
      [2, -1, 0],
    ],
  );
  assert.deepEqual(
    [second?.from, second?.to],
    [
      [2, -1, 0],
      [5, -5, 5],
    ],
  );
  const shares = stack([series([1, 0]), series([3, 0])], true);
  assert.deepEqual(shares[1]?.to, [1, 0]);
});

test('metrics of one unit share an axis, others have their own', () => {
  const extents = extentsOf([series([5, 10]), series([0.2, 0.4], 'percent'), series([20, null], 'float')], undefined, false);
  assert.deepEqual(
    extents.map(({ unit, low, high, type }) => [unit, low, high, type]),
    [
      ['number', 0, 20, 'float'],
      ['percent', 0, 0.4, 'percent'],
    ],
  );
});

test('a series that is sent to the right has an axis of its own', () => {
  const table: Table = {
    columns: [dimension('x'), metric('a'), metric('b')],
    rows: [
      ['p', 1000, 2],
      ['q', 2000, 3],
    ],
  };
  const model = modelOf(table, undefined, { ...words, options: { series: { 0: { axis: 1 } } } });
  assert.deepEqual(
    extentsOf(model.series, undefined, false).map(({ axis, high }) => [axis, high]),
    [
      [0, 3],
      [1, 2000],
    ],
  );
});

test('small slices are one "Other", a lone one keeps its name', () => {
  const all = [50, 30, 10, 1, 1, -4, 0].map((value, row) => ({ label: `s${row}`, value, text: '', row }));
  const other = (value: number) => ({ label: 'Other', value, text: '', row: null });
  assert.deepEqual(
    slicesOf(all, 7, 0.05, other).map(({ label, value }) => [label, value]),
    [
      ['s0', 50],
      ['s1', 30],
      ['s2', 10],
      ['Other', 2],
    ],
  );
  assert.deepEqual(
    slicesOf(all.slice(0, 4), 7, 0.05, other).map(({ label }) => label),
    ['s0', 's1', 's2', 's3'],
  );
  assert.equal(slicesOf(all, 3, 0, other).length, 3);
  assert.deepEqual(slicesOf([], 7, 0, other), []);
});

test('tables sort numbers, words and dates, with the unknown last', () => {
  const table: Table = {
    columns: [dimension('page'), metric('views')],
    rows: [
      ['b10', 5],
      ['b2', null],
      ['a', 9],
    ],
  };
  assert.deepEqual(sorted(table, undefined, 'en'), [0, 1, 2]);
  assert.deepEqual(sorted(table, { column: 1, ascending: false }, 'en'), [2, 0, 1]);
  assert.deepEqual(sorted(table, { column: 1, ascending: true }, 'en'), [0, 2, 1]);
  assert.deepEqual(sorted(table, { column: 0, ascending: true }, 'en'), [2, 1, 0]);
  const dates: Table = { columns: [dimension('date', 'date')], rows: [['(other)'], [day(2)], [day(1)]] };
  assert.deepEqual(sorted(dates, { column: 0, ascending: true }, 'en'), [2, 1, 0]);
  assert.deepEqual(sorted(dates, { column: 0, ascending: false }, 'en'), [1, 2, 0]);
});

test('a scorecard adds up only what may be added', () => {
  const columns = [dimension('date', 'date'), metric('sessions'), metric('activeUsers')];
  const rows: Cell[][] = [
    [day(1), 5, 4],
    [day(2), 6, null],
  ];
  assert.equal(valueOf({ columns, rows }, 1), 11);
  assert.equal(valueOf({ columns, rows }, 2), null);
  assert.equal(valueOf({ columns, rows, totals: [null, 11, 7] }, 2), 7);
  assert.equal(valueOf({ columns, rows: rows.slice(0, 1) }, 2), 4);
});

test('a scorecard of nothing is zero', () => {
  const columns = [metric('sessions')];
  for (const totals of [undefined, [null]]) assert.equal(valueOf({ columns, rows: [], totals }, 0), 0);
  assert.equal(valueOf({ columns, rows: [['Infinity']] }, 0), null, 'which is not what Google wrote');
});

test('columns are drawn up and down without a radius that is larger than they are', () => {
  assert.match(barPath(0, 12, 100, 20), /^M0,100V24a4,4 0 0 1 4,-4h4a4,4 0 0 1 4,4V100Z$/);
  assert.match(barPath(0, 12, 100, 180), /^M0,100V176a4,4 0 0 0 4,4/);
  assert.match(barPath(0, 1, 100, 20), /^M0,100V20h1V100Z$/);
  assert.equal(shade(0, 10), 0);
  assert.equal(shade(10, 10), 1);
});

function luminance(hex: string): number {
  const full = hex.length === 4 ? hex.replace(/[0-9a-f]/g, '$&$&') : hex;
  const [r, g, b] = [1, 3, 5]
    .map((i) => Number.parseInt(full.slice(i, i + 2), 16) / 255)
    .map((c) => (c <= 0.040_45 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

test('marks have contrast 3 and text 4.5, in light and dark', () => {
  const pairs = new Map(
    [...styles.matchAll(/--_(\w+): light-dark\((#[0-9a-f]+), (#[0-9a-f]+)\)/g)].map(([, name, light, dark]) => [name!, [light!, dark!]]),
  );
  for (const scheme of [0, 1]) {
    const of = (name: string): string => pairs.get(name)![scheme]!;
    for (let i = 1; i <= 8; i += 1) assert.ok(contrast(of(String(i)), of('surface')) >= 3, `series ${i}, scheme ${scheme}`);
    for (const [text, ground] of [
      ['text', 'surface'],
      ['muted', 'surface'],
      ['good', 'goodbg'],
      ['bad', 'badbg'],
      ['muted', 'evenbg'],
      ['muted', 'grid'],
    ] as const) {
      assert.ok(
        contrast(of(text), of(ground)) >= 4.5,
        `${text} on ${ground}, scheme ${scheme}: ${contrast(of(text), of(ground)).toFixed(2)}`,
      );
    }
  }
});

test('the styles before light-dark() are the light ones', () => {
  const before = styles.slice(0, styles.indexOf('@supports'));
  for (const [, name, light] of styles.matchAll(/--_(\w+): light-dark\((#[0-9a-f]+),/g)) {
    assert.ok(before.includes(`--_${name}: ${light};`), `--_${name}`);
  }
});
