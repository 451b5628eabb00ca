import { Failure, failureOf } from '../failure.js';
import { Session } from '../session.js';
import type { Clock, Wakeups } from '../clock.js';
import type { TokenSource } from '../session.js';
import type { Token } from '../types.js';
import { later, report } from './callbacks.js';
import { publicSource, renewingSource } from './token.js';

/** Who is to hear of what happens; each is called in a task of its own. */
export interface AuthorizationListener {
  signedIn?(): void;
  signedOut?(): void;
  /** Nobody may see figures here, or not any more. */
  needed?(failure: Failure): void;
  /** The server cannot say for now; it is asked again. */
  failed?(failure: Failure): void;
}

/** `none`: nobody has asked yet. `asking`: on the way. `troubled`: it failed, and is asked again. `refused`: the server said no. `out`: the page signed out. */
export type AuthorizationState = 'none' | 'asking' | 'troubled' | 'in' | 'refused' | 'out';

const SIGNED_OUT = 'Not signed in: call gapi.analytics.auth.authorize first.';

/** On whose behalf this page asks: one session at a time, of a token that the page gave or of a public one. */
export class Authorization {
  state: AuthorizationState = 'none';
  /** Counts the sessions: answers of one are not those of another. */
  turn = 0;

  private session: Session | null = null;
  /** The token that the page gave, by which it is known again; empty for a public session. */
  private given = '';
  /** The last token that came; for pages that ask with it themselves. */
  private latest: Token | null = null;
  private leave: () => void = () => {};
  /** Why there is no token, where there is none. */
  denial = new Failure('over', SIGNED_OUT);
  private waiting: (() => void)[] = [];
  private readonly hearers: AuthorizationListener[] = [];

  constructor(
    private readonly base: string,
    private readonly clock: Clock,
    private readonly wakeups: Wakeups,
  ) {}

  hear(hearer: AuthorizationListener): void {
    this.hearers.push(hearer);
  }

  /** The token in force; null while there is none. */
  get current(): Token | null {
    return this.state === 'in' ? this.latest : null;
  }

  /** True when the session is anybody's: no token came from the page's server. */
  get isPublic(): boolean {
    return this.given === '';
  }

  /** Enters with a token of the page's server, at once. The same token again changes nothing but says so. */
  enter(token: Token, quietly = false): void {
    if (this.state !== 'in' || token.access_token !== this.given) {
      this.begin(renewingSource(this.base, token), token.access_token);
      this.latest = token;
      this.session?.adopt(token);
    }
    this.arrive(quietly);
  }

  /** Asks for a public token, unless a session is there. */
  enterPublic(): void {
    if (this.state === 'in') this.arrive(false);
    if (this.state === 'in' || this.pending) return;
    const session = this.begin(publicSource(this.base), '');
    this.state = 'asking';
    session.token().then(
      () => this.isOf(session) && this.pending && this.arrive(false),
      () => {}, // said through the session's state
    );
  }

  exit(quietly = false): void {
    this.end();
    this.state = 'out';
    this.denial = new Failure('over', SIGNED_OUT);
    this.wake();
    if (!quietly) this.tell((hearer) => hearer.signedOut?.());
  }

  /** A token to ask with; waits while nobody has said on whose behalf, or until the server has said or failed to. Rejects with a Failure. */
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

  /** The server does not take this token; the next one is a new one. */
  refuse(token: string): void {
    this.session?.refuse(token);
  }

  /** The server takes not even a new token. */
  over(message: string): void {
    if (this.state === 'in') this.refused(new Failure('over', message));
  }

  /** Calls back once it is decided who asks, or cannot be for now; at once when it is. */
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
    this.turn++;
    // Once in, a renewal that fails matters when somebody asks: the token may still be good.
    this.leave = session.subscribe((state) => {
      if (!this.pending) return;
      if (state === 'live') this.arrive(false);
      else this.refused(failure);
    });
    return session;
  }

  private end(): void {
    this.leave();
    this.leave = () => {};
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
    if (!quietly) this.tell((hearer) => hearer.signedIn?.());
  }

  private refused(failure: Failure): void {
    this.denial = failure;
    if (failure.transient) {
      this.state = 'troubled';
      this.wake();
      this.tell((hearer) => hearer.failed?.(failure));
      return;
    }
    this.end();
    this.state = 'refused';
    this.wake();
    this.tell((hearer) => hearer.needed?.(failure));
  }

  private wake(): void {
    const waiting = this.waiting;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }

  private tell(how: (hearer: AuthorizationListener) => void): void {
    later(() => {
      for (const hearer of this.hearers) {
        try {
          how(hearer);
        } catch (error) {
          report(error);
        }
      }
    });
  }
}
