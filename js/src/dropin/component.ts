import { report } from './callbacks.js';
import { merge } from './merge.js';
import type { Options } from './merge.js';

/** A handler of a component's event; `this` is the component. */
export type Handler = (this: Component, ...args: never[]) => unknown;

/** What all components have, as gapi.analytics.Component. */
export interface Component {
  /** The options themselves: the page may modify them. */
  get(): Options;
  set(options?: unknown): this;
  on(event: string, handler: Handler): this;
  once(event: string, handler: Handler): this;
  /** Without a handler: all of the event; without an event: all. */
  off(event?: string, handler?: Handler): this;
  emit(event: string, ...args: unknown[]): this;
  execute(): unknown;
}

/** An ordinary constructor function: pages call it from their own constructors and extend its prototype. */
export interface ComponentClass {
  new (...args: unknown[]): Component;
  prototype: Component;
}

interface Listener {
  event: string;
  handler: Handler;
  once: boolean;
}

interface State {
  options: Options;
  listeners: Listener[];
}

const states = new WeakMap<object, State>();

// Created on first use: pages call the prototype's methods on objects that our constructor has not seen.
function stateOf(component: object): State {
  let state = states.get(component);
  if (!state) states.set(component, (state = { options: {}, listeners: [] }));
  return state;
}

function listen(component: Component, event: string, handler: Handler, once: boolean): void {
  if (typeof handler === 'function') stateOf(component).listeners.push({ event, handler, once });
}

const methods: Component = {
  get() {
    return stateOf(this).options;
  },
  set(options) {
    merge(stateOf(this).options, options);
    return this;
  },
  on(event, handler) {
    listen(this, event, handler, false);
    return this;
  },
  once(event, handler) {
    listen(this, event, handler, true);
    return this;
  },
  off(event, handler) {
    const state = stateOf(this);
    state.listeners = state.listeners.filter(
      (listener) => (event && listener.event !== event) || (handler && listener.handler !== handler),
    );
    return this;
  },
  emit(event, ...args) {
    const state = stateOf(this);
    for (const listener of [...state.listeners]) {
      // An earlier handler may have removed it.
      if (listener.event !== event || !state.listeners.includes(listener)) continue;
      if (listener.once) state.listeners.splice(state.listeners.indexOf(listener), 1);
      try {
        listener.handler.apply(this, args as never[]);
      } catch (error) {
        report(error);
      }
    }
    return this;
  },
  execute() {
    return this;
  },
};

/**
 * A class of components with the given members on its prototype, data among them. A member `initialize` is called
 * with the constructor's arguments, once the first of them has been copied into the options.
 */
export function define(members: object, parent: { prototype: object } = Object): ComponentClass {
  function Made(this: Component & { initialize?: unknown }, ...args: unknown[]): void {
    stateOf(this).options = merge({}, args[0]);
    if (typeof this.initialize === 'function') this.initialize(...args);
  }
  Made.prototype = Object.assign(Object.create(parent.prototype) as object, members);
  Object.defineProperty(Made.prototype, 'constructor', { value: Made, writable: true, configurable: true });
  return Made as unknown as ComponentClass;
}

/** gapi.analytics.Component. */
export const Component = define(methods);

/** The names of events, as gapi.analytics.EventType has them. */
export const EventType = {
  SUCCESS: 'success',
  ERROR: 'error',
  CHANGE: 'change',
  SIGNIN: 'signIn',
  SIGNOUT: 'signOut',
  NEEDS_AUTHORIZATION: 'needsAuthorization',
};
