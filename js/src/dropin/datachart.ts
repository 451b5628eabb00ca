import type { V3Answer } from '../data/v3.js';
import type { VisualizationChart } from '../visualization/types.js';
import { browserClock } from '../clock.js';
import { errorBodyOf, isGood, isTransient } from './requester.js';
import type { Requester } from './requester.js';
import { Component, EventType, define } from './component.js';
import type { ComponentClass } from './component.js';
import { sendReport } from './data.js';
import { v3Error } from './v3-errors.js';
import { findContainer, missingContainer } from './container.js';
import { merge, optionsOf } from './merge.js';
import type { Options } from './merge.js';
import { showError, clearError } from './error-message.js';
import { Retry } from './retry.js';
import { ChartHost } from './chart-host.js';
import { warm } from './visualization.js';
import type { Drawing } from './visualization.js';

/** The argument of `success`. */
export interface Drawn {
  chart: VisualizationChart;
  data: object;
  dataTable: object;
  response: V3Answer;
}

/** An error of a query or of drawing, as the body of the `error` event. */
class ChartError extends Error {
  /** `shown` if the chart shows the error itself; `transient` if a retry may help. */
  constructor(
    readonly body: object,
    readonly shown = false,
    readonly transient = false,
  ) {
    super('see body');
  }
}

interface State {
  chartHost: ChartHost;
  /** Counts executions: a late response never overwrites a newer one. */
  generation: number;
  retry: Retry;
}

type DataTableClass = new (data: object) => object;

/** google.visualization.events, as far as it is needed here. */
interface Events {
  addListener(source: object, name: string, handler: (event?: { message?: string }) => void): unknown;
  removeListener(listener: unknown): void;
}

const TABLE = 'gapi-analytics-data-chart-styles-table';
/** The prefix of row classes in 2014. */
const ROW = 'gapi-analytics-data-chart-table-styles';

/** The class names by which pages style a TABLE. */
const TABLE_CLASSES = {
  headerRow: `${ROW}-thr`,
  tableRow: `${TABLE}-tr-even ${ROW}-tr`,
  oddTableRow: `${TABLE}-tr-odd ${ROW}-tr`,
  selectedTableRow: `${ROW}-tr-selected`,
  hoverTableRow: `${TABLE}-tr-over`,
  headerCell: `${TABLE}-th`,
  tableCell: `${TABLE}-td`,
};

/** gapi.analytics.googleCharts.DataChart. */
export function dataChartClass(requester: Requester, load: () => Promise<Drawing>, clock = browserClock): ComponentClass {
  const states = new WeakMap<object, State>();
  const stateOf = (chart: object): State => {
    let state = states.get(chart);
    if (!state) states.set(chart, (state = { chartHost: new ChartHost(), generation: 0, retry: new Retry(clock) }));
    return state;
  };

  /** Queries and draws; null when a newer execution has superseded this one. */
  async function show(state: State, generation: number, options: Options): Promise<Drawn | null> {
    const reply = await sendReport(requester, options);
    if (generation !== state.generation) return null;
    if (!isGood(reply)) throw new ChartError(errorBodyOf(reply), false, isTransient(reply));
    const drawing = await load();
    if (generation !== state.generation) return null;
    const drawn = await draw(drawing, state.chartHost, optionsOf(options['chart']), reply.result as V3Answer);
    return generation === state.generation ? drawn : null;
  }

  /** Queries, draws and emits the outcome; transient errors are retried, and emitted once. */
  function run(chart: Component, state: State, options: Options): void {
    const generation = ++state.generation;
    const { container } = optionsOf(options['chart']);
    const failed = (error: unknown): void => {
      if (generation !== state.generation) return;
      const again = error instanceof ChartError && error.transient;
      const emittedBefore = again && !state.retry.plan(() => findContainer(container)?.isConnected && run(chart, state, options));
      fail(chart, container, error, emittedBefore);
    };
    show(state, generation, options).then((drawn) => {
      if (!drawn) return;
      state.retry.stop();
      chart.emit(EventType.SUCCESS, drawn);
    }, failed);
  }

  return define(
    {
      initialize(): void {
        warm(load);
      },
      execute(this: Component): Component {
        const state = stateOf(this);
        state.retry.stop();
        run(this, state, merge({}, this.get()));
        return this;
      },
    },
    Component,
  );
}

async function draw({ module, own }: Drawing, chartHost: ChartHost, options: Options, response: V3Answer): Promise<Drawn> {
  const container = findContainer(options['container']);
  if (!container) throw new ChartError(v3Error(400, 'badRequest', missingContainer(options['container'])));
  const type = String(options['type'] ?? 'LINE').toUpperCase();
  const chart = chartHost.chartIn(container, type, module.chartOf);
  if (!chart) throw new ChartError(v3Error(400, 'badRequest', `There is no chart type "${type}".`));
  clearError(container);
  const data = module.dataOf(response);
  // A page that loaded its own google.visualization gets tables of that one.
  const { DataTable = own['DataTable'] } = optionsOf((window as { google?: { visualization?: unknown } }).google?.visualization);
  const dataTable = new (DataTable as DataTableClass)(data);
  const ready = readiness(own['events'] as Events, chart);
  // Our charts cannot read just any table that a page calls DataTable.
  chart.draw(data, chartOptions(type, options['options']));
  await ready;
  return { chart, data, dataTable, response };
}

// Pages rewrite what is drawn as soon as they hear of success: it has to be there.
function readiness(events: Events, chart: object): Promise<void> {
  return new Promise((resolve, reject) => {
    const listeners = [
      events.addListener(chart, 'ready', () => settle(resolve)),
      events.addListener(chart, 'error', (event) => {
        settle(() => reject(new ChartError(v3Error(400, 'badRequest', event?.message ?? 'The chart cannot be drawn.'), true)));
      }),
    ];
    const settle = (how: () => void): void => {
      for (const listener of listeners) events.removeListener(listener);
      how();
    };
  });
}

function chartOptions(type: string, given: unknown): Options {
  return merge(type === 'TABLE' ? { cssClassNames: { ...TABLE_CLASSES } } : {}, given);
}

function fail(component: Component, container: unknown, error: unknown, quietly: boolean): void {
  const body = error instanceof ChartError ? error.body : v3Error(500, 'internalError', `The chart could not be drawn: ${String(error)}`);
  const element = findContainer(container);
  if (element && !(error instanceof ChartError && error.shown)) showError(element, body);
  if (!quietly) component.emit(EventType.ERROR, body);
}
