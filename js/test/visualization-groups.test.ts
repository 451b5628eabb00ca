import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrayToDataTable } from '../src/visualization/arrays.js';
import type { DataTable } from '../src/visualization/datatable.js';
import { data } from '../src/visualization/groups.js';

const rowsOf = (table: DataTable): unknown[][] =>
  Array.from({ length: table.getNumberOfRows() }, (_, row) =>
    Array.from({ length: table.getNumberOfColumns() }, (_, at) => table.getValue(row, at) as unknown),
  );

test('aggregations leave out what is not there', () => {
  assert.equal(data.sum([1, null as never, 2]), 3);
  assert.equal(data.avg([1, null as never, 2]), 1.5);
  assert.equal(data.count([1, null, 2]), 2);
  assert.equal(data.min(['b', 'a']), 'a');
  assert.equal(data.max([]), null);
  assert.equal(data.month(new Date(2020, 11, 1)), 11);
});

test('rows are grouped by keys, in their order', () => {
  const table = arrayToDataTable([
    ['Name', 'Day', 'Hits'],
    ['b', new Date(2020, 1, 1), 1],
    ['a', new Date(2020, 0, 5), 2],
    ['b', new Date(2020, 1, 9), 4],
    ['a', new Date(2020, 1, 2), null],
  ]);
  const byName = data.group(
    table,
    [0],
    [
      { column: 2, aggregation: data.sum, type: 'number', label: 'Total' },
      { column: 2, aggregation: data.count, type: 'number' },
    ],
  );
  assert.deepEqual(rowsOf(byName), [
    ['a', 2, 1],
    ['b', 5, 2],
  ]);
  assert.deepEqual(
    [0, 1, 2].map((at) => byName.getColumnLabel(at)),
    ['Name', 'Total', 'Hits'],
  );
  const byMonth = data.group(
    table,
    [{ column: 1, modifier: data.month, type: 'number', label: 'Month' }, 0],
    [{ column: 2, aggregation: data.sum, type: 'number' }],
  );
  assert.deepEqual(rowsOf(byMonth), [
    [0, 'a', 2],
    [1, 'a', 0],
    [1, 'b', 5],
  ]);
  assert.deepEqual(rowsOf(data.group(table, [0])), [['a'], ['b']]);
  assert.deepEqual(rowsOf(data.group(arrayToDataTable([['x']]), [0])), []);
});

test('tables are joined by keys', () => {
  const left = arrayToDataTable([
    ['k', 'l'],
    ['c', 3],
    ['a', 1],
    ['b', 2],
    ['b', 22],
  ]);
  const right = arrayToDataTable([
    ['k', 'r'],
    ['b', { v: 20, f: 'twenty' }],
    ['d', 40],
    ['c', 30],
  ]);
  const joined = (method: 'full' | 'inner' | 'left' | 'right'): DataTable => data.join(left, right, method, [[0, 'k']], [1], ['r']);
  const inner = [
    ['b', 2, 20],
    ['b', 22, 20],
    ['c', 3, 30],
  ];
  assert.deepEqual(rowsOf(joined('inner')), inner);
  assert.deepEqual(rowsOf(joined('left')), [['a', 1, null], ...inner]);
  assert.deepEqual(rowsOf(joined('right')), [...inner, ['d', null, 40]]);
  assert.deepEqual(rowsOf(joined('full')), [['a', 1, null], ...inner, ['d', null, 40]]);
  assert.equal(joined('inner').getFormattedValue(0, 2), 'twenty');
  assert.throws(() => data.join(left, right, 'inner', [[1, 0]], [], []), /Key types do not match: number, string/);
});
