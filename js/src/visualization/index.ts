// google.visualization, drawn by our charts: what the drop-in loads when there is something to draw.

import type { V3Answer } from '../data/v3.js';

/** A cell of a DataTable's literal: value, formatted value, properties. */
export interface CellObject {
  v?: unknown;
  f?: string;
  p?: Record<string, unknown>;
}

/** The literal that `new DataTable(…)` takes and `toJSON` gives. */
export interface DataObject {
  cols: { id?: string; label?: string; type: string; pattern?: string; p?: Record<string, unknown> }[];
  rows: { c: (CellObject | null)[]; p?: Record<string, unknown> }[];
  p?: Record<string, unknown>;
}

/** A chart as google.visualization has them. */
export interface VisualizationChart {
  draw(data: object, options?: object): void;
  getSelection(): { row: number | null; column: number | null }[];
  setSelection(selection: { row?: number | null; column?: number | null }[]): void;
  clearChart(): void;
}

/**
 * Completes `google.visualization` and `google.charts` of a window: what a page has loaded itself stays. Returns the
 * namespace of ours, whole.
 */
export function install(_target: Window): Record<string, unknown> {
  throw new Error('not yet');
}

/** A v3 answer as the literal of a DataTable: columns of dates hold dates, metrics hold numbers. */
export function dataOf(_answer: V3Answer): DataObject {
  throw new Error('not yet');
}

/** The chart that the Embed API's type (`LINE`, …) means, in a container; undefined for an unknown type. */
export function chartOf(_type: string, _container: Element): VisualizationChart | undefined {
  throw new Error('not yet');
}
