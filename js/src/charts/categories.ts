import { isAdditive } from '../data/fields.js';
import { columnsOf, numberOf } from '../data/table.js';
import type { Column } from '../data/table.js';
import { cellText, rowLabel } from './model.js';
import type { Stage } from './painter.js';
import { fill } from '../i18n/index.js';

/** A row with a name and a value: a slice, a bar or a country. */
export interface Category {
  label: string;
  value: number;
  /** The formatted value. */
  text: string;
  /** The table's row; null for the sum of several. */
  row: number | null;
}

/** The data of bars, slices and countries: the first metric of each row. */
export interface Categories {
  metric: Column;
  /** Its position in the table. */
  at: number;
  all: Category[];
}

/** The rows of the table that have a value; undefined where there are none. */
export function categoriesOf({ table, format }: Stage): Categories | undefined {
  const at = columnsOf(table, 'metric')[0];
  const metric = at === undefined ? undefined : table.columns[at];
  if (at === undefined || !metric) return undefined;
  const all = table.rows.flatMap((row, i): Category[] => {
    const value = numberOf(row[at]);
    return value === null
      ? []
      : [{ label: rowLabel(table, i, format) || metric.label, value, text: cellText(table, i, at, format), row: i }];
  });
  return all.length > 0 ? { metric, at, all } : undefined;
}

/** Returns a summary that names the largest. */
export function largestOf(stage: Stage, all: Category[], total?: number): string {
  const { format, texts } = stage;
  const top = [...all]
    .sort((a, b) => b.value - a.value)
    .slice(0, 5)
    .map(({ label, value, text }) => `${label} ${total ? fill(texts.share, { value: text, share: format.share(value / total) }) : text}`);
  return `${fill(texts.values, { count: all.length })}. ${fill(texts.largest, { list: format.list(top) })}.`;
}

/** The table's own total, or the sum where the metric may be summed: users and rates may not. */
export function totalOf({ table }: Stage, { metric, at, all }: Categories): number | undefined {
  const given = numberOf(table.totals?.[at]);
  if (given !== null) return given;
  return isAdditive(metric.name) ? all.reduce((sum, { value }) => sum + value, 0) : undefined;
}
