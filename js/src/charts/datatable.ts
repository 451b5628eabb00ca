import type { Table } from '../data/table.js';
import { html } from './dom.js';
import type { Formatter } from './format.js';
import { cellText } from './model.js';
import { fill } from '../i18n/index.js';
import type { Texts } from '../i18n/index.js';

// More rows slow the page down, and are too many to listen to.
const MOST_ROWS = 1000;

/** A chart's data as a table, for screen readers. */
export function dataTable(table: Table, name: string, format: Formatter, texts: Texts): HTMLTableElement {
  const head = html('tr', {}, ...table.columns.map(({ label }) => html('th', { scope: 'col' }, label)));
  const count = table.rows.length;
  const write = (n: number): string => format.numberFormat({}).format(n);
  const cut = count > MOST_ROWS ? ` ${fill(texts.truncated, { shown: write(MOST_ROWS), count: write(count) })}` : '';
  const body = table.rows.slice(0, MOST_ROWS).map((_, row) =>
    html(
      'tr',
      {},
      ...table.columns.map((column, i) => {
        const text = cellText(table, row, i, format);
        return i === 0 && column.role === 'dimension' ? html('th', { scope: 'row' }, text) : html('td', {}, text);
      }),
    ),
  );
  return html(
    'table',
    {},
    html('caption', {}, fill(texts.dataTable, { title: name }) + cut),
    html('thead', {}, head),
    html('tbody', {}, ...body),
  );
}
