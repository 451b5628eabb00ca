import { stringify } from '../builtins.js';
import { DataTable } from './datatable.js';
import type { ColumnType } from './types.js';
import { cellOf, compareValues, range } from './reading.js';
import type { Reading } from './reading.js';

/** A column to group by, optionally mapped. */
export interface GroupKey {
  column: number | string;
  type: string;
  modifier?: (value: any) => any;
  label?: string;
  id?: string;
}

/** A column that is computed of the rows of a group. */
export interface GroupColumn {
  column: number | string;
  aggregation: (values: any[]) => any;
  type: string;
  label?: string;
  id?: string;
}

type JoinMethod = 'full' | 'inner' | 'left' | 'right';

const known = <T>(values: readonly T[]): T[] => values.filter((value) => value !== null && value !== undefined);

/** google.visualization.data. */
export const data = {
  month: (value: Date): number => value.getMonth(),
  sum: (values: readonly number[]): number => known(values).reduce((total, value) => total + value, 0),
  avg: (values: readonly number[]): number => data.sum(values) / (known(values).length || 1),
  count: (values: readonly unknown[]): number => known(values).length,
  min: (values: readonly any[]): any => known(values).sort(compareValues)[0] ?? null,
  max: (values: readonly any[]): any => known(values).sort(compareValues).at(-1) ?? null,
  group,
  join,
};

/** One row for each combination of keys, in their order, with columns computed of the rows that share it. */
function group(source: Reading, keys: readonly (number | string | GroupKey)[], columns: readonly GroupColumn[] = []): DataTable {
  const by = keys.map((key): GroupKey => (typeof key === 'object' ? key : { column: key, type: source.getColumnType(key) }));
  const table = new DataTable();
  for (const { column, type, label, id } of [...by, ...columns]) {
    table.addColumn(type, label ?? source.getColumnLabel(column as number), id ?? source.getColumnId(column as number));
  }
  const rows = keyed(source, by);
  for (let from = 0, to = 0; from < rows.length; from = to) {
    const { key } = rows[from] as KeyedRow;
    while (to < rows.length && compareKeys((rows[to] as KeyedRow).key, key) === 0) to++;
    const same = rows.slice(from, to);
    const valuesOf = (column: number | string): unknown[] => same.map(({ row }) => source.getValue(row, column) as unknown);
    table.addRow([...key, ...columns.map(({ column, aggregation }) => aggregation(valuesOf(column)) as unknown)]);
  }
  return table;
}

interface KeyedRow {
  key: unknown[];
  row: number;
}

function keyed(source: Reading, by: readonly Pick<GroupKey, 'column' | 'modifier'>[]): KeyedRow[] {
  return range(0, source.getNumberOfRows() - 1)
    .map(
      (row): KeyedRow => ({
        row,
        key: by.map(({ column, modifier }) => {
          const value = source.getValue(row, column) as unknown;
          return modifier ? (modifier(value) as unknown) : value;
        }),
      }),
    )
    .sort((a, b) => compareKeys(a.key, b.key) || a.row - b.row);
}

function compareKeys(a: unknown[], b: unknown[]): number {
  for (let i = 0; i < a.length; i += 1) {
    const order = compareValues(a[i], b[i]);
    if (order !== 0) return order;
  }
  return 0;
}

/** Rows of two tables side by side where their keys are the same; those without a partner by the method. */
function join(
  a: Reading,
  b: Reading,
  method: JoinMethod,
  keys: readonly (readonly [number | string, number | string])[],
  columnsA: readonly (number | string)[],
  columnsB: readonly (number | string)[],
): DataTable {
  const table = new DataTable();
  const copy = (source: Reading, column: number | string): void => {
    const [type, label, id] = [source.getColumnType(column), source.getColumnLabel(column), source.getColumnId(column)];
    table.addColumn({ type, label, id, p: { ...source.getColumnProperties(column) } });
  };
  for (const [inA, inB] of keys) {
    const [typeA, typeB]: ColumnType[] = [a.getColumnType(inA), b.getColumnType(inB)];
    if (typeA !== typeB) throw new Error(`Key types do not match: ${typeA}, ${typeB}.`);
    copy(a, inA);
  }
  for (const column of columnsA) copy(a, column);
  for (const column of columnsB) copy(b, column);
  const cells = (source: Reading, row: KeyedRow | undefined, columns: readonly (number | string)[]): unknown[] =>
    columns.map((column) => (row ? cellOf(source, row.row, column) : null));
  const rowsA = keyed(
    a,
    keys.map(([column]) => ({ column })),
  );
  const rowsB = keyed(
    b,
    keys.map(([, column]) => ({ column })),
  );
  for (const [left, right] of pairs(rowsA, rowsB, method)) {
    table.addRow([...((left ?? right) as KeyedRow).key, ...cells(a, left, columnsA), ...cells(b, right, columnsB)]);
  }
  return table;
}

// Both lists are sorted by key, and so is the result.
function pairs(left: KeyedRow[], right: KeyedRow[], method: JoinMethod): [KeyedRow | undefined, KeyedRow | undefined][] {
  const found: [KeyedRow | undefined, KeyedRow | undefined][] = [];
  const nameOf = ({ key }: KeyedRow): string => stringify(key);
  const byName = new Map<string, KeyedRow[]>();
  for (const row of right) byName.set(nameOf(row), [...(byName.get(nameOf(row)) ?? []), row]);
  const lefts = new Set(left.map(nameOf));
  for (const row of left) {
    const partners = byName.get(nameOf(row)) ?? [];
    for (const partner of partners) found.push([row, partner]);
    if (partners.length === 0 && (method === 'left' || method === 'full')) found.push([row, undefined]);
  }
  if (method === 'right' || method === 'full') {
    for (const row of right) if (!lefts.has(nameOf(row))) found.push([undefined, row]);
  }
  const keyOf = ([one, other]: [KeyedRow | undefined, KeyedRow | undefined]): unknown[] => ((one ?? other) as KeyedRow).key;
  return found.sort((a, b) => compareKeys(keyOf(a), keyOf(b)));
}
