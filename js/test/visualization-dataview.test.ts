import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrayToDataTable } from '../src/visualization/arrays.js';
import { DataView } from '../src/visualization/dataview.js';
import type { Source } from '../src/visualization/dataview.js';

const table = () =>
  arrayToDataTable([
    ['Name', { label: 'Height', id: 'h', p: { unit: 'cm' } }, { type: 'boolean', label: 'Smokes' }],
    ['Tong', 174, true],
    ['Justin', 523, false],
    ['Gillot', { v: 86, f: 'short', p: { x: 1 } }, true],
    ['Mia', null, false],
  ]);

const values = (view: DataView): unknown[][] =>
  Array.from({ length: view.getNumberOfRows() }, (_, row) =>
    Array.from({ length: view.getNumberOfColumns() }, (_, at) => view.getValue(row, at) as unknown),
  );

test('a view shows its table until told otherwise, and stays current', () => {
  const data = table();
  const view = new DataView(data);
  assert.equal(view.getNumberOfRows(), 4);
  data.addRow(['Eve', 1, true]);
  data.setValue(0, 0, 'Tom');
  assert.equal(view.getNumberOfRows(), 5);
  assert.equal(view.getValue(0, 0), 'Tom');
  assert.deepEqual(view.getViewRows(), [0, 1, 2, 3, 4]);
  assert.deepEqual(view.getViewColumns(), [0, 1, 2]);
});

test('columns are chosen, repeated, renamed and computed', () => {
  const view = new DataView(table());
  view.setColumns([
    'h',
    0,
    { calc: (data: Source, row) => Number(data.getValue(row, 1)) / 2.54, type: 'number', label: 'Inches' },
    { calc: (_, row) => ({ v: row, f: `#${row}`, p: { c: 'x' } }), type: 'number' },
    { sourceColumn: 1, calc: 'stringify', type: 'string', role: 'annotation' },
    { sourceColumn: 'Smokes', label: 'S', role: 'certainty' },
    { calc: 'emptyString', type: 'string' },
    { calc: 'fillFromTop', sourceColumn: 1, type: 'number' },
  ]);
  view.setRows([2, 3]);
  assert.deepEqual(values(view), [
    [86, 'Gillot', 86 / 2.54, 2, 'short', true, '', 86],
    [null, 'Mia', 0, 3, '', false, '', 86],
  ]);
  assert.equal(view.getColumnLabel(0), 'Height');
  assert.equal(view.getColumnProperty(0, 'unit'), 'cm');
  assert.equal(view.getColumnLabel(2), 'Inches');
  assert.equal(view.getColumnType(2), 'number');
  assert.equal(view.getFormattedValue(0, 0), 'short');
  assert.equal(view.getFormattedValue(0, 2), '33.858');
  assert.equal(view.getFormattedValue(0, 3), '#2');
  assert.equal(view.getProperty(0, 3, 'c'), 'x');
  assert.equal(view.getProperty(0, 0, 'x'), 1);
  assert.equal(view.getColumnRole(4), 'annotation');
  assert.equal(view.getColumnLabel(5), 'S');
  assert.equal(view.getColumnType(5), 'boolean');
  assert.equal(view.getTableColumnIndex(0), 1);
  assert.equal(view.getTableColumnIndex(2), -1);
  assert.equal(view.getViewColumnIndex(0), 1);
  assert.equal(view.getViewColumnIndex(2), 5);
});

test('rows are chosen by range, list and filter, and hidden', () => {
  const data = table();
  const view = new DataView(data);
  view.setRows(1, 2);
  assert.deepEqual(view.getViewRows(), [1, 2]);
  view.setRows([3, 0, 0]);
  assert.deepEqual(
    values(view).map(([name]) => name),
    ['Mia', 'Tong', 'Tong'],
  );
  assert.equal(view.getTableRowIndex(0), 3);
  assert.equal(view.getViewRowIndex(0), 1);
  assert.equal(view.getViewRowIndex(2), -1);
  view.setRows([{ column: 2, value: true }]);
  assert.deepEqual(view.getViewRows(), [0, 2]);
  view.setRows(data.getFilteredRows([{ column: 1, minValue: 100 }]));
  assert.deepEqual(view.getViewRows(), [0, 1]);
  view.setRows([]);
  assert.equal(view.getNumberOfRows(), 0);
  view.setRows(null);
  view.hideRows(0, 1);
  assert.deepEqual(view.getViewRows(), [2, 3]);
  view.hideRows([3]);
  assert.deepEqual(view.getViewRows(), [2]);
  view.hideColumns([0, 2]);
  assert.deepEqual(view.getViewColumns(), [1]);
  assert.equal(view.getViewColumnIndex(0), -1);
});

test('a view of a view finds the way down', () => {
  const lower = new DataView(table());
  lower.setRows([3, 2, 1]);
  lower.setColumns([2, 1]);
  const upper = new DataView(lower);
  upper.setRows([1]);
  upper.setColumns([1]);
  assert.equal(upper.getValue(0, 0), 86);
  assert.equal(upper.getTableRowIndex(0), 1);
  assert.equal(upper.getUnderlyingTableRowIndex(0), 2);
  assert.equal(upper.getUnderlyingTableColumnIndex(0), 1);
});

test('a view sorts, filters and finds ranges of what it shows', () => {
  const view = new DataView(table());
  view.setRows([0, 1, 2]);
  view.setColumns([1, 0]);
  assert.deepEqual(view.getSortedRows({ column: 0, desc: true }), [1, 0, 2]);
  assert.deepEqual(view.getFilteredRows([{ column: 1, value: 'Gillot' }]), [2]);
  assert.deepEqual(view.getColumnRange(0), { min: 86, max: 523 });
  assert.deepEqual(view.getDistinctValues(1), ['Gillot', 'Justin', 'Tong']);
});

test('a view becomes a table of its own', () => {
  const data = table();
  const view = new DataView(data);
  view.setColumns([0, { calc: 'stringify', sourceColumn: 1, type: 'string', label: 'Text' }]);
  view.setRows([2]);
  const own = view.toDataTable();
  data.setValue(2, 0, 'changed');
  assert.equal(own.getValue(0, 0), 'Gillot');
  assert.equal(own.getValue(0, 1), 'short');
  assert.equal(own.getColumnLabel(1), 'Text');
});

test('a view is written and read', () => {
  const view = new DataView(table());
  view.setColumns([1, 0]);
  view.setRows([3, 1]);
  const again = DataView.fromJSON(table(), view.toJSON());
  assert.deepEqual(values(again), values(view));
  assert.deepEqual(DataView.fromJSON(table(), { rows: [1, 0] }).getViewRows(), [1, 0]);
});

test('errors say what is wrong', () => {
  const view = new DataView(table());
  assert.throws(() => view.setColumns([3]), /Invalid column index 3/);
  assert.throws(() => view.setColumns([{ calc: () => 1 }]), /needs a "type"/);
  assert.throws(() => view.setColumns([{ type: 'number' }]), /needs "calc" or "sourceColumn"/);
  assert.throws(() => view.setColumns([{ calc: 'constructor', type: 'string' }]), /Unknown function "constructor"/);
  assert.throws(() => view.setRows([4]), /Invalid row index 4/);
  assert.throws(() => view.getValue(9, 0), /Invalid row index 9/);
  assert.throws(() => new DataView([[1]] as never), /needs a DataTable/);
});
