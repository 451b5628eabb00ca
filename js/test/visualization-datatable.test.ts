import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrayToDataTable } from '../src/visualization/arrays.js';
import { DataTable } from '../src/visualization/datatable.js';
import { dataTableToCsv } from '../src/visualization/csv.js';

const people = (): DataTable =>
  arrayToDataTable([
    ['Name', 'Age', { type: 'date', label: 'Since', id: 'since' }],
    ['Ada', 36, new Date(2020, 1, 29)],
    ['Bob', { v: 7, f: 'seven', p: { style: 'color:red' } }, null],
    ['Cyd', 36, new Date(2019, 0, 1)],
  ]);

test('a table is built column by column and row by row', () => {
  const table = new DataTable();
  assert.equal(table.addColumn('string', 'Task'), 0);
  assert.equal(table.addColumn({ type: 'number', label: 'Hours', id: 'h', role: 'data', pattern: '#', p: { x: 1 } }), 1);
  assert.equal(table.addRow(['Work', 11]), 0);
  assert.equal(table.addRows([['Eat', { v: 2, f: 'two' }], { c: [{ v: 'Sleep' }, 7], p: { night: true } }]), 2);
  assert.equal(table.addRows(2), 4);
  assert.equal(table.addRow(), 5);
  assert.equal(table.getNumberOfRows(), 6);
  assert.equal(table.getNumberOfColumns(), 2);
  assert.equal(table.getColumnType(1), 'number');
  assert.equal(table.getColumnId(1), 'h');
  assert.equal(table.getColumnLabel(0), 'Task');
  assert.equal(table.getColumnPattern(1), '#');
  assert.equal(table.getColumnRole(1), 'data');
  assert.equal(table.getColumnRole(0), '');
  assert.deepEqual(table.getColumnProperties(1), { x: 1, role: 'data' });
  assert.equal(table.getRowProperty(2, 'night'), true);
  assert.equal(table.getRowProperty(2, 'constructor'), null);
  assert.equal(table.getFormattedValue(1, 1), 'two');
  assert.equal(table.getValue(3, 0), null);
  assert.equal(table.getFormattedValue(3, 0), '');
});

test('rows and columns are inserted and removed', () => {
  const table = people();
  table.insertColumn(1, 'boolean', 'Here');
  assert.equal(table.getValue(0, 1), null);
  assert.equal(table.getValue(0, 2), 36);
  table.removeColumn(1);
  table.insertRows(1, [
    ['Abe', 1, null],
    ['Amy', 2, null],
  ]);
  assert.equal(table.getValue(2, 0), 'Amy');
  assert.equal(table.getValue(3, 0), 'Bob');
  table.insertRows(5, 1);
  assert.equal(table.getValue(5, 0), null);
  table.removeRows(1, 2);
  table.removeRow(3);
  assert.deepEqual(table.getDistinctValues(0), ['Ada', 'Bob', 'Cyd']);
  table.removeColumns(0, 2);
  assert.equal(table.getColumnLabel(0), 'Since');
});

test('setting a value drops its text and properties, setting a cell keeps what is not given', () => {
  const table = people();
  table.setCell(1, 1, 8);
  assert.equal(table.getFormattedValue(1, 1), 'seven');
  table.setFormattedValue(1, 1, 'eight');
  assert.equal(table.getValue(1, 1), 8);
  table.setProperty(1, 1, 'className', 'x');
  assert.deepEqual(table.getProperties(1, 1), { style: 'color:red', className: 'x' });
  table.setValue(1, 1, 1234.5678);
  assert.equal(table.getFormattedValue(1, 1), '1,234.568');
  assert.equal(table.getProperty(1, 1, 'style'), null);
  table.setColumnLabel(1, 'Years');
  assert.equal(table.getColumnIndex('Years'), 1);
  assert.equal(table.getColumnIndex('since'), 2);
  assert.equal(table.getColumnIndex('nobody'), -1);
  assert.equal(table.getColumnIndex(9), -1);
  assert.equal(table.getValue(0, 'Years'), 36);
});

test('values have a text of their type', () => {
  const table = new DataTable({
    cols: ['string', 'number', 'boolean', 'date', 'datetime', 'timeofday'].map((type) => ({ type })),
    rows: [
      {
        c: [
          { v: 'x' },
          { v: -1234567.8912 },
          { v: true },
          { v: 'Date(2020, 0, 31)' },
          { v: 'Date(2020, 11, 31, 15, 4, 5)' },
          { v: [7, 5, 0] },
        ],
      },
      { c: [null, { v: null }, { v: false }, null, { v: new Date(2020, 0, 1) }, { v: [23, 59, 58, 7] }] },
    ],
  });
  const texts = (row: number): string[] => Array.from({ length: 6 }, (_, at) => table.getFormattedValue(row, at));
  assert.deepEqual(texts(0), ['x', '-1,234,567.891', 'true', 'Jan 31, 2020', 'Dec 31, 2020, 3:04:05 PM', '07:05']);
  assert.deepEqual(texts(1), ['', '', 'false', '', 'Jan 1, 2020, 12:00:00 AM', '23:59:58.007']);
});

test('errors say what is wrong', () => {
  const table = people();
  for (const [act, message] of [
    [() => table.getValue(3, 0), /Invalid row index 3\. Should be an integer in the range \[0-2\]/],
    [() => table.getValue(0, 3), /Invalid column index 3\. Should be an integer in the range \[0-2\]/],
    [() => table.getValue(0.5, 0), /Invalid row index 0\.5/],
    [() => table.getValue(0, 'nobody'), /Invalid column index nobody/],
    [() => table.addRow(['Dan']), /size different than 3/],
    [() => table.addRow(['Dan', 1, null, 4]), /size different than 3/],
    [() => table.addRow(['Dan', '1', null]), /Value 1 does not match type number in column index 1/],
    [() => table.setValue(0, 0, 5), /Value 5 does not match type string in column index 0/],
    [() => table.setValue(0, 2, '2020-01-01'), /does not match type date/],
    [() => table.addRows('x' as never), /addRows must be either a number or an array/],
    [() => table.addRows(['x'] as never), /null or an array/],
    [() => table.addColumn('money'), /Invalid type, money/],
    [() => new DataTable().getValue(0, 0), /Table has no/],
    [() => arrayToDataTable([['a', 'b'], [1]]), /Row 1 has 1 columns, but must have 2/],
    [() => arrayToDataTable({} as never), /not an array of arrays/],
  ] as [() => unknown, RegExp][])
    assert.throws(act, message);
  assert.equal(table.getNumberOfRows(), 3, 'a refused row leaves nothing behind');
});

test('sorting is stable, by several columns, nothing first', () => {
  const table = people();
  assert.deepEqual(table.getSortedRows(1), [1, 0, 2]);
  assert.deepEqual(table.getSortedRows({ column: 1, desc: true }), [0, 2, 1]);
  assert.deepEqual(table.getSortedRows([{ column: 1, desc: true }, { column: 2 }]), [2, 0, 1]);
  assert.deepEqual(table.getSortedRows([1, 2]), [1, 2, 0]);
  assert.deepEqual(table.getSortedRows(2), [1, 2, 0]);
  assert.deepEqual(table.getSortedRows({ column: 0, compare: (a: string, b: string) => (a < b ? 1 : -1) }), [2, 1, 0]);
  assert.deepEqual(
    table.getSortedRows((a, b) => b - a),
    [2, 1, 0],
  );
  assert.deepEqual(table.sort({ column: 'Age', desc: true }), [0, 2, 1]);
  assert.equal(table.getValue(2, 0), 'Bob');
  assert.equal(table.getFormattedValue(2, 1), 'seven');
});

test('rows are found by value, range, test and function', () => {
  const table = people();
  const since = (year: number): Date => new Date(year, 0, 1);
  assert.deepEqual(table.getFilteredRows([{ column: 1, value: 36 }]), [0, 2]);
  assert.deepEqual(table.getFilteredRows([{ column: 1, minValue: 7, maxValue: 35 }]), [1]);
  assert.deepEqual(
    table.getFilteredRows([
      { column: 1, minValue: 8 },
      { column: 0, value: 'Cyd' },
    ]),
    [2],
  );
  assert.deepEqual(table.getFilteredRows([{ column: 2, value: null }]), [1]);
  assert.deepEqual(table.getFilteredRows([{ column: 2, value: since(2019) }]), [2]);
  assert.deepEqual(table.getFilteredRows([{ column: 'since', minValue: since(2020), maxValue: null }]), [0]);
  assert.deepEqual(table.getFilteredRows([{ column: 2, maxValue: since(2030) }]), [0, 2], 'nothing is in no range');
  assert.deepEqual(
    table.getFilteredRows([
      { column: 0, test: (value: string, row, column, data) => data === table && column === 0 && row > 0 && value > 'B' },
    ]),
    [1, 2],
  );
  assert.deepEqual(table.getFilteredRows([{ column: 1, value: 36, test: (_, row) => row > 0 }]), [2]);
  assert.deepEqual(
    table.getFilteredRows((data: DataTable, row) => data.getValue(row, 0) === 'Bob'),
    [1],
  );
  for (const filters of [[{ column: 1 }], [{ value: 1 }], [{ column: 1, value: 1, minValue: 0 }], [null], 'x'])
    assert.throws(() => table.getFilteredRows(filters as never));
});

test('distinct values and ranges', () => {
  const table = people();
  assert.deepEqual(table.getDistinctValues(1), [7, 36]);
  assert.deepEqual(table.getDistinctValues(2), [null, new Date(2019, 0, 1), new Date(2020, 1, 29)]);
  assert.deepEqual(table.getColumnRange(1), { min: 7, max: 36 });
  assert.deepEqual(table.getColumnRange(0), { min: 'Ada', max: 'Cyd' });
  assert.deepEqual(table.getColumnRange(2), { min: new Date(2019, 0, 1), max: new Date(2020, 1, 29) });
  const empty = new DataTable();
  empty.addColumn('number');
  assert.deepEqual(empty.getColumnRange(0), { min: null, max: null });
});

test('JSON there and back is the same table', () => {
  const table = people();
  table.addColumn('timeofday', 'At');
  table.setCell(0, 3, [1, 2, 3], undefined, { a: 1 });
  table.addColumn('datetime');
  table.setValue(0, 4, new Date(2020, 5, 1, 0, 30));
  table.setTableProperty('title', 'People');
  table.setRowProperty(1, 'k', 'v');
  const json = table.toJSON();
  assert.equal(typeof json, 'string');
  assert.match(json, /"Date\(2020, 1, 29\)".*"Date\(2020, 5, 1, 0, 30, 0\)"/s);
  for (const again of [new DataTable(json), new DataTable(JSON.parse(json), 0.6), table.clone()]) {
    assert.equal(again.toJSON(), json);
    assert.deepEqual(again.getValue(0, 2), new Date(2020, 1, 29));
  }
  const copy = table.clone();
  copy.setProperty(1, 1, 'style', 'none');
  copy.setTableProperty('title', 'Other');
  assert.equal(table.getProperty(1, 1, 'style'), 'color:red');
  assert.equal(table.getTableProperty('title'), 'People');
});

test('columns take their type from what they hold', () => {
  const table = arrayToDataTable([
    ['s', 'n', 'b', 'd', 't', 'o', 'none', { role: 'tooltip', type: 'string' }],
    [null, null, null, null, null, null, null, null],
    ['x', 1, false, new Date(2020, 0, 1), new Date(2020, 0, 1), [1, 2, 3], null, 'tip'],
    ['y', { v: 2 }, true, new Date(2020, 0, 2), new Date(2020, 0, 1, 5), [1, 2, 3], null, 'tip'],
  ]);
  const types = Array.from({ length: 8 }, (_, at) => table.getColumnType(at));
  assert.deepEqual(types, ['string', 'number', 'boolean', 'date', 'datetime', 'timeofday', 'string', 'string']);
  assert.equal(table.getColumnRole(7), 'tooltip');
  const headless = arrayToDataTable(
    [
      ['a', 1],
      ['b', 2],
    ],
    true,
  );
  assert.equal(headless.getNumberOfRows(), 2);
  assert.equal(headless.getColumnLabel(0), '');
  assert.equal(arrayToDataTable([['a', 'b']]).getNumberOfRows(), 0);
});

test('many rows at once', () => {
  const table = new DataTable();
  table.addColumn('number');
  assert.equal(table.addRows(Array.from({ length: 200_000 }, (_, i) => [i])), 199_999);
});

test('CSV quotes what must be quoted', () => {
  const table = arrayToDataTable([
    ['a', 'b'],
    ['say "hi"', 1234],
    ['two\nlines', null],
  ]);
  assert.equal(dataTableToCsv(table), '"say ""hi""","1,234"\n"two\nlines",\n');
});
