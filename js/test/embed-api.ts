// A library for components to stand on: events are told at once, and options are merged one level deep.

import type { EmbedApi, Listing, Realtime } from '../src/components/embed-api.js';

type Handler = (...values: unknown[]) => void;

class Emitter {
  private handlers: { event: string; handler: Handler; once: boolean }[] = [];

  on(event: string, handler: Handler): this {
    this.handlers.push({ event, handler, once: false });
    return this;
  }

  once(event: string, handler: Handler): this {
    this.handlers.push({ event, handler, once: true });
    return this;
  }

  emit(event: string, ...values: unknown[]): this {
    const called = this.handlers.filter((entry) => entry.event === event);
    this.handlers = this.handlers.filter((entry) => !(entry.once && called.includes(entry)));
    for (const { handler } of called) handler.apply(this, values);
    return this;
  }
}

export class FakeComponent extends Emitter {
  private readonly options: Record<string, unknown> = {};

  constructor(options: Record<string, unknown> = {}) {
    super();
    this.set(options);
  }

  get(): Record<string, unknown> {
    return this.options;
  }

  set(options: Record<string, unknown>): this {
    Object.assign(this.options, options);
    return this;
  }
}

/** What a fake server answers: a result, or a refusal to throw. */
type Answer<T> = (parameters: Record<string, unknown>) => T;

class FakeAuth extends Emitter {
  authorized = true;

  isAuthorized(): boolean {
    return this.authorized;
  }

  signIn(): void {
    this.authorized = true;
    this.emit('signIn');
  }

  signOut(): void {
    this.authorized = false;
    this.emit('signOut');
  }
}

export class FakeApi {
  readonly auth = new FakeAuth();
  /** What was asked, in order. */
  readonly asked: Record<string, unknown>[] = [];
  realtime: Answer<Realtime> = () => ({});
  summaries: Answer<Listing> = () => ({});

  /** The library as components get it. */
  get surface(): EmbedApi {
    const request = <T>(parameters: Record<string, unknown>, answer: Answer<T>) => ({
      then: <R>(fulfilled: (response: { result: T }) => R, rejected?: (response: unknown) => R): Promise<R> => {
        this.asked.push(parameters);
        return new Promise<{ result: T }>((resolve) => resolve({ result: answer(parameters) })).then(fulfilled, rejected);
      },
    });
    return {
      analytics: { auth: this.auth, Component: FakeComponent, createComponent: () => undefined },
      client: {
        analytics: {
          management: { accountSummaries: { list: (parameters: Record<string, unknown>) => request(parameters, this.summaries) } },
          data: { realtime: { get: (parameters: Record<string, unknown>) => request(parameters, this.realtime) } },
        },
      },
    } as unknown as EmbedApi;
  }
}

/** A component with the methods, as createComponent makes one. */
export function componentOf<T>(methods: object, options: Record<string, unknown>): FakeComponent & T {
  class Made extends FakeComponent {}
  Object.assign(Made.prototype, methods);
  return new Made(options) as FakeComponent & T;
}

/** The events of a component, in order: [name, …values]. */
export function heard(component: FakeComponent, ...events: string[]): unknown[][] {
  const list: unknown[][] = [];
  for (const event of events) component.on(event, (...values) => list.push([event, ...values]));
  return list;
}
