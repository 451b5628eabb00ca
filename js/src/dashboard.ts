import { momentText, periodText, refreshAfter } from './age.js';
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

// What a dashboard often looks like, for the skeletons before its first answer.
const usual: [string, number][] = [
  ['scorecard', 4],
  ['scorecard', 4],
  ['scorecard', 4],
  ['line', 8],
  ['donut', 4],
  ['table', 6],
  ['table', 6],
];

/** `<oriel-dashboard name view range base token token-src theme lang heading-level>`: a page of panels with its controls. */
export class OrielDashboard extends OrielElement {
  private readonly heading = h('h2', { part: 'title' });
  private readonly subtitle = h('p', { part: 'subtitle' });
  private readonly bar = h('div', { class: 'bar', part: 'bar' });
  private readonly controls = new Controls(
    (view) => this.choose('view', view),
    (range) => this.choose('range', range),
  );
  private readonly status = h('div', { class: 'status', part: 'status', role: 'status' });
  private readonly grid = h('div', { class: 'grid first', part: 'grid' });
  private readonly panels = new Map<string, Panel>();
  private skeletons: Panel[] = [];
  private answer: ApiDashboard | null = null;
  private inlined: ApiEmbed | null = null;

  static override get observedAttributes(): string[] {
    return [...OrielElement.observedAttributes, 'name', 'view', 'range', 'heading-level'];
  }

  constructor() {
    super();
    const heading = h('div', { class: 'heading' }, this.heading, this.subtitle);
    this.bar.append(heading, this.controls.element);
    this.root.append(h('div', { class: 'root' }, this.bar, this.status, this.grid));
  }

  /** An answer that the page already holds: shown first, instead of asking. Set it before the element is connected. */
  set initial(data: ApiEmbed) {
    this.inlined = data;
  }

  protected override readonly scopeAttribute = 'name';

  protected override scope(): Scope {
    return { kind: 'dashboard', name: this.attribute('name') };
  }

  protected override prepare(): void {
    if (this.answer || this.skeletons.length > 0) return;
    this.skeletons = usual.map(([type, width]) => {
      const skeleton = new Panel('h3', this.adopt);
      skeleton.skeleton(type, '');
      skeleton.span(width);
      return skeleton;
    });
    this.grid.replaceChildren(...this.skeletons.map((skeleton) => skeleton.element));
    this.grid.setAttribute('aria-busy', 'true');
  }

  protected override async load(client: Client, signal: AbortSignal, reason: Reason): Promise<number> {
    const name = this.attribute('name');
    if (!name) throw new Failure('invalid', 'Missing attribute, e.g. name="overview".');
    this.prepare();
    if (reason === 'change') this.grid.setAttribute('aria-busy', 'true');
    const answer = this.takeInlined() ?? (await client.dashboard(name, this.attribute('view'), this.attribute('range'), signal));
    if (signal.aborted) return 0;
    await this.show(answer, client);
    return refreshAfter(answer.panels.filter((panel) => panel.report));
  }

  protected override failed(failure: Failure, reason: Reason): void {
    this.grid.removeAttribute('aria-busy');
    const retry = failure.kind === 'invalid' ? undefined : () => this.reload();
    if (reason === 'refresh' && this.answer) return this.age(failure);
    this.say(this.explain(failure), retry);
    if (this.answer && !this.fits(this.answer)) this.empty();
    if (!this.answer) this.empty();
    this.bar.hidden = !this.answer;
  }

  protected override over(): void {
    if (!this.answer) return;
    this.mark(this.words.agedOver);
    this.say(fill(this.words.agedOver, { time: this.oldest() }), () => this.reload());
  }

  protected override discard(): void {
    this.empty();
    this.answer = null;
  }

  private takeInlined(): ApiDashboard | null {
    const data = this.inlined;
    this.inlined = null;
    if (data?.token) this.begin(data.token);
    return data;
  }

  // Where the dashboard's title stands in the page's outline; the panels' titles stand one below.
  private level(): number {
    const level = Number(this.attribute('heading-level'));
    return level >= 1 && level <= 5 ? Math.round(level) : 2;
  }

  private choose(attribute: 'view' | 'range', value: string): void {
    this.setAttribute(attribute, value);
    this.tell('change', {
      view: this.attribute('view') || this.answer?.view.name,
      range: this.attribute('range') || this.answer?.range.name,
    });
  }

  private async show(answer: ApiDashboard, client: Client): Promise<void> {
    this.answer = answer;
    this.bar.hidden = false;
    const { view, range, today } = answer;
    this.heading.setAttribute('aria-level', String(this.level()));
    this.heading.textContent = answer.title || answer.name;
    const period = periodText(range.startDate, range.endDate, this.locale);
    this.subtitle.replaceChildren(h('bdi', {}, view.title || view.name), ' · ', h('bdi', {}, period));
    this.controls.show({ view: view.name, views: answer.views ?? [], range, today }, this.words);
    const setting: Setting = { locale: this.locale, words: this.words, timeZone: view.timeZone, today };
    const shown = answer.panels.map((panel) =>
      this.place(panel, setting, { client, board: answer.name, view: view.name, range, panel: panel.name }),
    );
    this.arrange(answer.panels);
    await Promise.all(shown);
    this.status.replaceChildren();
    this.grid.removeAttribute('aria-busy');
    this.grid.classList.remove('first');
  }

  private place(wire: ApiPanel, setting: Setting, origin: ExportSource): Promise<void> | void {
    let panel = this.panels.get(wire.name);
    if (!panel) {
      this.panels.set(wire.name, (panel = new Panel('h3', this.adopt)));
      panel.skeleton(wire.type, wire.title ?? '');
    }
    panel.span(wire.width ?? 12);
    panel.level(this.level() + 1);
    if (wire.report) return panel.show({ ...wire, report: wire.report }, setting, origin);
    panel.fail(
      wire.type,
      wire.title ?? '',
      textWithDetail('panel', wire.error?.message ?? '', this.locale, 1000 * (wire.error?.retryAfter ?? 0)),
      this.words,
      () => this.reload(),
    );
  }

  // Panels that are in their place already are not moved: moving would lose focus and scrolling.
  private arrange(wires: ApiPanel[]): void {
    const wanted = new Set(wires.map((wire) => wire.name));
    for (const [name, panel] of this.panels) {
      if (wanted.has(name)) continue;
      panel.destroy();
      this.panels.delete(name);
    }
    for (const skeleton of this.skeletons) skeleton.destroy();
    this.skeletons = [];
    wires.forEach(({ name }, i) => {
      const element = this.panels.get(name)?.element;
      if (element && this.grid.children[i] !== element) this.grid.insertBefore(element, this.grid.children[i] ?? null);
    });
  }

  // The figures stay, and say since when they could not be renewed.
  private age(failure: Failure): void {
    const text = failure.transient ? this.words.aged : this.words.agedOver;
    this.mark(text);
    this.say(fill(text, { time: this.oldest() }), () => this.reload());
  }

  private mark(text: string): void {
    for (const panel of this.panels.values()) panel.mark((time) => fill(text, { time }));
  }

  private oldest(): string {
    const times = (this.answer?.panels ?? []).flatMap((panel) => (panel.report && panel.asOf ? [panel.asOf] : [])).sort();
    const { view, today } = this.answer ?? {};
    return times[0] ? momentText(times[0], this.locale, view?.timeZone, today ?? '') : '';
  }

  private say(text: string, retry?: () => void): void {
    const button = retry && h('button', { class: 'button', part: 'button', type: 'button', onclick: retry }, this.words.retry);
    this.status.replaceChildren(h('p', { dir: 'auto' }, text), ...(button ? [button] : []));
  }

  // Figures of another view or period must not stand under what is chosen now.
  private fits(answer: ApiDashboard): boolean {
    const [view, range] = [this.attribute('view'), this.attribute('range')];
    return answer.name === this.attribute('name') && (!view || view === answer.view.name) && (!range || range === answer.range.name);
  }

  private empty(): void {
    for (const panel of [...this.panels.values(), ...this.skeletons]) panel.destroy();
    this.panels.clear();
    this.skeletons = [];
  }
}
