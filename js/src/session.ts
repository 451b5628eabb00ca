import { Backoff } from './backoff.js';
import type { Clock, Wakeups } from './clock.js';
import { failureOf } from './failure.js';
import type { Failure } from './failure.js';
import type { Token } from './types.js';

/** `live`: a token is there or can be had. `troubled`: renewing fails for now. `over`: it cannot be renewed. */
export type SessionState = 'live' | 'troubled' | 'over';

/** Where a session's tokens come from. Rejects with a Failure. */
export type TokenSource = () => Promise<Token>;

/** The least between two renewals, so that a token that is born dead cannot make a storm. */
const LEAST_LIFE = 5_000;

/**
 * An embed token and its renewals, shared by all elements that ask for the same. The token lives in
 * this object and nowhere else. How long it lives is measured from when it came, with a monotonic
 * clock, against the server's `expires_in`: the viewer's wall clock does not matter.
 */
export class Session {
  state: SessionState = 'live';

  private current = '';
  /** When to renew, and when the token ends, on the monotonic clock. */
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

  /** A token that is good by the server's clock, renewed first when it must be. */
  token(): Promise<string> {
    if (this.current !== '' && this.clock.now() < this.end) return Promise.resolve(this.current);
    return this.renew();
  }

  /** Takes a token that came by another way: inlined in the page, or given by the host. */
  adopt(token: Token): void {
    this.take(token);
    this.schedule();
  }

  /** Corrects how long the current token still lives, in seconds, as an answer said. */
  correct(expiresIn: number | undefined): void {
    if (this.current === '' || expiresIn === undefined || !(expiresIn >= 0)) return;
    this.lives(expiresIn);
    this.schedule();
  }

  /** The server refused this token. A newer one that came meanwhile is kept. */
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

  /** Asks again after the session was over, because somebody pressed a button. */
  revive(): void {
    if (this.state === 'over') this.become('live');
    this.backoff.reset();
  }

  private take(token: Token): void {
    this.current = token.access_token;
    this.backoff.reset();
    this.lives(token.expires_in);
    this.become('live');
  }

  private lives(seconds: number): void {
    const life = Math.max(seconds * 1000, LEAST_LIFE);
    const share = 0.75 + 0.05 * this.clock.random();
    this.due = this.clock.now() + life * share;
    this.end = this.clock.now() + life;
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

  // A hidden page renews when it is looked at again: nobody asks with its token meanwhile.
  private wake(): void {
    if (this.wakeups.hidden() || this.state === 'over' || this.due === 0) return;
    if (this.clock.now() < this.due) this.schedule();
    else this.renew().catch(() => {}); // said through the state
  }

  private become(state: SessionState): void {
    if (state === this.state) return;
    this.state = state;
    for (const listener of [...this.listeners]) listener(state);
  }
}
