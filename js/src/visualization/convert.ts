// From DataTables of google.visualization to the tables that our charts draw.

import type { HostedType } from '../charts/hosted.js';
import type { Cell, Column, ColumnType, Table } from '../data/table.js';
import { labelOf } from '../labels.js';
import { isDate, isDayStart, utcOf } from './dates.js';
import type { ChartKind, DataTableLike } from './types.js';
import { language } from './language.js';
import { range } from './reading.js';

/** A table of ours, and where its columns and rows are in the DataTable. */
export interface Converted {
  table: Table;
  type: HostedType;
  columns: number[];
  rows: number[];
}

const types: Record<ChartKind, HostedType> = {
  LINE: 'line',
  AREA: 'area',
  COLUMN: 'column',
  BAR: 'bar',
  PIE: 'pie',
  TABLE: 'table',
  GEO: 'geo',
};

/** Returns the table that a kind of chart draws. The first column is the domain, the others are values. */
export function tableOf(kind: ChartKind, data: DataTableLike): Converted {
  const columns = shown(kind, data);
  const rows = range(0, data.getNumberOfRows() - 1);
  const made = columns.map((at, i) => columnOf(kind, data, at, i, rows));
  const table: Table = {
    columns: made,
    rows: rows.map((row) => columns.map((at, i) => cellOf(data, row, at, made[i] as Column))),
    written: (row, column) => written(kind, data, row, columns[column] as number),
    tint: (row, column) => tint(data, row, columns[column] as number),
    noted: (row, column) => explained(data, row, columns[column] as number, 'annotation'),
    look: (row, column) => look(data, row, columns[column] as number),
  };
  return { table, type: types[kind], columns, rows };
}

// All of a table's columns; of a chart's, the first and then those of numbers. Columns that only explain others have a role.
function shown(kind: ChartKind, data: DataTableLike): number[] {
  const all = range(0, data.getNumberOfColumns() - 1).filter((at) => isData(data.getColumnRole(at) ?? ''));
  return kind === 'TABLE' ? all : all.filter((at, i) => i === 0 || data.getColumnType(at) === 'number');
}

function columnOf(kind: ChartKind, data: DataTableLike, at: number, i: number, rows: number[]): Column {
  const label = labelled(data.getColumnLabel(at));
  const name = `c${at}`;
  const given = data.getColumnType(at);
  const alone = data.getNumberOfColumns() === 1;
  if (given === 'number' && (kind === 'TABLE' || i > 0 || alone)) {
    const whole = rows.every((row) => Number.isInteger(data.getValue(row, at) ?? 0));
    return { name, label, role: 'metric', type: whole ? 'integer' : 'float' };
  }
  return { name, label, role: 'dimension', type: dimensionType(kind, data, at, given, rows) };
}

function dimensionType(kind: ChartKind, data: DataTableLike, at: number, given: string, rows: number[]): ColumnType {
  if (kind === 'GEO') return 'country';
  if (kind === 'PIE' || kind === 'BAR') return 'text';
  if (given === 'number') return 'float';
  if (given !== 'date' && given !== 'datetime') return 'text';
  const dates = rows.map((row) => data.getValue(row, at)).filter(isDate);
  if (given === 'datetime' || !dates.every(isDayStart)) return 'dateHour';
  return dates.length > 1 && dates.every((date) => date.getDate() === 1) ? 'yearMonth' : 'date';
}

// The name of a Google Analytics field is replaced by its label; a label that the page set stays.
function labelled(label: string): string {
  const [, field] = /^(?:ga|rt|mcf):(\w+)$/.exec(label) ?? [];
  return field === undefined ? label : labelOf(field, language()).replace(/([a-z])(\d+)$/, '$1 $2');
}

function cellOf(data: DataTableLike, row: number, at: number, { type, role }: Column): Cell {
  const value = data.getValue(row, at);
  if (value === null || value === undefined) return null;
  if (isDate(value)) return type === 'text' ? data.getFormattedValue(row, at) : utcOf(value, type === 'date');
  if (typeof value === 'number' && (role === 'metric' || type === 'float')) return Number.isFinite(value) ? value : null;
  return role === 'metric' ? null : typeof value === 'string' ? value : data.getFormattedValue(row, at);
}

const isData = (role: string): boolean => ['', 'data', 'domain'].includes(role);

// The text of a role column, which follows the column it annotates.
function explained(data: DataTableLike, row: number, of: number, role: string): string | undefined {
  for (let at = of + 1; at < data.getNumberOfColumns() && !isData(data.getColumnRole(at) ?? ''); at++) {
    if (data.getColumnRole(at) === role) return data.getValue(row, at) === null ? undefined : data.getFormattedValue(row, at) || undefined;
  }
  return undefined;
}

// The style behind a column: a colour, or "color: red; …".
function tint(data: DataTableLike, row: number, at: number): string | undefined {
  const style = explained(data, row, at, 'style');
  if (style === undefined) return undefined;
  return style.includes(':') ? /(?:^|;)\s*(?:fill-)?color\s*:\s*([^;]+)/.exec(style)?.[1]?.trim() : style;
}

// The properties of a cell by which google.visualization.Table is styled.
function look(data: DataTableLike, row: number, at: number): { classes: string; style: string } {
  const [classes, style] = ['className', 'style'].map((name) => String(data.getProperty(row, at, name) ?? '')) as [string, string];
  return { classes, style };
}

// Countries without a text of the page are named by the chart.
function written(kind: ChartKind, data: DataTableLike, row: number, at: number): string | undefined {
  const text = data.getFormattedValue(row, at);
  if (kind === 'GEO' && text === data.getValue(row, at)) return undefined;
  if (kind !== 'TABLE' || data.getColumnType(at) !== 'boolean') return text;
  return { true: '✔', false: '✗' }[text] ?? text;
}
