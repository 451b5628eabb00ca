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

const chartAttributes = [
  'view',
  'metrics',
  'dimensions',
  'range',
  'type',
  'sort',
  'limit',
  'filter',
  'title',
  'compare',
  'realtime',
  'stacked',
  'region',
];

/** `<oriel-chart view metrics dimensions range type sort limit filter title compare realtime>`: one chart. */
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

  protected override readonly scopeAttribute = 'view';

  protected override scope(): Scope {
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
    const view = this.attribute('view');
    if (!view) throw new Failure('invalid', 'Missing attribute, e.g. view="shop".');
    const { query, type } = queryOf(this.#queryAttributes());
    if (reason === 'change') this.#panel?.element.setAttribute('aria-busy', 'true');
    const answer = await client.report(view, query, this.hasAttribute('realtime'), signal);
    if (signal.aborted) return 0;
    await this.#show(answer, type, query, client);
    return refreshAfter([answer]);
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
