// What must hold for any table and any pattern, tried on many that are made by chance (always the same ones).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DataTable } from '../src/visualization/datatable.js';
import { DataView } from '../src/visualization/dataview.js';
import type { ColumnType } from '../src/visualization/types.js';
import { datePattern, numberPattern } from '../src/visualization/patterns.js';
import { compareValues } from '../src/visualization/reading.js';

let seed = 20_200_131;
const chance = (below: number): number => {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed % below;
};
const pick = <T>(from: readonly T[]): T => from[chance(from.length)] as T;
const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

const makers: Record<ColumnType, () => unknown> = {
  string: () => pick(['', 'a', 'b', '<b>', '__proto__', 'Date(2020, 0, 1)', '"', '\u2028', '(other)']),
  number: () => pick([0, -1, 0.1, 1e21, -1e-9, 5]),
  boolean: () => pick([true, false]),
  date: () => new Date(1990 + chance(60), chance(12), 1 + chance(28)),
  datetime: () => new Date(1990 + chance(60), chance(12), 1 + chance(28), 12, chance(60), chance(60), chance(1000)),
  timeofday: () => [chance(24), chance(60), chance(60), chance(1000)].slice(0, 3 + chance(2)),
};

function anyTable(): DataTable {
  const types = times(1 + chance(5), () => pick(Object.keys(makers) as ColumnType[]));
  const table = new DataTable();
  types.forEach((type, i) =>
    table.addColumn({ type, label: `l${i}`, id: pick(['', `c${i}`]), p: chance(3) ? {} : { role: 'data', k: i } }),
  );
  table.addRows(
    times(chance(12), () =>
      types.map((type) => {
        const v = chance(5) ? makers[type]() : null;
        return chance(4) ? v : { v, f: pick(['', 'text']), p: { style: 'x' } };
      }),
    ),
  );
  return table;
}

const cellsOf = (data: DataTable | DataView): unknown[][] =>
  times(data.getNumberOfRows(), (row) =>
    times(data.getNumberOfColumns(), (at) => [data.getValue(row, at), data.getFormattedValue(row, at), data.getProperties(row, at)]),
  );

test('JSON there and back is the same table', () => {
  for (let i = 0; i < 300; i++) {
    const table = anyTable();
    const again = new DataTable(table.toJSON());
    assert.deepEqual(cellsOf(again), cellsOf(table));
    assert.equal(again.toJSON(), table.toJSON());
  }
});

test('sorting keeps every row, in order, and equal ones as they were', () => {
  for (let i = 0; i < 300; i++) {
    const table = anyTable();
    const column = chance(table.getNumberOfColumns());
    const sign = pick([1, -1]);
    const order = table.getSortedRows({ column, desc: sign < 0 });
    assert.deepEqual(
      [...order].sort((a, b) => a - b),
      times(table.getNumberOfRows(), (row) => row),
    );
    for (const [place, row] of order.entries()) {
      const before = order[place - 1];
      if (before === undefined) continue;
      const way = sign * compareValues(table.getValue(before, column), table.getValue(row, column));
      assert.ok(way < 0 || (way === 0 && before < row), `${String(way)} ${before} ${row}`);
    }
  }
});

test('a filter by each distinct value finds every row once', () => {
  for (let i = 0; i < 200; i++) {
    const table = anyTable();
    const column = chance(table.getNumberOfColumns());
    const found = table.getDistinctValues(column).flatMap((value: unknown) => table.getFilteredRows([{ column, value }]));
    assert.deepEqual(
      found.sort((a, b) => a - b),
      times(table.getNumberOfRows(), (row) => row),
    );
  }
});

test('a view of a view is what it shows, also as a table of its own', () => {
  for (let i = 0; i < 200; i++) {
    const table = anyTable();
    let shown = cellsOf(table);
    let data: DataTable | DataView = table;
    for (let depth = 0; depth < 3; depth++) {
      const view: DataView = new DataView(data);
      const columns = times(1 + chance(4), () => chance(data.getNumberOfColumns()));
      const rows = data.getNumberOfRows() === 0 ? [] : times(chance(6), () => chance(data.getNumberOfRows()));
      view.setColumns(columns);
      view.setRows(rows);
      shown = rows.map((row) => columns.map((at) => (shown[row] as unknown[])[at]));
      data = view;
    }
    assert.deepEqual(cellsOf(data), shown);
    assert.deepEqual(cellsOf((data as DataView).toDataTable()), shown);
    for (const [row, cells] of shown.entries()) {
      const below = (data as DataView).getUnderlyingTableRowIndex(row);
      const at = (data as DataView).getUnderlyingTableColumnIndex(0);
      assert.deepEqual([table.getValue(below, at), table.getFormattedValue(below, at), table.getProperties(below, at)], cells[0]);
    }
  }
});

test('no pattern makes a formatter throw or hang', () => {
  const letters = [...'#0.,;E+%‰¤$\'" -aAdDEGhHkKLmMQsSvVyzZ()'];
  const long = ['#,'.repeat(5000), "'".repeat(9999), '0.'.repeat(5000) + 'x', "a'".repeat(4999), ';'.repeat(9999), 'E0'.repeat(5000)];
  for (const pattern of [...long, ...times(3000, () => times(chance(12), () => pick(letters)).join(''))]) {
    const number = numberPattern(pattern, 'en');
    for (const value of [0, -1234.5678, 1e300, Number.NaN, -Infinity]) assert.equal(typeof (number?.(value) ?? ''), 'string', pattern);
    assert.equal(typeof datePattern(pattern, 'en')(new Date(0), 90), 'string', pattern);
  }
});
