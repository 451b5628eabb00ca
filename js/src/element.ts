import { Backoff } from './backoff.js';
import { normalBase, ownBase } from './base.js';
import { browserClock, browserWakeups } from './clock.js';
import type { Client } from './client.js';
import { DEFAULT_LIFETIME } from './client.js';
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

/** Why an element loads: its query changed, or its data is due for a refresh. */
export type Reason = 'change' | 'refresh';

let shellSheet: CSSStyleSheet | undefined;
let chartSheet: CSSStyleSheet | undefined;

// Attributes that start another session, and those that only change the presentation.
const sessionAttributes = ['base', 'token-src'];
const presentationAttributes = ['lang', 'theme'];

/** The distance from the viewport, in pixels, at which an element starts to load. */
const NEAR = 1000;

/**
 * The base of both elements: lazy loading, sessions, refreshes, retries and events. Private members of elements are `#names`,
 * which cannot collide with names of HTMLElement.
 */
export abstract class OrielElement extends HTMLElement {
  /** Provides tokens; takes precedence over the attributes. */
  tokenProvider: TokenProvider | null = null;

  protected readonly root: ShadowRoot;
  protected words: Messages = messages.en;
  protected locale = 'en';

  #client: Client | null = null;
  #unsubscribe: () => void = () => {};
  #controller: AbortController | null = null;
  #planned = false;
  #near = false;
  #loaded = false;
  readonly #backoff = new Backoff(browserClock, 5_000, 5 * 60_000);
  readonly #refresher = new Refresher(() => void this.#run('refresh'), browserClock, browserWakeups);
  readonly #watcher: IntersectionObserver;
  readonly #beforePrint = () => this.#activate();

  static get observedAttributes(): string[] {
    return [...sessionAttributes, ...presentationAttributes, 'token'];
  }

  constructor() {
    super();
    this.root = this.attachShadow({ mode: 'open' });
    shellSheet ??= sheetOf(styles);
    this.root.adoptedStyleSheets = [shellSheet];
    this.#watcher = new IntersectionObserver((entries) => entries.some((e) => e.isIntersecting) && this.#activate(), {
      rootMargin: `${NEAR}px`,
    });
  }

  connectedCallback(): void {
    this.#watcher.observe(this);
    window.addEventListener('beforeprint', this.#beforePrint);
    this.changed();
  }

  disconnectedCallback(): void {
    this.#watcher.disconnect();
    window.removeEventListener('beforeprint', this.#beforePrint);
    this.#closeSession();
    queueMicrotask(() => {
      if (!this.isConnected) this.discard(); // not only moved
    });
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (before === after) return;
    if (name === 'theme') return; // styles alone
    if (name === 'token' && after && this.#client && this.#hasOwnToken()) {
      this.#client.session.adopt({ access_token: after, expires_in: DEFAULT_LIFETIME });
    } else if (name === 'token' || this.scopeAttributes.includes(name) || sessionAttributes.includes(name)) {
      this.#closeSession();
    }
    this.changed();
  }

  /** Loads again, with a new session if the current one has ended. */
  reload(): void {
    this.#client?.session.revive();
    void this.#run('change');
  }

  /** The attributes that name the scope. */
  protected abstract readonly scopeAttributes: readonly string[];

  /** What an anonymous token is requested for. */
  protected abstract scope(): Scope;

  /**
   * Loads and shows the data. Resolves to the milliseconds until the next refresh, 0 for none. Rejects with a Failure, or
   * with the signal's reason.
   */
  protected abstract load(client: Client, signal: AbortSignal, reason: Reason): Promise<number>;

  /** Shows that loading failed, in place of the data or beside it. */
  protected abstract failed(failure: Failure, reason: Reason): void;

  /** Shows that the session has ended, beside data that stays. */
  protected abstract sessionEnded(): void;

  /** Destroys what is drawn. */
  protected abstract discard(): void;

  /** Schedules a load, once for all changes of the current task. */
  protected changed(): void {
    if (this.#planned || !this.isConnected) return;
    this.#planned = true;
    queueMicrotask(() => {
      this.#planned = false;
      if (this.isConnected) void this.#run('change');
    });
  }

  /** Adopts the charts' style sheet, which is loaded with the charts. */
  protected readonly adopt = (charts: Charts): void => {
    chartSheet ??= sheetOf(charts.styles);
    if (!this.root.adoptedStyleSheets.includes(chartSheet)) {
      this.root.adoptedStyleSheets = [...this.root.adoptedStyleSheets, chartSheet];
    }
  };

  /** The server's URL, with a trailing slash. */
  protected get base(): string {
    return normalBase(this.getAttribute('base') || ownBase, document.baseURI);
  }

  protected attribute(name: string): string {
    return this.getAttribute(name) ?? '';
  }

  protected dispatch(name: string, detail: object): void {
    this.dispatchEvent(new CustomEvent(`oriel-${name}`, { detail, bubbles: true, composed: true }));
  }

  /** Starts the session with a token that the page contains. */
  protected adoptToken(token: Token): void {
    this.#openClient().session.adopt(token);
  }

  async #run(reason: Reason): Promise<void> {
    this.locale = localeOf(this);
    this.words = inLanguage(messages, this.locale);
    this.#near ||= this.#isNear();
    if (!this.#near) return this.prepare();
    this.#controller?.abort();
    this.#refresher.stop();
    const controller = (this.#controller = new AbortController());
    loadCharts().catch(() => {}); // in parallel with the data; the panel that draws reports a failure
    try {
      const next = await this.load(this.#openClient(), controller.signal, reason);
      if (controller.signal.aborted) return;
      this.#backoff.reset();
      this.#refresher.plan(next);
      this.#announceReady();
    } catch (error) {
      if (controller.signal.aborted) return;
      this.#report(failureOf(error), reason);
    }
  }

  /** Shows a skeleton until the first data. */
  protected abstract prepare(): void;

  /** Returns the message for visitors. */
  protected explain(failure: Failure): string {
    return failureText(failure, this.locale, !this.#loaded);
  }

  #report(failure: Failure, reason: Reason): void {
    this.failed(failure, reason);
    this.dispatch('error', { kind: failure.kind, message: failure.message });
    if (failure.transient) this.#refresher.plan(Math.max(this.#backoff.next(), failure.retryAfter));
  }

  #announceReady(): void {
    if (this.#loaded) return;
    this.#loaded = true;
    this.dispatch('ready', {});
  }

  // Checked at once: the observer reports with the next frame, and a page in the background has none.
  #isNear(): boolean {
    const { top, bottom } = this.getBoundingClientRect();
    return top < window.innerHeight + NEAR && bottom > -NEAR;
  }

  #activate(): void {
    if (this.#near) return;
    this.#near = true;
    this.#watcher.disconnect();
    this.changed();
  }

  #closeSession(): void {
    this.#controller?.abort();
    this.#refresher.stop();
    this.#unsubscribe();
    this.#unsubscribe = () => {};
    this.#client = null;
  }

  #hasOwnToken(): boolean {
    return this.tokenProvider !== null || this.hasAttribute('token');
  }

  #openClient(): Client {
    if (!this.#client) {
      this.#client = this.#makeClient();
      this.#unsubscribe = this.#client.session.subscribe((state) => this.#sessionChanged(state));
    }
    return this.#client;
  }

  #makeClient(): Client {
    if (this.#hasOwnToken()) {
      const client = ownClient(this.base, () => this.#requestToken());
      const token = this.getAttribute('token');
      if (token) client.session.adopt({ access_token: token, expires_in: DEFAULT_LIFETIME });
      return client;
    }
    const endpoint = this.getAttribute('token-src');
    return endpoint ? hostClient(this.base, endpoint) : anonymousClient(this.base, this.scope());
  }

  #sessionChanged(state: SessionState): void {
    if (state !== 'over') return;
    this.#refresher.stop(); // until reload()
    this.sessionEnded();
  }

  // From the property, else from an event that the page must respond to.
  async #requestToken(): Promise<string | Partial<Token>> {
    if (this.tokenProvider) return this.tokenProvider();
    let given: unknown;
    const detail = { respondWith: (token: unknown) => (given = token) };
    const event = new CustomEvent('oriel-token-needed', { detail, bubbles: true, composed: true, cancelable: true });
    this.dispatchEvent(event);
    if (given === undefined) throw new Failure('over', 'This page’s token has expired.');
    return (await given) as string | Partial<Token>;
  }
}
