import { normalBase, ownBase } from './base.js';
import { browserClock, browserWakeups } from './browser.js';
import type { Client } from './client.js';
import { UNKNOWN_LIFE } from './client.js';
import { loadCharts } from './charts-loader.js';
import type { Charts } from './charts-loader.js';
import { anonymousClient, hostClient, ownClient } from './clients.js';
import type { Scope, TokenProvider } from './clients.js';
import { sheetOf } from './dom.js';
import styles from './element.css' with { type: 'text' };
import { Failure, failureOf } from './failure.js';
import { inLanguage, messages } from './i18n/index.js';
import type { Messages } from './i18n/index.js';
import { localeOf, failureText } from './failure-text.js';
import { Refresher } from './refresher.js';
import type { SessionState } from './session.js';
import type { Token } from './types.js';

/** Why something is loaded: a change of what is asked, or the same again because it got old. */
export type Reason = 'change' | 'refresh';

let shellSheet: CSSStyleSheet | undefined;
let chartSheet: CSSStyleSheet | undefined;

// Attributes that change who asks, and those that only change how it looks.
const askers = ['base', 'token-src'];
const looks = ['lang', 'theme'];

/** Pixels from the viewport at which an element begins to load. */
const NEAR = 1000;

const FIRST_RETRY = 5_000;
const LAST_RETRY = 5 * 60_000;

/** The life of an element: when it loads, with which token, again when, and what it tells its page. */
export abstract class OrielElement extends HTMLElement {
  /** Tokens from the host's page; wins over the attributes. */
  tokenProvider: TokenProvider | null = null;

  protected readonly root: ShadowRoot;
  protected words: Messages = messages.en;
  protected locale = 'en';

  private client_: Client | null = null;
  private unsubscribe: () => void = () => {};
  private controller: AbortController | null = null;
  private planned = false;
  private near = false;
  private greeted = false;
  private failures = 0;
  private readonly refresher = new Refresher(() => void this.run('refresh'), browserClock, browserWakeups);
  private readonly watcher: IntersectionObserver;
  private readonly beforePrint = () => this.approach();

  static get observedAttributes(): string[] {
    return [...askers, ...looks, 'token'];
  }

  constructor() {
    super();
    this.root = this.attachShadow({ mode: 'open' });
    shellSheet ??= sheetOf(styles);
    this.root.adoptedStyleSheets = [shellSheet];
    this.watcher = new IntersectionObserver((entries) => entries.some((e) => e.isIntersecting) && this.approach(), {
      rootMargin: `${NEAR}px`,
    });
  }

  connectedCallback(): void {
    this.watcher.observe(this);
    window.addEventListener('beforeprint', this.beforePrint);
    this.changed();
  }

  disconnectedCallback(): void {
    this.watcher.disconnect();
    window.removeEventListener('beforeprint', this.beforePrint);
    this.leave();
    queueMicrotask(() => {
      if (!this.isConnected) this.discard(); // not only moved
    });
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (before === after) return;
    if (name === 'theme') return; // styles alone
    if (name === 'token' && after && this.client_ && this.owns()) {
      this.client_.session.adopt({ access_token: after, expires_in: UNKNOWN_LIFE });
    } else if (name === 'token' || name === this.scopeAttribute || askers.includes(name)) {
      this.leave();
    }
    this.changed();
  }

  /** Asks everything again, with a new token if the session was over. */
  reload(): void {
    this.client_?.session.revive();
    void this.run('change');
  }

  /** The attribute that the scope comes from. */
  protected abstract readonly scopeAttribute: string;

  /** Whose token it takes when the host gives none. */
  protected abstract scope(): Scope;

  /**
   * Asks and shows. Answers after how many milliseconds to ask again, 0 for never. Throws a Failure, or what the
   * signal was aborted with.
   */
  protected abstract load(client: Client, signal: AbortSignal, reason: Reason): Promise<number>;

  /** Says that loading failed, where figures are shown beside them. */
  protected abstract failed(failure: Failure, reason: Reason): void;

  /** Says that the session is over while figures are still shown. */
  protected abstract over(): void;

  /** Lets go of what is drawn. */
  protected abstract discard(): void;

  /** Loads soon, once for all changes of this turn. */
  protected changed(): void {
    if (this.planned || !this.isConnected) return;
    this.planned = true;
    queueMicrotask(() => {
      this.planned = false;
      if (this.isConnected) void this.run('change');
    });
  }

  /** Lets the charts' styles in, which come with the charts. */
  protected readonly adopt = (charts: Charts): void => {
    chartSheet ??= sheetOf(charts.styles);
    if (!this.root.adoptedStyleSheets.includes(chartSheet)) {
      this.root.adoptedStyleSheets = [...this.root.adoptedStyleSheets, chartSheet];
    }
  };

  /** A server of our own, with a slash at its end. */
  protected get base(): string {
    return normalBase(this.getAttribute('base') || ownBase, document.baseURI);
  }

  protected attribute(name: string): string {
    return this.getAttribute(name) ?? '';
  }

  protected tell(name: string, detail: object): void {
    this.dispatchEvent(new CustomEvent(`oriel-${name}`, { detail, bubbles: true, composed: true }));
  }

  /** Shows the first answer without asking, when the page already holds it. */
  protected begin(token: Token): void {
    this.client().session.adopt(token);
  }

  private async run(reason: Reason): Promise<void> {
    this.locale = localeOf(this);
    this.words = inLanguage(messages, this.locale);
    this.near ||= this.isClose();
    if (!this.near) return this.prepare();
    this.controller?.abort();
    this.refresher.stop();
    const controller = (this.controller = new AbortController());
    loadCharts().catch(() => {}); // beside the data; whoever draws says when it failed
    try {
      const next = await this.load(this.client(), controller.signal, reason);
      if (controller.signal.aborted) return;
      this.failures = 0;
      this.refresher.plan(next);
      this.greet();
    } catch (error) {
      if (controller.signal.aborted) return;
      this.report(failureOf(error), reason);
    }
  }

  /** Shows that something will come, before it is asked for. */
  protected abstract prepare(): void;

  /** Why loading failed, for visitors. */
  protected explain(failure: Failure): string {
    return failureText(failure, this.locale, !this.greeted);
  }

  private report(failure: Failure, reason: Reason): void {
    this.failed(failure, reason);
    this.tell('error', { kind: failure.kind, message: failure.message });
    if (!failure.transient) return;
    const wait = Math.min(FIRST_RETRY * 2 ** this.failures++, LAST_RETRY);
    this.refresher.plan(Math.max(wait, failure.retryAfter));
  }

  private greet(): void {
    if (this.greeted) return;
    this.greeted = true;
    this.tell('ready', {});
  }

  // Asked at once, because the observer only answers with a frame, and a page in the background has none.
  private isClose(): boolean {
    const { top, bottom } = this.getBoundingClientRect();
    return top < window.innerHeight + NEAR && bottom > -NEAR;
  }

  private approach(): void {
    if (this.near) return;
    this.near = true;
    this.watcher.disconnect();
    this.changed();
  }

  private leave(): void {
    this.controller?.abort();
    this.refresher.stop();
    this.unsubscribe();
    this.unsubscribe = () => {};
    this.client_ = null;
  }

  private owns(): boolean {
    return this.tokenProvider !== null || this.hasAttribute('token');
  }

  private client(): Client {
    if (!this.client_) {
      this.client_ = this.makeClient();
      this.unsubscribe = this.client_.session.subscribe((state) => this.heard(state));
    }
    return this.client_;
  }

  private makeClient(): Client {
    if (this.owns()) {
      const client = ownClient(this.base, () => this.ask());
      const token = this.getAttribute('token');
      if (token) client.session.adopt({ access_token: token, expires_in: UNKNOWN_LIFE });
      return client;
    }
    const endpoint = this.getAttribute('token-src');
    return endpoint ? hostClient(this.base, endpoint) : anonymousClient(this.base, this.scope());
  }

  private heard(state: SessionState): void {
    if (state !== 'over') return;
    this.refresher.stop(); // until somebody asks again
    this.over();
  }

  // The page is asked for a token: through the property, else through an event that it must answer.
  private async ask(): Promise<string | Partial<Token>> {
    if (this.tokenProvider) return this.tokenProvider();
    let given: unknown;
    const detail = { respondWith: (token: unknown) => (given = token) };
    const event = new CustomEvent('oriel-token-needed', { detail, bubbles: true, composed: true, cancelable: true });
    this.dispatchEvent(event);
    if (given === undefined) throw new Failure('over', 'This page’s token has expired.');
    return (await given) as string | Partial<Token>;
  }
}
