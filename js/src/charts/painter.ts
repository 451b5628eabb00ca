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
  /** Of the period before. */
  previous?: boolean;
}

/** A point that pointer and keyboard can reach. */
export interface Stop {
  /** Where its tooltip is anchored. */
  x: number;
  y: number;
  title: string;
  lines: StopLine[];
  /** The table's row. */
  row: number | null;
  /** Shows or hides the mark of being looked at; `lane` is a line of `lines`, or all. */
  highlight(on: boolean, lane: number | null): void;
}

/** An entry of the legend. */
export interface LegendItem {
  label: string;
  color: number;
  hidden: boolean;
  /** Written behind the label. */
  value?: string;
  /** Drawn dashed, and not a switch. */
  previous?: boolean;
}

/** What was painted. */
export interface Picture {
  stops: Stop[];
  legend: LegendItem[];
  /** A sentence that says what the drawing says. */
  summary: string;
  notes: Note[];
  /** What is under a point of the plot. */
  hit(x: number, y: number): { stop: number; lane: number | null } | undefined;
  /** Marks what is selected. */
  select(selection: Selection[]): void;
}

/** Where and with what a picture is painted. */
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
  /** Places in the palette that the viewer switched off. */
  hidden: ReadonlySet<number>;
  rtl: boolean;
}

/** Paints a table. It leaves the stage empty where there is nothing to draw. */
export type Painter = (stage: Stage) => Picture;
