import { isAdditive, isLowerBetter } from '../data/fields.js';
import { columnsOf, numberOf } from '../data/table.js';
import type { Column, Table } from '../data/table.js';
import { html, svg, uniqueId } from './dom.js';
import { modelOf } from './model.js';
import { areaPath, linePath } from './paths.js';
import type { Point } from './paths.js';
import { Shell } from './shell.js';
import { fill } from '../i18n/index.js';

/** One big number for each metric, with its change and its trend. */
export class Scorecard extends Shell {
  protected naturalHeight(): number {
    return 0;
  }

  protected render(width: number): void {
    this.root.setAttribute('role', 'group');
    this.root.setAttribute('aria-label', `${this.texts.scorecard}. ${this.name()}`);
    const metrics = columnsOf(this.table, 'metric');
    const cards = metrics.map((at) => this.card(at, width / Math.max(1, Math.min(metrics.length, Math.floor(width / 140) || 1))));
    // An answer may leave out what it has nothing of, even its columns.
    if (cards.length === 0)
      cards.push(html('div', { class: 'oriel-card' }, html('div', { class: 'oriel-card-value' }, this.format.numberFormat({}).format(0))));
    this.root.replaceChildren(html('div', { class: 'oriel-cards' }, ...cards));
  }

  protected showSelection(): void {
    // A number has nothing to select.
  }

  private card(at: number, width: number): HTMLElement {
    const column = this.table.columns[at] as Column;
    // The title of a single number stands above it already.
    const titled = this.options.title !== undefined && columnsOf(this.table, 'metric').length === 1;
    const label = html('div', { class: titled ? 'oriel-sr' : 'oriel-card-label' }, column.label);
    const value = valueOf(this.table, at);
    if (value === null) {
      const [only, ...others] = this.table.rows;
      const text = this.format.cell(others.length === 0 ? only?.[at] : null, column);
      return html('div', { class: 'oriel-card' }, label, html('div', { class: 'oriel-card-value' }, text));
    }
    const exact = this.format.cell(value, column);
    const short = this.format.number(value, column, value >= 1e6 ? 'compact' : 'full');
    const figure = html(
      'div',
      { class: 'oriel-card-value', title: exact },
      html('span', { 'aria-hidden': 'true' }, short),
      html('span', { class: 'oriel-sr' }, exact),
    );
    const card = html('div', { class: 'oriel-card' }, label, figure);
    const before = this.options.previous ? valueOf(this.options.previous, at) : null;
    const note = this.options.scorecard?.note;
    if (before !== null) card.append(this.change(value, before, column));
    else if (note) card.append(html('div', { class: 'oriel-card-change' }, note));
    const line = this.sparkline(column.name, width);
    if (line) card.append(line);
    return card;
  }

  // Direction is shown by arrow, sign and words; colour only repeats it.
  private change(value: number, before: number, column: Column): HTMLElement {
    const { texts, format } = this;
    const points = column.type === 'percent';
    const difference = changeOf(value, before, points);
    const period = this.options.scorecard?.period ?? texts.previousPeriod;
    const direction = difference > 0 ? texts.up : difference < 0 ? texts.down : texts.same;
    const lowerIsBetter = this.options.scorecard?.lowerIsBetter ?? isLowerBetter(column.name);
    const good = difference === 0 ? 'even' : difference > 0 !== lowerIsBetter ? 'good' : 'bad';
    const text = points
      ? format.points(difference)
      : before === 0
        ? signed(format.number(Math.abs(difference), column, 'compact'), difference)
        : format.change(difference / Math.abs(before));
    const judged = good === 'even' ? direction : `${direction}, ${good === 'good' ? texts.better : texts.worse}`;
    const title = `${format.cell(before, column)} → ${format.cell(value, column)}`;
    const pill = html(
      'span',
      { class: `oriel-change oriel-${good}`, title },
      arrow(difference),
      html('span', { class: 'oriel-sr' }, `${judged}: `),
      html('span', {}, text, ...(points ? [html('abbr', { title: texts.points }, texts.pointsShort)] : [])),
    );
    const [start = '', end = ''] = fill(texts.versus, { change: '\u0000', period }).split('\u0000');
    return html('div', { class: 'oriel-card-change' }, start, pill, html('span', { class: 'oriel-card-period' }, end));
  }

  private sparkline(name: string, width: number): HTMLElement | undefined {
    const table = this.options.scorecard?.sparkline;
    if (!table) return undefined;
    const model = modelOf(table, undefined, { format: this.format, texts: this.texts });
    const series = model.series.find(({ column }) => column.name === name);
    if (!series || series.values.filter((value) => value !== null).length < 2) return undefined;
    return html('div', { class: 'oriel-spark oriel-s1', 'aria-hidden': 'true' }, spark(series.values, Math.max(60, width - 4), 40));
  }
}

/** How much more there is than before. What is written as 0% of before, or as no percentage point, is none. */
export function changeOf(value: number, before: number, points: boolean): number {
  const least = points ? 1 / 2000 : Math.abs(before) / 2000;
  return Math.abs(value - before) < least ? 0 : value - before;
}

/** A metric's total: as given, of a single row, or the sum where rows may be added up. Of nothing it is zero. */
export function valueOf(table: Table, at: number): number | null {
  const given = numberOf(table.totals?.[at]);
  if (given !== null || table.rows.length === 0) return given ?? 0;
  if (table.rows.length === 1) return numberOf(table.rows[0]?.[at]);
  if (!isAdditive(table.columns[at]?.name ?? '')) return null;
  return table.rows.reduce((sum, row) => sum + (numberOf(row[at]) ?? 0), 0);
}

function signed(text: string, difference: number): string {
  return difference > 0 ? `+${text}` : difference < 0 ? `−${text}` : text;
}

function arrow(difference: number): SVGSVGElement {
  const d = difference > 0 ? 'M6 9.5v-7M2.8 5.6 6 2.4l3.2 3.2' : difference < 0 ? 'M6 2.5v7M2.8 6.4 6 9.6l3.2-3.2' : 'M2.5 6h7';
  return svg(
    'svg',
    { class: 'oriel-arrow', viewBox: '0 0 12 12', width: 12, height: 12, 'aria-hidden': 'true', focusable: 'false' },
    svg('path', { d }),
  );
}

function spark(values: (number | null)[], width: number, height: number): SVGSVGElement {
  const known = values.filter((value) => value !== null);
  const low = Math.min(0, ...known);
  const high = Math.max(...known, low + 1e-9);
  const x = (i: number): number => 2 + ((width - 4) * i) / (values.length - 1);
  const y = (value: number): number => height - 2 - ((height - 5) * (value - low)) / (high - low);
  const points = values.map((value, i): Point => (value === null ? null : [x(i), y(value)]));
  const id = uniqueId('spark');
  const shade = svg(
    'linearGradient',
    { id, x1: 0, x2: 0, y1: 0, y2: 1 },
    svg('stop', { class: 'oriel-shade', offset: '0', 'stop-opacity': '0.22' }),
    svg('stop', { class: 'oriel-shade', offset: '1', 'stop-opacity': '0' }),
  );
  const fillPath = areaPath(
    points,
    values.map((_, i) => [x(i), height - 2]),
  );
  return svg(
    'svg',
    { viewBox: `0 0 ${width} ${height}`, width: '100%', height, preserveAspectRatio: 'none', focusable: 'false' },
    shade,
    svg('path', { d: fillPath, fill: `url(#${id})` }),
    svg('path', { class: 'oriel-line', d: linePath(points), 'stroke-width': 1.75 }),
  );
}
