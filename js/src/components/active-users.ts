// ActiveUsers: how many people are on a site now, as in the Embed API demos.

import { browserClock, browserWakeups } from '../clock.js';
import { Refresher } from '../refresher.js';
import type { Clock, Wakeups } from '../clock.js';
import type { Component, EmbedApi, Realtime } from './embed-api.js';
import { errorOf, register, whenAuthorized } from './embed-api.js';
import { containerOf, mount } from './markup.js';

interface Options {
  container?: string | Element;
  template?: string;
  ids?: string;
  /** In seconds. */
  pollingInterval?: number | string;
}

/** The component, with the members that pages read. */
interface ActiveUsers extends Component<Options> {
  template: string;
  container?: Element;
  activeUsers?: number;
  polling?: boolean;
}

const TEMPLATE = '<div class="ActiveUsers">Active Users: <b class="ActiveUsers-value"></b></div>';

/** The minimum and default time between two requests, in seconds. */
const MIN_INTERVAL = 5;

/** The methods of the component. */
export function activeUsers(api: EmbedApi, clock: Clock = browserClock, wakeups: Wakeups = browserWakeups): object & ThisType<ActiveUsers> {
  const polls = new WeakMap<ActiveUsers, Poll>();
  const pollOf = (component: ActiveUsers): Poll => {
    const poll = polls.get(component) ?? new Poll(component, api, clock, wakeups);
    polls.set(component, poll);
    return poll;
  };
  return {
    template: TEMPLATE,

    execute() {
      pollOf(this).start();
      return this;
    },

    stop() {
      pollOf(this).stop();
      return this;
    },
  };
}

/** The polling of one component, from execute to stop. */
class Poll {
  private readonly refresher: Refresher;
  /** Counts starts: responses of an earlier one are ignored. */
  private round = 0;
  /** In milliseconds, as it was when polling started. */
  private interval = 0;

  constructor(
    private readonly component: ActiveUsers,
    private readonly api: EmbedApi,
    clock: Clock,
    wakeups: Wakeups,
  ) {
    this.refresher = new Refresher(() => this.ask(this.round), clock, wakeups);
    component.activeUsers ??= 0;
    component.polling ??= false;
    api.analytics.auth.on('signOut', () => this.pause());
  }

  start(): void {
    if (this.component.polling) this.stop();
    this.interval = intervalOf(this.component.get());
    this.render();
    this.begin();
  }

  stop(): void {
    this.refresher.stop();
    this.round++;
    this.component.polling = false;
    this.component.emit('stop', { activeUsers: this.component.activeUsers });
  }

  // Polling continues after the next sign-in.
  private pause(): void {
    if (!this.component.polling) return;
    this.stop();
    this.begin();
  }

  private begin(): void {
    const round = ++this.round;
    whenAuthorized(this.api.analytics.auth, () => {
      if (round !== this.round) return;
      this.component.polling = true;
      this.ask(round);
    });
  }

  private render(): void {
    const { container, template } = this.component.get();
    this.component.container = containerOf(container);
    mount(this.component.container, template || this.component.template);
    this.write();
  }

  private write(): void {
    const value = this.component.container?.querySelector('.ActiveUsers-value, b');
    if (value) value.textContent = String(this.component.activeUsers);
  }

  private ask(round: number): void {
    const { ids } = this.component.get();
    if (!ids) {
      this.settle(round, () => this.component.emit('error', new Error('The option "ids" is missing.')));
      return;
    }
    this.api.client.analytics.data.realtime.get({ ids, metrics: 'rt:activeUsers' }).then(
      ({ result }) => this.settle(round, () => this.take(countOf(result))),
      (reason) => this.settle(round, () => this.component.emit('error', errorOf(reason))),
    );
  }

  // Schedules the next request before emitting events: a handler may call stop.
  private settle(round: number, tell: () => void): void {
    if (round !== this.round) return;
    this.refresher.plan(this.interval);
    tell();
  }

  // "success" before "change", so that a page that listens for the first can then listen for the second.
  private take(count: number): void {
    const before = this.component.activeUsers ?? 0;
    const delta = count - before;
    this.component.activeUsers = count;
    this.component.emit('success', { activeUsers: count });
    if (delta === 0) return;
    this.write();
    const change = { activeUsers: count, delta };
    this.component.emit('change', change);
    this.component.emit(delta > 0 ? 'increase' : 'decrease', change);
  }
}

// In milliseconds.
function intervalOf({ pollingInterval }: Options): number {
  const seconds = Number(pollingInterval ?? MIN_INTERVAL);
  if (!(seconds >= MIN_INTERVAL)) throw new Error(`The option "pollingInterval" must be ${MIN_INTERVAL} seconds or more.`);
  return seconds * 1000;
}

/** Returns the number in a realtime response, which has no rows when it is zero. */
function countOf({ rows }: Realtime): number {
  return Number(rows?.[0]?.[0] ?? 0);
}

if (typeof window !== 'undefined') register('ActiveUsers', activeUsers);
