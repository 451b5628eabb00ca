import { columnsOf, numberOf } from '../data/table.js';
import type { Column } from '../data/table.js';
import { arrowsOf, html, svg } from './dom.js';
import { Shell } from './shell.js';
import { cellText } from './model.js';
import type { ChartOptions, TableClasses } from './options.js';
import type { Table } from '../data/table.js';
import { fill } from '../i18n/index.js';

interface Sort {
  column: number;
  ascending: boolean;
}

/** A table that can be sorted and paged. */
export class TableChart extends Shell {
  private sort: Sort | undefined;
  private page = 0;

  override update(table: Table, options: ChartOptions = {}): void {
    this.sort = undefined;
    this.page = 0;
    super.update(table, options);
  }

  protected naturalHeight(): number {
    return 0;
  }

  protected render(): void {
    const focused = this.focused();
    this.root.setAttribute('role', 'group');
    this.root.setAttribute('aria-label', this.name());
    if (this.table.rows.length === 0) {
      this.root.replaceChildren(html('div', { class: 'oriel-nodata' }, this.texts.noData));
      return;
    }
    const { table: own } = this.options;
    this.sort ??= own?.sortColumn === undefined ? undefined : { column: own.sortColumn, ascending: own.sortAscending ?? true };
    const size = own?.pageSize ?? 10;
    const order = sorted(this.table, this.sort, this.format.locale);
    const pages = size > 0 ? Math.ceil(order.length / size) : 1;
    this.page = Math.max(0, Math.min(this.page, pages - 1));
    const shown = size > 0 ? order.slice(this.page * size, (this.page + 1) * size) : order;
    const table = html(
      'table',
      { class: names('oriel-table', this.class('table')) },
      html('caption', { class: 'oriel-sr' }, this.name()),
      this.head(),
      this.bodyOf(shown, this.page * size),
    );
    const foot = this.foot();
    if (foot) table.append(foot);
    const scroll = html('div', { class: 'oriel-scroll' }, table);
    this.root.replaceChildren(scroll, ...(pages > 1 ? [this.pager(this.page, pages, size, order.length)] : []));
    // What scrolls must be reachable by keyboard.
    if (scroll.scrollWidth > scroll.clientWidth || scroll.scrollHeight > scroll.clientHeight + 1) {
      scroll.tabIndex = 0;
      scroll.setAttribute('role', 'region');
      scroll.setAttribute('aria-label', this.name());
    }
    if (focused) this.root.querySelector<HTMLElement>(`[data-focus="${focused}"]`)?.focus();
    this.showSelection();
  }

  protected showSelection(): void {
    for (const row of this.root.querySelectorAll<HTMLElement>('tr[data-row]')) {
      const chosen = this.selection.some((one) => String(one.row) === row.dataset['row']);
      row.classList.toggle('oriel-chosen', chosen);
      toggle(row, this.class('chosenRow'), chosen);
    }
  }

  private focused(): string | undefined {
    const tree = this.root.getRootNode() as Document | ShadowRoot;
    const active = tree.activeElement;
    return active instanceof HTMLElement && this.root.contains(active) ? active.dataset['focus'] : undefined;
  }

  private class(part: keyof TableClasses): string {
    return this.options.table?.classes?.[part] ?? '';
  }

  private head(): HTMLElement {
    const { sortable = true, rowNumbers } = this.options.table ?? {};
    const head = (number: boolean): string | undefined => names(number && 'oriel-number', this.class('head'));
    const cells = this.table.columns.map((column, i) => {
      const number = column.role === 'metric';
      if (!sortable) return html('th', { scope: 'col', class: head(number) }, column.label);
      const direction = this.sort?.column === i ? (this.sort.ascending ? 'ascending' : 'descending') : undefined;
      const mark = svg(
        'svg',
        { viewBox: '0 0 10 10', width: 10, height: 10, 'aria-hidden': 'true', focusable: 'false' },
        svg('path', { d: 'M5 1.5v7M2 5.8l3 2.9 3-2.9' }),
      );
      const button = html('button', { type: 'button', class: 'oriel-sort', 'data-focus': `sort-${i}` }, column.label, mark);
      button.addEventListener('click', () => this.sortBy(i));
      return html('th', { scope: 'col', 'aria-sort': direction, class: head(number) }, button);
    });
    if (rowNumbers) cells.unshift(html('th', { scope: 'col', class: head(true) }, '#'));
    return html('thead', {}, html('tr', { class: names(this.class('headRow')) }, ...cells));
  }

  // Numbers begin with the largest, words with the first.
  private sortBy(column: number): void {
    const ascending = this.sort?.column === column ? !this.sort.ascending : this.table.columns[column]?.role === 'dimension';
    this.sort = { column, ascending };
    this.page = 0;
    this.draw();
    this.options.table?.onSort?.(column, ascending, sorted(this.table, this.sort, this.format.locale));
  }

  private bodyOf(rows: number[], from: number): HTMLElement {
    const metric = this.barred();
    const highest = this.table.rows.reduce((most, row) => Math.max(most, numberOf(row[metric]) ?? 0), 0);
    const body = html(
      'tbody',
      {},
      ...rows.map((row, i) => {
        const values = this.table.rows[row] ?? [];
        const cells = this.table.columns.map((column, at) => this.dressed(this.cell(row, column, at), row, at));
        this.bar(cells[0], numberOf(values[metric]), highest);
        const { rowNumbers, firstRowNumber = 1 } = this.options.table ?? {};
        if (rowNumbers) {
          const number = this.format.numberFormat({}).format(from + i + firstRowNumber);
          cells.unshift(html('td', { class: names('oriel-number', this.class('cell'), this.class('rowNumber')) }, number));
        }
        return html('tr', { 'data-row': row, class: names(this.class(i % 2 === 0 ? 'row' : 'oddRow')) }, ...cells);
      }),
    );
    this.follow(body);
    return body;
  }

  // Listens once for all rows, of which there may be thousands. A row that the page has added is not ours to choose.
  private follow(body: HTMLElement): void {
    const lineOf = ({ target }: Event): HTMLElement | null => (target as Element).closest<HTMLElement>('tr[data-row]');
    for (const [event, over] of [
      ['mouseover', true],
      ['mouseout', false],
    ] as const) {
      body.addEventListener(event, (happened) => {
        const line = lineOf(happened);
        if (line) toggle(line, this.class('overRow'), over);
      });
    }
    body.addEventListener('click', (happened) => {
      const line = lineOf(happened);
      if (line) this.choose({ row: Number(line.dataset['row']), column: null });
    });
  }

  // The metric whose size the bars show: the one that the rows are sorted by, else the first.
  private barred(): number {
    const by = this.sort?.column ?? -1;
    return this.table.columns[by]?.role === 'metric' ? by : (columnsOf(this.table, 'metric')[0] ?? -1);
  }

  private bar(cell: HTMLElement | undefined, value: number | null, highest: number): void {
    if (!cell || this.options.table?.bars === false || this.table.columns[0]?.role !== 'dimension') return;
    if (value === null || value <= 0 || highest <= 0) return;
    cell.classList.add('oriel-barred');
    cell.style.setProperty('--oriel-share', (value / highest).toFixed(4));
  }

  private cell(row: number, column: Column, at: number): HTMLTableCellElement {
    const written = cellText(this.table, row, at, this.format);
    const text = this.options.table?.markup ? textOf(written) : written;
    const own = this.class('cell');
    if (column.role === 'dimension') {
      // "/path" begins with its slash in any language. Pages that style cells look for the text alone, and for no
      // other kind of cell.
      const name = own ? text : html('bdi', {}, text);
      if (at > 0) return html('td', { class: names(own) }, name);
      return own ? html('td', { role: 'rowheader', class: own }, name) : html('th', { scope: 'row' }, name);
    }
    return html('td', { class: names('oriel-number', own, this.class('number')) }, text);
  }

  private dressed<T extends HTMLElement>(cell: T, row: number, at: number): T {
    const { classes = '', style = '' } = this.table.look?.(row, at) ?? {};
    toggle(cell, classes, true);
    if (style) cell.style.cssText = style;
    return cell;
  }

  private foot(): HTMLElement | undefined {
    const { totals, columns } = this.table;
    if (!totals || this.table.rows.length < 2) return undefined;
    const cells = columns.map((column, i) => {
      if (i === 0)
        return html('th', { scope: 'row' }, column.role === 'dimension' ? this.texts.total : this.format.cell(totals[i], column));
      return column.role === 'dimension' ? html('td') : html('td', { class: 'oriel-number' }, this.format.cell(totals[i], column));
    });
    if (this.options.table?.rowNumbers) cells.unshift(html('td'));
    return html('tfoot', {}, html('tr', {}, ...cells));
  }

  private pager(page: number, pages: number, size: number, count: number): HTMLElement {
    const { texts, format } = this;
    const write = (n: number): string => format.numberFormat({}).format(n);
    const where = fill(texts.page, { from: write(page * size + 1), to: write(Math.min(count, (page + 1) * size)), count: write(count) });
    const turn = (to: number) => (): void => {
      this.page = to;
      this.draw();
      this.options.table?.onPage?.(to);
    };
    const [back, next] = arrowsOf(texts, turn(page - 1), turn(page + 1));
    [back.disabled, next.disabled] = [page <= 0, page >= pages - 1];
    return html('div', { class: 'oriel-pager' }, html('span', { 'aria-live': 'polite' }, where), back, next);
  }
}

function names(...all: (string | false)[]): string | undefined {
  return all.filter(Boolean).join(' ') || undefined;
}

// A parsed document runs nothing and loads nothing. Where the page's policy lets nobody parse, the tags are cut out.
function textOf(markup: string): string {
  try {
    return /[<&]/.test(markup) ? (new DOMParser().parseFromString(markup, 'text/html').body.textContent ?? '') : markup;
  } catch {
    return markup.replace(/<[^>]*>/g, '');
  }
}

function toggle(node: HTMLElement, classes: string, on: boolean): void {
  for (const name of classes.split(/\s+/)) if (name) node.classList.toggle(name, on);
}

/** The rows' positions in the order asked for; unknown values come last either way. */
export function sorted(table: Table, sort: Sort | undefined, locale: string): number[] {
  const order = table.rows.map((_, i) => i);
  if (!sort) return order;
  const words = new Intl.Collator(locale, { numeric: true });
  const sign = sort.ascending ? 1 : -1;
  return order.sort((a, b) => {
    const [left, right] = [table.rows[a]?.[sort.column] ?? null, table.rows[b]?.[sort.column] ?? null];
    if (left === null || right === null) return left === right ? a - b : left === null ? 1 : -1;
    if (typeof left === 'string' && typeof right === 'string') return sign * words.compare(left, right) || a - b;
    if (typeof left === 'string' || typeof right === 'string') return typeof left === 'string' ? 1 : -1;
    return sign * (Number(left) - Number(right)) || a - b;
  });
}
