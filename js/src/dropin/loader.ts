// gapi.load and gapi.analytics.ready.

import { call, later } from './callbacks.js';
import { optionsOf } from './merge.js';
import type { Options } from './merge.js';

/** The modules of `gapi.load` that this script contains. */
const OWN = new Set(['analytics', 'auth', 'auth2', 'client', 'gapi.analytics', 'iframes', 'platform', 'signin2', 'sharedmodules']);

/** Callbacks that wait for the library, in order. */
export class ReadyQueue {
  private readonly waiting: unknown[] = [];
  private isOpen = false;

  /** Calls back once the library is loaded. */
  add(callback: unknown): void {
    if (this.isOpen) call(callback);
    else this.waiting.push(callback);
  }

  open(): void {
    this.isOpen = true;
    // Callbacks added meanwhile are called immediately.
    for (const callback of this.waiting.splice(0)) call(callback);
  }
}

/**
 * gapi.load: `names` are separated by colons. Other modules are passed on to the previous gapi.load; without one, they are
 * an error if the caller has an error handler.
 */
export function loaderOf(before: unknown, open: () => void): (names: unknown, config?: unknown, more?: unknown) => void {
  return (names, config, more) => {
    const { callback = more, onerror } = typeof config === 'function' ? { callback: config } : optionsOf(config);
    const foreign = String(names)
      .split(':')
      .filter((name) => name !== '' && !OWN.has(name));
    whenParsed(() => {
      open();
      if (foreign.length === 0) call(callback);
      else if (typeof before === 'function') before(foreign.join(':'), config, more);
      else call(typeof onerror === 'function' ? onerror : callback);
    });
  };
}

/** Calls back in a task of its own, once the document is parsed: pages rely on how long Google's library took to load. */
export function whenParsed(callback: () => void): void {
  if (document.readyState !== 'loading') later(callback);
  else document.addEventListener('DOMContentLoaded', () => later(callback), { once: true });
}

/** Calls the global function that the script's URL names, as soon as the page defines it. */
export function callOnload(name: string): void {
  if (!name) return;
  const callNamed = () => call(globalNamed(name));
  if (typeof globalNamed(name) === 'function' || document.readyState === 'complete') later(callNamed);
  else window.addEventListener('load', callNamed, { once: true });
}

/** Returns a global by its name, which may be a path ("app.start"). */
export function globalNamed(name: string): unknown {
  return name.split('.').reduce<unknown>((scope, part) => (scope as Options | undefined)?.[part], window);
}
