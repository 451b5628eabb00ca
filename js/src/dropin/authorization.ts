import { Failure, failureOf } from '../failure.js';
import { Session } from '../session.js';
import type { Clock, Wakeups } from '../clock.js';
import type { TokenSource } from '../session.js';
import type { Token } from '../types.js';
import { later, report } from './callbacks.js';
import { publicSource, renewingSource } from './token.js';

/** Is called after changes, in a task of its own. */
export interface AuthorizationListener {
  signedIn?(): void;
  signedOut?(): void;
  /** The page has no access, or lost it. */
  needed?(failure: Failure): void;
  /** The server failed for now; the request is retried. */
  failed?(failure: Failure): void;
}

/** `none`: not requested yet. `asking`: pending. `troubled`: failed, and is retried. `refused`: denied by the server. `out`: the page signed out. */
export type AuthorizationState = 'none' | 'asking' | 'troubled' | 'in' | 'refused' | 'out';

const SIGNED_OUT = 'Not signed in: call gapi.analytics.auth.authorize first.';

/** The page's session: one at a time, with a token that the page provides or with a public one. */
export class Authorization {
  state: AuthorizationState = 'none';
  /** Counts the sessions: responses of one are not shared with another. */
  generation = 0;

  private session: Session | null = null;
  /** The token that the page provided; empty for a public session. */
  private given = '';
  /** The latest token, for pages that send requests themselves. */
  private latest: Token | null = null;
  private unsubscribe: () => void = () => {};
  /** Why there is no token. */
  denial = new Failure('over', SIGNED_OUT);
  private waiting: (() => void)[] = [];
  private readonly listeners: AuthorizationListener[] = [];

  constructor(
    private readonly base: string,
    private readonly clock: Clock,
    private readonly wakeups: Wakeups,
  ) {}

  listen(listener: AuthorizationListener): void {
    this.listeners.push(listener);
  }

  /** The current token; null while there is none. */
  get current(): Token | null {
    return this.state === 'in' ? this.latest : null;
  }

  /** True unless the token came from the page's server. */
  get isPublic(): boolean {
    return this.given === '';
  }

  /** Signs in with a token of the page's server. The same token again only repeats the event. */
  enter(token: Token, quietly = false): void {
    if (this.state !== 'in' || token.access_token !== this.given) {
      this.begin(renewingSource(this.base, token), token.access_token);
      this.latest = token;
      this.session?.adopt(token);
    }
    this.arrive(quietly);
  }

  /** Requests a public token, unless there is a session. */
  enterPublic(): void {
    if (this.state === 'in') this.arrive(false);
    if (this.state === 'in' || this.pending) return;
    const session = this.begin(publicSource(this.base), '');
    this.state = 'asking';
    session.token().then(
      () => this.isOf(session) && this.pending && this.arrive(false),
      () => {}, // reported through the session's state
    );
  }

  exit(quietly = false): void {
    this.end();
    this.state = 'out';
    this.denial = new Failure('over', SIGNED_OUT);
    this.wake();
    if (!quietly) this.notify((listener) => listener.signedOut?.());
  }

  /** Resolves to a token, once there is a session and the server has answered. Rejects with a Failure. */
  async token(): Promise<string> {
    if (this.state === 'none' || this.state === 'asking') await new Promise<void>((resolve) => this.waiting.push(resolve));
    const { session } = this;
    if (!session || this.state !== 'in') throw this.denial;
    try {
      return await session.token();
    } catch (error) {
      const failure = failureOf(error);
      if (this.isOf(session) && !failure.transient) this.refused(failure);
      throw failure;
    }
  }

  /** Discards a token that the server refused. */
  refuse(token: string): void {
    this.session?.refuse(token);
  }

  /** The server refused a new token too. */
  over(message: string): void {
    if (this.state === 'in') this.refused(new Failure('over', message));
  }

  /** Resolves once no request for a token is pending. */
  settled(): Promise<void> {
    return this.state === 'asking' ? new Promise((resolve) => this.waiting.push(resolve)) : Promise.resolve();
  }

  private begin(source: TokenSource, given: string): Session {
    this.end();
    this.given = given;
    let failure = this.denial;
    const session: Session = new Session(
      async () => {
        try {
          const token = await source();
          if (this.isOf(session)) this.latest = token;
          return token;
        } catch (error) {
          throw (failure = failureOf(error));
        }
      },
      this.clock,
      this.wakeups,
    );
    this.session = session;
    this.generation++;
    // Once signed in, a failed renewal matters only to the next request: the token may still be valid.
    this.unsubscribe = session.subscribe((state) => {
      if (!this.pending) return;
      if (state === 'live') this.arrive(false);
      else this.refused(failure);
    });
    return session;
  }

  private end(): void {
    this.unsubscribe();
    this.unsubscribe = () => {};
    this.session = null;
    this.latest = null;
  }

  private get pending(): boolean {
    return this.state === 'asking' || this.state === 'troubled';
  }

  private isOf(session: Session): boolean {
    return this.session === session;
  }

  private arrive(quietly: boolean): void {
    this.state = 'in';
    this.wake();
    if (!quietly) this.notify((listener) => listener.signedIn?.());
  }

  private refused(failure: Failure): void {
    this.denial = failure;
    if (failure.transient) {
      this.state = 'troubled';
      this.wake();
      this.notify((listener) => listener.failed?.(failure));
      return;
    }
    this.end();
    this.state = 'refused';
    this.wake();
    this.notify((listener) => listener.needed?.(failure));
  }

  private wake(): void {
    const waiting = this.waiting;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }

  private notify(event: (listener: AuthorizationListener) => void): void {
    later(() => {
      for (const listener of this.listeners) {
        try {
          event(listener);
        } catch (error) {
          report(error);
        }
      }
    });
  }
}
