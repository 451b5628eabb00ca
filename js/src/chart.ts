import { refreshAfter, todayIn } from './age.js';
import type { Client, ReportResponse } from './client.js';
import type { Scope } from './clients.js';
import { h } from './dom.js';
import { OrielElement } from './element.js';
import type { Reason } from './element.js';
import { Failure } from './failure.js';
import { fill } from './i18n/index.js';
import { Panel } from './panel.js';
import { names, queryOf } from './query.js';
import type { ChartAttributes, Query } from './query.js';
import { resolveRange } from './ranges.js';

const queryAttributes = ['metrics', 'dimensions', 'type', 'sort', 'limit', 'filter', 'title', 'compare', 'realtime', 'stacked', 'region'];

const chartAttributes = ['dashboard', 'panel', 'view', 'range', ...queryAttributes];

/**
 * `<oriel-chart dashboard panel range view>`: one panel of a dashboard, or
 * `<oriel-chart view metrics dimensions range type sort limit filter title compare realtime>`: a chart of its own query.
 */
export class OrielChart extends OrielElement {
  #panel: Panel | null = null;
  readonly #frame = h('div', { class: 'root' });

  static override get observedAttributes(): string[] {
    return [...OrielElement.observedAttributes, ...chartAttributes];
  }

  constructor() {
    super();
    this.root.append(this.#frame);
  }

  protected override readonly scopeAttributes = ['view', 'dashboard'];

  protected override scope(): Scope {
    if (this.hasAttribute('dashboard')) return { kind: 'dashboard', name: this.attribute('dashboard') };
    return { kind: 'view', name: this.attribute('view') };
  }

  protected override prepare(): void {
    if (this.#panel) return;
    this.#panel = new Panel('p', this.adopt);
    this.#panel.skeleton(
      this.attribute('type') || (names(this.attribute('dimensions')).length > 0 ? 'line' : 'scorecard'),
      this.attribute('title'),
    );
    this.#frame.replaceChildren(this.#panel.element);
  }

  protected override async load(client: Client, signal: AbortSignal, reason: Reason): Promise<number> {
    this.prepare();
    if (this.hasAttribute('dashboard')) return this.#loadPanel(client, signal, reason);
    const view = this.attribute('view');
    if (!view) throw new Failure('invalid', 'Missing attribute, e.g. view="shop".');
    const { query, type } = queryOf(this.#queryAttributes());
    if (reason === 'change') this.#panel?.element.setAttribute('aria-busy', 'true');
    const answer = await client.report(view, query, this.hasAttribute('realtime'), signal);
    if (signal.aborted) return 0;
    await this.#show(answer, type, query, client);
    return refreshAfter([answer]);
  }

  // As the dashboard draws it.
  async #loadPanel(client: Client, signal: AbortSignal, reason: Reason): Promise<number> {
    const [board, name] = [this.attribute('dashboard'), this.attribute('panel')];
    if (!board || !name) throw new Failure('invalid', 'Missing attribute, e.g. dashboard="overview" panel="sessions".');
    const extra = queryAttributes.find((attribute) => this.hasAttribute(attribute));
    if (extra) throw new Failure('invalid', `${extra} is for a chart of its own query: the panel of a dashboard has it already.`);
    if (reason === 'change') this.#panel?.element.setAttribute('aria-busy', 'true');
    const answer = await client.dashboard(board, this.attribute('view'), this.attribute('range'), signal, name);
    const data = answer.panels[0];
    if (signal.aborted || !data) return 0;
    if (!data.report) throw new Failure('server', data.error?.message, 1000 * (data.error?.retryAfter ?? 0));
    const { view, range, today } = answer;
    const setting = { locale: this.locale, words: this.words, timeZone: view.timeZone, today };
    await this.#panel?.show({ ...data, report: data.report }, setting, { client, board, view: view.name, range, panel: name });
    this.#panel?.element.removeAttribute('aria-busy');
    return refreshAfter([data]);
  }

  protected override failed(failure: Failure, reason: Reason): void {
    this.prepare();
    this.#panel?.element.removeAttribute('aria-busy');
    if (reason === 'refresh' && this.#panel?.hasData) {
      this.#panel.markStale((time) => fill(failure.transient ? this.words.aged : this.words.agedOver, { time }));
      return;
    }
    const retry = failure.kind === 'invalid' ? undefined : () => this.reload();
    this.#panel?.fail(this.attribute('type') || 'line', this.attribute('title'), this.explain(failure), this.words, retry);
  }

  protected override sessionEnded(): void {
    this.#panel?.markStale((time) => fill(this.words.agedOver, { time }));
  }

  protected override discard(): void {
    this.#panel?.destroy();
    this.#panel = null;
  }

  #queryAttributes(): ChartAttributes {
    return {
      metrics: this.attribute('metrics'),
      dimensions: this.attribute('dimensions'),
      range: this.attribute('range'),
      type: this.attribute('type'),
      sort: this.attribute('sort'),
      limit: this.attribute('limit'),
      filter: this.attribute('filter'),
      compare: this.hasAttribute('compare'),
      realtime: this.hasAttribute('realtime'),
    };
  }

  async #show(answer: ReportResponse, type: string, query: Query, client: Client): Promise<void> {
    const timeZone = answer.report.metadata?.timeZone;
    const today = todayIn(timeZone, answer);
    const title = this.attribute('title');
    const view = this.attribute('view');
    const realtime = this.hasAttribute('realtime');
    const dateRanges = (query.dateRanges ?? []).map((range) => resolveRange(range, today));
    // An empty report has no headers.
    const report = { dimensionHeaders: query.dimensions, metricHeaders: query.metrics, ...answer.report };
    const data = {
      ...answer,
      report,
      type,
      ...(title ? { title } : {}),
      realtime,
      options: { stacked: this.hasAttribute('stacked'), region: this.attribute('region') },
      dateRanges,
    };
    const exported = realtime ? query : { ...query, dateRanges };
    await this.#panel?.show(data, { locale: this.locale, words: this.words, timeZone, today }, { client, view, query: exported, realtime });
    this.#panel?.element.removeAttribute('aria-busy');
  }
}
