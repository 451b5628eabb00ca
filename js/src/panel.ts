import { timeText } from './age.js';
import { loadCharts } from './charts-loader.js';
import type { Charts } from './charts-loader.js';
import { h } from './dom.js';
import { failureOf } from './failure.js';
import type { Messages } from './i18n/index.js';
import { stringify } from './builtins.js';
import { failureText, textWithDetail } from './failure-text.js';
import type { ExportSource } from './csv-export.js';
import type { PanelData, Setting } from './types.js';

type Drawn = ReturnType<Charts['draw']>;
type Shape = 'chart' | 'list' | 'figure';

function shapeOf(type: string): Shape {
  if (type === 'scorecard') return 'figure';
  return type === 'table' || type === 'bar' ? 'list' : 'chart';
}

/** A title, a chart and its footnotes. */
export class Panel {
  readonly element: HTMLElement;
  private readonly title: HTMLElement;
  private readonly live = h('span', { class: 'live', part: 'live', hidden: true });
  private readonly header: HTMLElement;
  private readonly body = h('div', { class: 'body', part: 'chart' });
  private readonly canvas = h('div', { class: 'canvas' });
  private readonly footer = h('footer', { part: 'panel-footer' });
  private readonly small = h('div', { class: 'small' });
  private csvExport: InstanceType<Charts['CsvExport']> | null = null;
  private charts: Charts | null = null;
  private chart: Drawn | null = null;
  /** The type of the drawn chart, and a key of everything it was drawn from. */
  private kind = '';
  private drawn = '';
  private shown: { data: PanelData; setting: Setting } | null = null;
  private generation = 0;

  /** `heading` is the title's tag: a chart that stands alone has no heading level. */
  constructor(heading: 'h3' | 'p', adopt: (charts: Charts) => void) {
    this.adopt = adopt;
    this.title = h(heading, { class: 'title', part: 'panel-title' });
    this.header = h('header', { part: 'panel-header' }, this.title, this.live);
    this.element = h('section', { class: 'panel', part: 'panel', role: 'group' }, this.header, this.body, this.footer);
    this.skeleton('line', '');
  }

  private readonly adopt: (charts: Charts) => void;

  /** Sets the width, in twelfths of the grid. */
  span(width: number): void {
    this.element.style.setProperty('--_span', String(Math.min(Math.max(Math.round(width) || 12, 1), 12)));
    this.element.toggleAttribute('data-narrow', width <= 4);
  }

  /** Sets the heading level of the title. */
  level(level: number): void {
    this.title.setAttribute('aria-level', String(level));
  }

  /** Shows grey placeholders of the expected size. */
  skeleton(type: string, title: string): void {
    this.shape(type);
    this.name(title);
    this.title.classList.toggle('skeleton', title === '');
    this.body.replaceChildren(h('div', { class: 'skeleton' }));
    this.footer.replaceChildren(h('span', { class: 'skeleton' }));
  }

  /** Draws the data, or updates the footnotes only when nothing else changed. `source` is what a CSV export requests. */
  async show(data: PanelData, setting: Setting, source: ExportSource): Promise<void> {
    const generation = ++this.generation;
    const charts = await loadCharts();
    if (generation !== this.generation) return;
    this.charts = charts;
    this.adopt(charts);
    this.shown = { data, setting };
    this.name(data.title ?? charts.titleOf(data, setting));
    this.live.textContent = setting.words.live;
    this.showFootnotes();
    this.offerExport(charts, source, setting);
    const state = stringify([data.report, data.type, data.options, data.dateRanges, data.title, setting.locale]);
    if (state === this.drawn && this.chart) return;
    try {
      this.draw(charts, data, setting);
      this.drawn = state;
    } catch {
      // A chart that fails must not affect the others.
      this.fail(data.type, data.title ?? '', textWithDetail('panel', '', setting.locale), setting.words);
    }
  }

  /** Shows an error in place of the chart. `retry` is absent when a retry cannot help. */
  fail(type: string, title: string, message: string, words: Messages, retry?: () => void): void {
    this.generation++;
    this.clear();
    this.shape(type);
    this.name(title);
    const button = retry && h('button', { class: 'button', part: 'button', type: 'button', onclick: retry }, words.retry);
    this.body.replaceChildren(h('div', { class: 'failed', part: 'error' }, h('p', { dir: 'auto' }, message), button));
    this.footer.replaceChildren();
  }

  /** Marks the data as stale; does nothing without data. */
  markStale(text: (time: string) => string): void {
    if (!this.shown) return;
    const { data, setting } = this.shown;
    const time = data.asOf ? timeText(data.asOf, setting.locale, setting.timeZone, setting.today) : '';
    this.showFootnotes(time ? text(time) : '');
  }

  /** True while data is shown. */
  get hasData(): boolean {
    return this.shown !== null;
  }

  destroy(): void {
    this.generation++;
    this.clear();
    this.element.remove();
  }

  private clear(): void {
    this.chart?.destroy();
    this.chart = null;
    this.csvExport?.button.remove(); // there is nothing to export
    this.drawn = '';
    this.shown = null;
  }

  // A list without rows keeps the panel's height, so that the layout does not shift.
  private shape(type: string, empty = false): void {
    const shape = shapeOf(type);
    const boxed = empty && shape === 'list';
    this.body.style.setProperty('--_height', boxed && this.chart ? `${this.body.offsetHeight}px` : '');
    this.element.dataset.shape = boxed ? 'chart' : shape;
    this.element.dataset.type = type;
  }

  private name(title: string): void {
    this.title.textContent = title;
    this.title.classList.remove('skeleton');
    if (title) this.element.setAttribute('aria-label', title);
  }

  private draw(charts: Charts, data: PanelData, setting: Setting): void {
    const { table, options } = charts.viewModelOf(data, setting);
    const drawOptions = { ...unset, ...options, title: this.title.textContent ?? '', loadShapes: charts.loadShapes };
    this.shape(data.type, table.rows.length === 0);
    const kind = `${data.type} ${this.element.dataset.shape}`;
    if (this.chart && this.kind === kind) return this.chart.update(table, drawOptions);
    this.chart?.destroy();
    this.body.replaceChildren(this.canvas);
    this.kind = kind;
    this.chart = charts.draw(this.canvas, data.type as Parameters<Charts['draw']>[1], table, drawOptions);
  }

  // The button is not moved once it is there: it would lose the focus.
  private offerExport(charts: Charts, source: ExportSource, { locale }: Setting): void {
    const offer = {
      source,
      title: this.title.textContent ?? '',
      locale,
      explain: (error: unknown) => failureText(failureOf(error), locale),
    };
    if (this.csvExport) this.csvExport.offer(offer);
    else this.csvExport = new charts.CsvExport(offer);
    const { button, status } = this.csvExport;
    if (button.parentNode !== this.header) this.header.append(button);
    if (status.parentNode !== this.footer) this.footer.replaceChildren(this.small, status);
  }

  private showFootnotes(aged = ''): void {
    if (!this.shown || !this.charts) return;
    const { asOf, stale, notices } = this.charts.footnotes(this.shown.data, this.shown.setting);
    const old = aged || stale;
    this.live.hidden = !this.shown.data.realtime || Boolean(old);
    this.small.replaceChildren(
      ...(old ? [h('span', { class: 'stale', part: 'stale', dir: 'auto' }, old)] : []),
      h('span', { part: 'as-of', dir: 'auto' }, asOf),
      ...notices.map(({ name, why }) =>
        h('details', { part: 'notice', onkeydown: closeOnEscape }, h('summary', { dir: 'auto' }, name), h('p', { dir: 'auto' }, why)),
      ),
    );
  }
}

// Options of an earlier response must not stay.
const unset = { previous: undefined, geo: undefined, colors: undefined, scorecard: undefined };

function closeOnEscape(event: Event): void {
  if ((event as KeyboardEvent).key === 'Escape') (event.currentTarget as HTMLDetailsElement).open = false;
}
