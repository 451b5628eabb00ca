import type { Table } from '../data/table.js';
import type { Measure } from './dom.js';
import type { Formatter } from './format.js';
import type { ChartOptions, ChartType, Note, Selection } from './options.js';
import type { Texts } from '../i18n/index.js';

/** One line of a tooltip. */
export interface StopLine {
  label: string;
  value: string;
  /** Place in the palette. */
  color: number;
  /** The table's column. */
  column: number | null;
  /** True for the previous period. */
  previous?: boolean;
}

/** A point reachable by pointer and keyboard. */
export interface Stop {
  /** Where its tooltip is anchored. */
  x: number;
  y: number;
  title: string;
  lines: StopLine[];
  /** The table's row. */
  row: number | null;
  /** Shows or hides the highlight; `lane` is an index in `lines`, null for all. */
  highlight(on: boolean, lane: number | null): void;
}

/** An entry of the legend. */
export interface LegendItem {
  label: string;
  color: number;
  hidden: boolean;
  /** Shown after the label. */
  value?: string;
  /** Drawn dashed, and not a switch. */
  previous?: boolean;
}

/** The result of painting. */
export interface Picture {
  stops: Stop[];
  legend: LegendItem[];
  /** A summary for screen readers. */
  summary: string;
  notes: Note[];
  /** Returns the stop at a point of the plot. */
  hit(x: number, y: number): { stop: number; lane: number | null } | undefined;
  /** Highlights a selection. */
  select(selection: Selection[]): void;
}

/** The input of a painter. */
export interface Stage {
  type: ChartType;
  table: Table;
  options: ChartOptions;
  format: Formatter;
  texts: Texts;
  /** An empty SVG element of the given size. */
  svg: SVGSVGElement;
  width: number;
  height: number;
  measure: Measure;
  /** Palette indexes that the visitor switched off. */
  hidden: ReadonlySet<number>;
  rtl: boolean;
}

/** Paints a table. Leaves the SVG empty if there is nothing to draw. */
export type Painter = (stage: Stage) => Picture;
