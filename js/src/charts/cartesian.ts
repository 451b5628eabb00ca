import { unitOf } from './axes.js';
import type { Extent } from './axes.js';
import type { Model, Series } from './model.js';
import type { LegendItem, Picture, Stage, StopLine } from './painter.js';
import { fill } from '../i18n/index.js';

/** A stacked series: its start and end at each position. */
export interface Layer {
  series: Series;
  from: number[];
  to: number[];
}

/** Stacks series; negative values stack downwards from zero. `percent` makes each position sum to 1. */
export function stack(series: Series[], percent: boolean): Layer[] {
  const n = series[0]?.values.length ?? 0;
  const up = new Array<number>(n).fill(0);
  const down = new Array<number>(n).fill(0);
  const sums = up.map((_, i) => series.reduce((sum, { values }) => sum + Math.abs(values[i] ?? 0), 0));
  return series.map((one) => {
    const layer: Layer = { series: one, from: [], to: [] };
    for (let i = 0; i < n; i += 1) {
      const value = (one.values[i] ?? 0) / (percent ? sums[i] || 1 : 1);
      const base = value < 0 ? down : up;
      layer.from.push(base[i] as number);
      base[i] = (base[i] as number) + value;
      layer.to.push(base[i] as number);
    }
    return layer;
  });
}

/** The extents of the axes that the series need, in their order. */
export function extentsOf(series: Series[], layers: Layer[] | undefined, percent: boolean): Extent[] {
  const extents = new Map<string, Extent>();
  series.forEach((one, i) => {
    const unit = unitOf(one);
    const layer = layers?.[i];
    const values = layer ? [...layer.from, ...layer.to] : [...one.values, ...(one.previous ?? [])].filter((v) => v !== null);
    const low = values.reduce((a, b) => Math.min(a, b), 0);
    const high = values.reduce((a, b) => Math.max(a, b), 0);
    const known = extents.get(unit);
    if (!known) {
      const column = percent ? { ...one.column, type: 'percent' as const } : one.column;
      extents.set(unit, { unit, axis: one.axis ?? 0, column, type: column.type, low, high });
      return;
    }
    known.low = Math.min(known.low, low);
    known.high = Math.max(known.high, high);
    if (one.column.type === 'float') known.type = known.type === 'integer' ? 'float' : known.type;
  });
  return [...extents.values()].sort((a, b) => a.axis - b.axis);
}

/** The series that the viewer has not switched off. */
export function shownSeries(stage: Stage, model: Model): Series[] {
  return model.series.filter(({ color }) => !stage.hidden.has(color));
}

/** The legend's entries of a model. */
export function legendItems(stage: Stage, model: Model): LegendItem[] {
  const items = model.series.map(({ label, color }): LegendItem => ({ label, color, hidden: stage.hidden.has(color) }));
  const [only] = model.series;
  if (model.series.length === 1 && only?.previous) {
    const label = stage.options.scorecard?.period ?? stage.texts.previousPeriod;
    items.push({ label: capital(label), color: only.color, hidden: false, previous: true });
  }
  return items;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Gives a mark its cell's own colour. */
export function tinted<T extends SVGElement>(node: T, { table }: Stage, row: number | null | undefined, column: number): T {
  const own = typeof row === 'number' ? table.tint?.(row, column) : undefined;
  if (own) node.style.setProperty('--oriel-c', own);
  return node;
}

/** Returns the tooltip's lines for a position. */
export function stopLines(stage: Stage, model: Model, series: Series[], i: number, percent = false): StopLine[] {
  const { format, table } = stage;
  const row = model.positions.rows[i] ?? null;
  const sum = percent ? series.reduce((total, { values }) => total + Math.abs(values[i] ?? 0), 0) : 0;
  return series.flatMap((one): StopLine[] => {
    const value = one.values[i] ?? null;
    const text = (row === null ? undefined : table.written?.(row, one.columnIndex)) || format.cell(value, one.column);
    const shown =
      percent && value !== null && sum > 0 ? fill(stage.texts.share, { value: text, share: format.share(Math.abs(value) / sum) }) : text;
    const line: StopLine = { label: one.label, value: shown, color: one.color, column: one.columnIndex };
    if (!one.previous) return [line];
    const before = model.positions.previous?.[i];
    const label =
      before && model.positions.column ? format.cell(before, model.positions.column) : fill(stage.texts.previous, { name: one.label });
    return [line, { ...line, label, value: format.cell(one.previous[i] ?? null, one.column), previous: true }];
  });
}

/** Returns a position's title. */
export function positionTitle(
  { positions: { cells, column, rows } }: Model,
  i: number,
  { format, table }: Pick<Stage, 'format' | 'table'>,
): string {
  const row = rows[i] ?? null;
  if (!column) return '';
  return (row === null ? undefined : table.written?.(row, 0)) ?? format.cell(cells[i], column);
}

/** The drawing of an empty table. */
export function emptyPicture(stage: Stage, legend: LegendItem[] = [], notes: Picture['notes'] = []): Picture {
  return { stops: [], legend, notes, summary: stage.texts.noData, hit: () => undefined, select: () => undefined };
}

/** Returns a summary of the series: their period, highest and lowest value. */
export function summaryOf(stage: Stage, model: Model, series: Series[]): string {
  const { format, texts } = stage;
  const { cells, column, calendar } = model.positions;
  const n = cells.length;
  const span =
    calendar && column
      ? fill(texts.fromTo, { from: format.cell(cells[0], column), to: format.cell(cells[n - 1], column) })
      : fill(texts.values, { count: n });
  const parts = series.slice(0, 4).map((one) => extremesOf(one, (i) => positionTitle(model, i, stage), stage));
  return [span, ...parts.filter((part) => part !== '')].join('. ') + '.';
}

function extremesOf(series: Series, title: (i: number) => string, { format, texts }: Stage): string {
  let high = -1;
  let low = -1;
  series.values.forEach((value, i) => {
    if (value === null) return;
    if (high < 0 || value > (series.values[high] as number)) high = i;
    if (low < 0 || value < (series.values[low] as number)) low = i;
  });
  if (high < 0) return '';
  const write = (i: number): string => format.cell(series.values[i], series.column);
  return `${series.label}: ${fill(texts.extremes, { high: write(high), highAt: title(high), low: write(low), lowAt: title(low) })}`;
}

/** True if there is something to draw. */
export function hasValues(series: Series[]): boolean {
  return series.some(({ values }) => values.some((value) => value !== null));
}
