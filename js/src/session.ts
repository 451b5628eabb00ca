import { Backoff } from './backoff.js';
import type { Clock, Wakeups } from './clock.js';
import { failureOf } from './failure.js';
import type { Failure } from './failure.js';
import type { Token } from './types.js';

/** `live`: has a token or can get one. `troubled`: renewals fail for now. `over`: cannot be renewed. */
export type SessionState = 'live' | 'troubled' | 'over';

/** Fetches a session's tokens. Rejects with a Failure. */
export type TokenSource = () => Promise<Token>;

/** The minimum between two renewals, so that a token that is already expired causes no request storm. */
const MIN_LIFETIME = 5_000;

/**
 * An embed token and its renewals, shared by all elements with the same scope. The token is stored in this object only. Its
 * lifetime is the server's `expires_in`, measured with a monotonic clock from its arrival: the visitor's wall clock does not
 * matter.
 */
export class Session {
  state: SessionState = 'live';

  private current = '';
  /** When to renew and when the token expires, on the monotonic clock. */
  private due = 0;
  private end = 0;
  private renewal: Promise<string> | null = null;
  private readonly backoff: Backoff;
  private cancelTimer: () => void = () => {};
  private stopWatching: () => void = () => {};
  private readonly listeners = new Set<(state: SessionState) => void>();

  constructor(
    private readonly source: TokenSource,
    private readonly clock: Clock,
    private readonly wakeups: Wakeups,
  ) {
    this.backoff = new Backoff(clock);
  }

  /** Resolves to a valid token, renewed if it has expired. */
  token(): Promise<string> {
    if (this.current !== '' && this.clock.now() < this.end) return Promise.resolve(this.current);
    return this.renew();
  }

  /** Uses a token from elsewhere: inlined in the page, or provided by the host. */
  adopt(token: Token): void {
    this.take(token);
    this.schedule();
  }

  /** Corrects the current token's remaining lifetime, in seconds. */
  correct(expiresIn: number | undefined): void {
    if (this.current === '' || expiresIn === undefined || !(expiresIn >= 0)) return;
    this.setLifetime(expiresIn);
    this.schedule();
  }

  /** Discards a token that the server refused, but not a newer one. */
  refuse(token: string): void {
    if (token === this.current) this.current = '';
  }

  /** Keeps the session renewed until the returned function is called. */
  subscribe(listener: (state: SessionState) => void): () => void {
    this.listeners.add(listener);
    if (this.listeners.size === 1) {
      this.stopWatching = this.wakeups.onWake(() => this.wake());
      this.schedule();
    }
    return () => {
      if (!this.listeners.delete(listener) || this.listeners.size > 0) return;
      this.stopWatching();
      this.cancelTimer();
    };
  }

  /** Allows renewals again after the session has ended. */
  revive(): void {
    if (this.state === 'over') this.become('live');
    this.backoff.reset();
  }

  private take(token: Token): void {
    this.current = token.access_token;
    this.backoff.reset();
    this.setLifetime(token.expires_in);
    this.become('live');
  }

  private setLifetime(seconds: number): void {
    const lifetime = Math.max(seconds * 1000, MIN_LIFETIME);
    const share = 0.75 + 0.05 * this.clock.random();
    this.due = this.clock.now() + lifetime * share;
    this.end = this.clock.now() + lifetime;
  }

  private renew(): Promise<string> {
    this.renewal ??= this.source()
      .then((token) => {
        this.take(token);
        return token.access_token;
      })
      .catch((error: unknown) => {
        throw this.fail(failureOf(error));
      })
      .finally(() => {
        this.renewal = null;
        this.schedule();
      });
    return this.renewal;
  }

  private fail(failure: Failure): Failure {
    this.due = this.clock.now() + Math.max(this.backoff.next(), failure.retryAfter);
    this.become(failure.transient ? 'troubled' : 'over');
    return failure;
  }

  private schedule(): void {
    this.cancelTimer();
    if (this.listeners.size === 0 || this.state === 'over' || this.due === 0) return;
    this.cancelTimer = this.clock.after(Math.max(this.due - this.clock.now(), 0), () => this.wake());
  }

  // A hidden page renews when it becomes visible again: it sends no requests meanwhile.
  private wake(): void {
    if (this.wakeups.hidden() || this.state === 'over' || this.due === 0) return;
    if (this.clock.now() < this.due) this.schedule();
    else this.renew().catch(() => {}); // reported through the state
  }

  private become(state: SessionState): void {
    if (state === this.state) return;
    this.state = state;
    for (const listener of [...this.listeners]) listener(state);
  }
}
