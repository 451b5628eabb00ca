// The public part of the Embed API that the components use.

/** What `createComponent` gives to everything made with it. */
export interface Component<Options> {
  get(): Options;
  set(options: Options): this;
  execute(): unknown;
  on(event: string, handler: (...values: never[]) => void): this;
  once(event: string, handler: (...values: never[]) => void): this;
  off(event?: string, handler?: (...values: never[]) => void): this;
  emit(event: string, ...values: unknown[]): this;
}

/** A request to Google's client library: nothing is sent before `then`. */
export interface Request<Result> {
  then<T>(fulfilled: (response: { result: Result }) => T, rejected?: (response: unknown) => T): PromiseLike<T>;
}

/** A page of a management list. */
export interface Listing {
  items?: unknown[];
  totalResults?: number;
}

/** The used part of a realtime response. */
export interface Realtime {
  totalResults?: number;
  rows?: string[][];
}

export interface Authorization {
  isAuthorized(): boolean;
  on(event: string, handler: () => void): unknown;
  once(event: string, handler: () => void): unknown;
}

export interface EmbedApi {
  analytics: {
    auth: Authorization;
    Component: { prototype: Component<object> };
    createComponent(name: string, methods: object): unknown;
  };
  client: {
    analytics: {
      management: { accountSummaries: { list(parameters: Record<string, unknown>): Request<Listing> } };
      data: { realtime: { get(parameters: Record<string, unknown>): Request<Realtime> } };
    };
  };
}

/** The queue that the loader's snippet creates before the library is loaded. */
interface Queue {
  q?: (() => void)[];
  ready(callback: () => void): void;
}

/**
 * Creates a component once the library is loaded. A component's script may run before the library and before the snippet
 * that loads it: then it leaves a queue, as the snippet does.
 */
export function register(name: string, methods: (api: EmbedApi) => object, scope: object = window): void {
  const page = scope as { gapi?: { analytics?: Queue } };
  page.gapi ??= {};
  if (!page.gapi.analytics) leaveQueue(page.gapi);
  page.gapi.analytics?.ready(() => {
    const api = page.gapi as unknown as EmbedApi;
    api.analytics.createComponent(name, methods(api));
  });
}

// The snippet replaces this queue by its own: waiting callbacks move there, to the front.
function leaveQueue(gapi: { analytics?: Queue }): void {
  const q: (() => void)[] = [];
  let analytics: Queue = { q, ready: (callback) => void q.push(callback) };
  Object.defineProperty(gapi, 'analytics', {
    configurable: true,
    enumerable: true,
    get: () => analytics,
    set(next: Queue) {
      next.q?.unshift(...q.splice(0));
      analytics = next;
    },
  });
}

/** Returns any reason as an Error, with the message of the client library's error body. */
export function errorOf(reason: unknown): Error {
  if (reason instanceof Error) return reason;
  const refusal = reason as { result?: { error?: { message?: string } }; error?: { message?: string } } | null | undefined;
  return new Error(refusal?.result?.error?.message ?? refusal?.error?.message ?? String(reason));
}

/** Calls back once the page is authorized. */
export function whenAuthorized(auth: Authorization, callback: () => void): void {
  if (auth.isAuthorized()) callback();
  else auth.once('signIn', callback);
}
