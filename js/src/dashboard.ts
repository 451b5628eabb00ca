import { timeText, periodText, refreshAfter } from './age.js';
import type { Client } from './client.js';
import { Controls } from './controls.js';
import type { Scope } from './clients.js';
import { h } from './dom.js';
import { OrielElement } from './element.js';
import type { Reason } from './element.js';
import { Failure } from './failure.js';
import { fill } from './i18n/index.js';
import { textWithDetail } from './failure-text.js';
import { Panel } from './panel.js';
import type { ExportSource } from './csv-export.js';
import type { Setting, ApiDashboard, ApiEmbed, ApiPanel } from './types.js';

// A typical layout, for the skeletons before the first response.
const typical: [string, number][] = [
  ['scorecard', 4],
  ['scorecard', 4],
  ['scorecard', 4],
  ['line', 8],
  ['donut', 4],
  ['table', 6],
  ['table', 6],
];

/** `<oriel-dashboard name view range base token token-src theme lang heading-level>`: panels in a grid, with controls. */
export class OrielDashboard extends OrielElement {
  readonly #heading = h('h2', { part: 'title' });
  readonly #subtitle = h('p', { part: 'subtitle' });
  readonly #bar = h('div', { class: 'bar', part: 'bar' });
  readonly #controls = new Controls(
    (view) => this.#choose('view', view),
    (range) => this.#choose('range', range),
  );
  readonly #status = h('div', { class: 'status', part: 'status', role: 'status' });
  readonly #grid = h('div', { class: 'grid first', part: 'grid' });
  readonly #panels = new Map<string, Panel>();
  #skeletons: Panel[] = [];
  #current: ApiDashboard | null = null;
  #inlined: ApiEmbed | null = null;

  static override get observedAttributes(): string[] {
    return [...OrielElement.observedAttributes, 'name', 'view', 'range', 'heading-level'];
  }

  constructor() {
    super();
    const heading = h('div', { class: 'heading' }, this.#heading, this.#subtitle);
    this.#bar.append(heading, this.#controls.element);
    this.root.append(h('div', { class: 'root' }, this.#bar, this.#status, this.#grid));
  }

  /** A response that the page contains, shown instead of a first request. Set it before the element is connected. */
  set initial(data: ApiEmbed) {
    this.#inlined = data;
  }

  protected override readonly scopeAttributes = ['name'];

  protected override scope(): Scope {
    return { kind: 'dashboard', name: this.attribute('name') };
  }

  protected override prepare(): void {
    if (this.#current || this.#skeletons.length > 0) return;
    this.#skeletons = typical.map(([type, width]) => {
      const skeleton = new Panel('h3', this.adopt);
      skeleton.skeleton(type, '');
      skeleton.span(width);
      return skeleton;
    });
    this.#grid.replaceChildren(...this.#skeletons.map((skeleton) => skeleton.element));
    this.#grid.setAttribute('aria-busy', 'true');
  }

  protected override async load(client: Client, signal: AbortSignal, reason: Reason): Promise<number> {
    const name = this.attribute('name');
    if (!name) throw new Failure('invalid', 'Missing attribute, e.g. name="overview".');
    this.prepare();
    if (reason === 'change') this.#grid.setAttribute('aria-busy', 'true');
    const answer = this.#takeInlined() ?? (await client.dashboard(name, this.attribute('view'), this.attribute('range'), signal));
    if (signal.aborted) return 0;
    await this.#show(answer, client);
    return refreshAfter(answer.panels.filter((panel) => panel.report));
  }

  protected override failed(failure: Failure, reason: Reason): void {
    this.#grid.removeAttribute('aria-busy');
    const retry = failure.kind === 'invalid' ? undefined : () => this.reload();
    if (reason === 'refresh' && this.#current) return this.#markStale(failure);
    this.#showStatus(this.explain(failure), retry);
    if (!this.#current || !this.#isCurrent(this.#current)) this.#clearPanels();
    this.#bar.hidden = !this.#current;
  }

  protected override sessionEnded(): void {
    if (!this.#current) return;
    this.#markPanels(this.words.agedOver);
    this.#showStatus(fill(this.words.agedOver, { time: this.#oldest() }), () => this.reload());
  }

  protected override discard(): void {
    this.#clearPanels();
    this.#current = null;
  }

  #takeInlined(): ApiDashboard | null {
    const data = this.#inlined;
    this.#inlined = null;
    if (data?.token) this.adoptToken(data.token);
    return data;
  }

  // The heading level of the dashboard's title; the panels' titles are one level below.
  #level(): number {
    const level = Number(this.attribute('heading-level'));
    return level >= 1 && level <= 5 ? Math.round(level) : 2;
  }

  #choose(attribute: 'view' | 'range', value: string): void {
    this.setAttribute(attribute, value);
    this.dispatch('change', {
      view: this.attribute('view') || this.#current?.view.name,
      range: this.attribute('range') || this.#current?.range.name,
    });
  }

  async #show(answer: ApiDashboard, client: Client): Promise<void> {
    this.#current = answer;
    this.#bar.hidden = false;
    const { view, range, today } = answer;
    this.#heading.setAttribute('aria-level', String(this.#level()));
    this.#heading.textContent = answer.title || answer.name;
    const period = periodText(range.startDate, range.endDate, this.locale);
    this.#subtitle.replaceChildren(h('bdi', {}, view.title || view.name), ' · ', h('bdi', {}, period));
    this.#controls.show(
      { view: view.name, views: answer.views ?? [], range, ranges: answer.ranges ?? [], anyRange: answer.anyRange ?? false, today },
      this.words,
      this.locale,
    );
    const setting: Setting = { locale: this.locale, words: this.words, timeZone: view.timeZone, today };
    const shown = answer.panels.map((panel) =>
      this.#showPanel(panel, setting, { client, board: answer.name, view: view.name, range, panel: panel.name }),
    );
    this.#orderPanels(answer.panels);
    await Promise.all(shown);
    this.#status.replaceChildren();
    this.#grid.removeAttribute('aria-busy');
    this.#grid.classList.remove('first');
  }

  #showPanel(data: ApiPanel, setting: Setting, origin: ExportSource): Promise<void> | void {
    let panel = this.#panels.get(data.name);
    if (!panel) {
      this.#panels.set(data.name, (panel = new Panel('h3', this.adopt)));
      panel.skeleton(data.type, data.title ?? '');
    }
    panel.span(data.width ?? 12);
    panel.level(this.#level() + 1);
    if (data.report) return panel.show({ ...data, report: data.report }, setting, origin);
    panel.fail(
      data.type,
      data.title ?? '',
      textWithDetail('panel', data.error?.message ?? '', this.locale, 1000 * (data.error?.retryAfter ?? 0)),
      this.words,
      () => this.reload(),
    );
  }

  // Panels already in place are not moved: moving loses focus and scroll positions.
  #orderPanels(apiPanels: ApiPanel[]): void {
    const wanted = new Set(apiPanels.map((data) => data.name));
    for (const [name, panel] of this.#panels) {
      if (wanted.has(name)) continue;
      panel.destroy();
      this.#panels.delete(name);
    }
    for (const skeleton of this.#skeletons) skeleton.destroy();
    this.#skeletons = [];
    apiPanels.forEach(({ name }, i) => {
      const element = this.#panels.get(name)?.element;
      if (element && this.#grid.children[i] !== element) this.#grid.insertBefore(element, this.#grid.children[i] ?? null);
    });
  }

  // The data stays, marked as stale.
  #markStale(failure: Failure): void {
    const text = failure.transient ? this.words.aged : this.words.agedOver;
    this.#markPanels(text);
    this.#showStatus(fill(text, { time: this.#oldest() }), () => this.reload());
  }

  #markPanels(text: string): void {
    for (const panel of this.#panels.values()) panel.markStale((time) => fill(text, { time }));
  }

  #oldest(): string {
    const times = (this.#current?.panels ?? []).flatMap((panel) => (panel.report && panel.asOf ? [panel.asOf] : [])).sort();
    const { view, today } = this.#current ?? {};
    return times[0] ? timeText(times[0], this.locale, view?.timeZone, today ?? '') : '';
  }

  #showStatus(text: string, retry?: () => void): void {
    const button = retry && h('button', { class: 'button', part: 'button', type: 'button', onclick: retry }, this.words.retry);
    this.#status.replaceChildren(h('p', { dir: 'auto' }, text), ...(button ? [button] : []));
  }

  // Data of another view or period must not be shown under the current selection.
  #isCurrent(answer: ApiDashboard): boolean {
    const [view, range] = [this.attribute('view'), this.attribute('range')];
    return answer.name === this.attribute('name') && (!view || view === answer.view.name) && (!range || range === answer.range.name);
  }

  #clearPanels(): void {
    for (const panel of [...this.#panels.values(), ...this.#skeletons]) panel.destroy();
    this.#panels.clear();
    this.#skeletons = [];
  }
}
