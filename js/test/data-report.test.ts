import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDay, parseDigits } from '../src/data/dates.js';
import { metricType } from '../src/data/fields.js';
import { fillDates, splitRanges, tableOf } from '../src/data/report.js';
import type { GoogleReport } from '../src/data/report.js';
import type { Table } from '../src/data/table.js';

const labels = (name: string): string => name.toUpperCase();
const row = (dimensions: string[], metrics: string[]): object => ({
  dimensionValues: dimensions.map((value) => ({ value })),
  metricValues: metrics.map((value) => ({ value })),
});
const day = (text: string): Date => new Date(`${text}T00:00:00Z`);

const compared: GoogleReport = {
  dimensionHeaders: [{ name: 'date' }, { name: 'dateRange' }],
  metricHeaders: [
    { name: 'sessions', type: 'TYPE_INTEGER' },
    { name: 'totalRevenue', type: 'TYPE_CURRENCY' },
  ],
  rows: [row(['20261122', 'current'], ['9', '1.5']), row(['20261121', 'previous'], ['7', '2']), row(['20261121', 'current'], ['8', '0'])],
  totals: [row(['RESERVED_TOTAL', 'previous'], ['7', '2']), row(['RESERVED_TOTAL', 'current'], ['17', '1.5'])],
  rowCount: 3,
  metadata: { currencyCode: 'EUR' },
};

test('a report becomes a table', () => {
  const table = tableOf(compared, labels);
  assert.deepEqual(table.columns, [
    { name: 'date', label: 'DATE', role: 'dimension', type: 'date' },
    { name: 'sessions', label: 'SESSIONS', role: 'metric', type: 'integer' },
    { name: 'totalRevenue', label: 'TOTALREVENUE', role: 'metric', type: 'currency', currency: 'EUR' },
  ]);
  assert.deepEqual(table.rows[0], [day('2026-11-22'), 9, 1.5]);
  assert.deepEqual(table.totals, [null, 7, 2]);
});

test('a compared report is split by the value of dateRange, not by position', () => {
  const { current, previous } = splitRanges(compared);
  assert.deepEqual(
    tableOf(current, labels).rows.map(([, n]) => n),
    [9, 8],
  );
  assert.deepEqual(tableOf(current, labels).totals, [null, 17, 1.5]);
  assert.ok(previous);
  assert.deepEqual(tableOf(previous, labels).rows, [[day('2026-11-21'), 7, 2]]);
  assert.deepEqual(tableOf(previous, labels).totals, [null, 7, 2]);
});

test('a report that is not compared is its own current', () => {
  const report: GoogleReport = { dimensionHeaders: [{ name: 'date' }], metricHeaders: [] };
  const parts = splitRanges(report);
  assert.equal(parts.current, report);
  assert.equal(parts.previous, undefined);
});

test('empty and broken reports make tables', () => {
  assert.deepEqual(tableOf({}, labels), { columns: [], rows: [] });
  const odd: GoogleReport = {
    dimensionHeaders: [{ name: 'date' }, { name: 'hour' }],
    metricHeaders: [
      { name: 'sessions', type: 'TYPE_INTEGER' },
      { name: 'adUnitExposure', type: 'TYPE_MILLISECONDS' },
    ],
    rows: [row(['(other)', '(other)'], ['12', '2500']), row(['20260230', '07'], ['NaN', '']), {}],
  };
  assert.deepEqual(tableOf(odd, labels).rows, [
    ['(other)', '(other)', 12, 2.5],
    ['20260230', '07', 'NaN', null],
    ['', '', null, null],
  ]);
});

test('digits are dates only when they are', () => {
  for (const [text, type, want] of [
    ['20261122', 'date', '2026-11-22T00:00:00.000Z'],
    ['2026112223', 'dateHour', '2026-11-22T23:00:00.000Z'],
    ['202611', 'yearMonth', '2026-11-01T00:00:00.000Z'],
    ['20260229', 'date', undefined],
    ['2026112224', 'dateHour', undefined],
    ['202613', 'yearMonth', undefined],
    ['(other)', 'date', undefined],
    ['(not set)', 'dateHour', undefined],
    ['', 'date', undefined],
  ] as const) {
    assert.equal(parseDigits(text, type)?.toISOString(), want, text);
  }
  assert.equal(parseDay('2026-02-29'), null);
  assert.equal(parseDay('yesterday'), null);
});

test('metrics have the type that people read', () => {
  for (const [name, google, want] of [
    ['bounceRate', 'TYPE_FLOAT', 'percent'],
    ['sessionKeyEventRate:purchase', 'TYPE_FLOAT', 'percent'],
    ['averageSessionDuration', 'TYPE_SECONDS', 'seconds'],
    ['sessions', 'TYPE_INTEGER', 'integer'],
    ['totalRevenue', 'TYPE_CURRENCY', 'currency'],
    ['keyEvents', 'TYPE_FLOAT', 'float'],
    ['unheardOf', undefined, 'float'],
  ] as const) {
    assert.equal(metricType(name, google), want, name);
  }
});

function dated(type: 'date' | 'dateHour' | 'yearMonth', rows: Table['rows']): Table {
  return {
    columns: [
      { name: type, label: '', role: 'dimension', type },
      { name: 'sessions', label: '', role: 'metric', type: 'integer' },
      { name: 'bounceRate', label: '', role: 'metric', type: 'percent' },
    ],
    rows,
  };
}

test('days without rows are zero sessions and no rate', () => {
  const table = dated('date', [
    [day('2026-11-03'), 3, 0.5],
    ['(other)', 9, 0.1],
    [day('2026-11-01'), 1, 0.2],
  ]);
  assert.deepEqual(fillDates(table, '2026-11-01', '2026-11-04').rows, [
    [day('2026-11-01'), 1, 0.2],
    [day('2026-11-02'), 0, null],
    [day('2026-11-03'), 3, 0.5],
    [day('2026-11-04'), 0, null],
    ['(other)', 9, 0.1],
  ]);
});

test('hours and months are filled too', () => {
  assert.equal(fillDates(dated('dateHour', []), '2026-11-01', '2026-11-02').rows.length, 48);
  const months = fillDates(dated('yearMonth', []), '2025-12-15', '2026-02-03').rows.map(([at]) => (at as Date).toISOString().slice(0, 7));
  assert.deepEqual(months, ['2025-12', '2026-01', '2026-02']);
});

test('hours are filled, but not those of a day that are still to come', () => {
  const columns: Table['columns'] = [
    { name: 'hour', label: '', role: 'dimension', type: 'text' },
    { name: 'sessions', label: '', role: 'metric', type: 'integer' },
  ];
  const table: Table = {
    columns,
    rows: [
      ['03', 5],
      ['(other)', 2],
      ['01', 1],
    ],
  };
  assert.deepEqual(fillDates(table, '2026-11-22', '2026-11-22').rows, [
    ['00', 0],
    ['01', 1],
    ['02', 0],
    ['03', 5],
    ['(other)', 2],
  ]);
  assert.equal(fillDates(table, '2026-11-21', '2026-11-22').rows.length, 25);
  assert.deepEqual(fillDates({ columns, rows: [] }, '2026-11-22', '2026-11-22').rows, []);
});

test('a realtime report has all thirty minutes', () => {
  const report: GoogleReport = {
    dimensionHeaders: [{ name: 'minutesAgo' }],
    metricHeaders: [{ name: 'activeUsers', type: 'TYPE_INTEGER' }],
    rows: [row(['03'], ['7'])],
  };
  const { rows } = tableOf(report, labels);
  assert.equal(rows.length, 30);
  assert.deepEqual(rows.slice(0, 3), [
    ['03', 7],
    ['00', 0],
    ['01', 0],
  ]);
  assert.deepEqual(tableOf({ ...report, rows: [] }, labels).rows, []);
});

test('what cannot be filled is left alone', () => {
  const table = dated('date', [[day('2026-11-03'), 3, 0.5]]);
  assert.equal(fillDates(table, '7daysAgo', 'today'), table);
  assert.equal(fillDates(table, '1000-01-01', '2026-11-04'), table);
  const two: Table = {
    ...table,
    columns: [table.columns[0]!, { name: 'browser', label: '', role: 'dimension', type: 'text' }, table.columns[1]!],
  };
  assert.equal(fillDates(two, '2026-11-01', '2026-11-04'), two);
});
