// The Embed API and Google's client library as witnesses of ours, as far as ours has types; what is put together while the
// program runs is compared in test/witness.test.ts. Nothing here runs: this compiles exactly when nothing is missing.

import type { Auth } from '../src/dropin/auth.js';
import type { Batch } from '../src/dropin/batch.js';
import type { ComponentClass, EventType } from '../src/dropin/component.js';
import type { Metadata } from '../src/dropin/metadata.js';
import type { HttpRequest } from '../src/dropin/request.js';
import type { Misfit, Missing } from './compare.js';

/** The Embed API, which no published declarations describe, as its documentation and a look at the living library had it. */
declare namespace embed {
  type Handler = (...values: never[]) => void;

  class Component {
    constructor(options?: object);
    get(): Record<string, unknown>;
    set(options: object): this;
    execute(): unknown;
    on(event: string, handler: Handler): this;
    once(event: string, handler: Handler): this;
    off(event?: string, handler?: Handler): this;
    emit(event: string, ...values: unknown[]): unknown;
  }

  class Auth extends Component {
    authorize(options: {
      clientId?: string;
      clientid?: string;
      container?: string | Element;
      userInfoLabel?: string;
      scopes?: string[];
      overwriteDefaultScopes?: boolean;
      serverAuth?: { access_token: string };
    }): this;
    isAuthorized(): boolean;
    signOut(): unknown;
    getAuthResponse(): { access_token: string; scope: string } | null;
    getUserProfile(): { name: string; email: string; image: string } | null;
  }

  class Metadata extends Component {
    getColumn(id: string): unknown;
    isInitialized(): boolean;
  }

  namespace EventType {
    const SUCCESS: string;
    const ERROR: string;
    const CHANGE: string;
    const SIGNIN: string;
    const SIGNOUT: string;
    const NEEDS_AUTHORIZATION: string;
  }
}

interface OurEmbed {
  Component: ComponentClass;
  Auth: new (options?: object) => Auth;
  Metadata: new (options?: object) => Metadata;
  EventType: typeof EventType;
}

export const missing = {} satisfies Record<Missing<typeof embed, OurEmbed>, string>;

export const misfits = {} satisfies Record<Misfit<typeof embed, OurEmbed>, string>;

type Requests = Pick<typeof gapi.client, 'HttpRequest' | 'HttpBatch' | 'RpcRequest'>;

interface OurRequests {
  HttpRequest: typeof HttpRequest;
  RpcRequest: typeof HttpRequest;
  HttpBatch: typeof Batch;
}

export const missingOfRequests = {} satisfies Record<Missing<Requests, OurRequests>, string>;

/** What pages get from the library, and never make themselves. */
type Constructors = 'HttpRequest()' | 'RpcRequest()' | 'HttpBatch()';

/** What could not stand where theirs is expected, and why; all else could. */
export const misfitsOfRequests = {
  'HttpRequest#then': 'nobody knows before it comes what an answer holds; headers are an object, as the library had them, and no list',
  'HttpBatch#add': 'takes requests of this library only',
} satisfies Record<Exclude<Misfit<Requests, OurRequests>, Constructors>, string>;
