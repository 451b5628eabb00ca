import type { DataTableLike } from './types.js';
import { range } from './reading.js';

/** google.visualization.dataTableToCsv: the rows' texts, without the labels. */
export function dataTableToCsv(data: DataTableLike): string {
  const cell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const columns = range(0, data.getNumberOfColumns() - 1);
  const line = (row: number): string => columns.map((at) => cell(data.getFormattedValue(row, at))).join(',');
  return range(0, data.getNumberOfRows() - 1)
    .map((row) => `${line(row)}\n`)
    .join('');
}
