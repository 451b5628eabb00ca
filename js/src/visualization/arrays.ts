import { DataTable, isPlain } from './datatable.js';
import type { ColumnDescription } from './datatable.js';
import { isDate, isDayStart } from './dates.js';
import type { ColumnType } from './types.js';

/** google.visualization.arrayToDataTable: rows of bare values, below a row of labels or descriptions of columns. */
export function arrayToDataTable(rows: readonly (readonly unknown[])[], firstRowIsData = false): DataTable {
  if (!Array.isArray(rows) || !rows.every((row) => Array.isArray(row))) {
    throw new Error('Data for arrayToDataTable is not an array of arrays.');
  }
  const [first = []] = rows;
  const data = firstRowIsData ? rows : rows.slice(1);
  const table = new DataTable();
  first.forEach((head, at) => {
    const column = firstRowIsData ? {} : described(head);
    table.addColumn({ ...column, type: column.type ?? typeOf(data.map((row) => row[at])) });
  });
  data.forEach((row, i) => {
    if (row.length === first.length) return;
    throw new Error(`Row ${i + (firstRowIsData ? 0 : 1)} has ${row.length} columns, but must have ${first.length}`);
  });
  table.addRows(data);
  return table;
}

function described(head: unknown): ColumnDescription {
  if (!isPlain(head)) return { label: String(head ?? '') };
  return { ...head, label: String(head['label'] ?? head['v'] ?? '') };
}

function typeOf(cells: unknown[]): ColumnType {
  const values = cells.map((cell) => (isPlain(cell) ? cell['v'] : cell)).filter((value) => value !== null && value !== undefined);
  const [first] = values;
  if (isDate(first)) return values.every((value) => isDate(value) && isDayStart(value)) ? 'date' : 'datetime';
  if (Array.isArray(first)) return 'timeofday';
  return typeof first === 'number' || typeof first === 'boolean' ? (typeof first as ColumnType) : 'string';
}
