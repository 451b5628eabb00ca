// gapi.load and gapi.analytics.ready.

import { call, later } from './callbacks.js';
import { optionsOf } from './merge.js';
import type { Options } from './merge.js';

/** What `gapi.load` can be asked for here; all of it is in this script. */
const OWN = new Set(['analytics', 'auth', 'auth2', 'client', 'gapi.analytics', 'iframes', 'platform', 'signin2', 'sharedmodules']);

/** Callbacks that wait for the library, in their order. */
export class ReadyQueue {
  private readonly waiting: unknown[] = [];
  private isOpen = false;

  /** Calls back once the library is there; at once when it is. */
  add(callback: unknown): void {
    if (this.isOpen) call(callback);
    else this.waiting.push(callback);
  }

  open(): void {
    this.isOpen = true;
    // A callback may add others, which are then called at once.
    for (const callback of this.waiting.splice(0)) call(callback);
  }
}

/**
 * gapi.load: `names` are parted by colons. What is not ours is left to whoever loaded such things before; without
 * one, it is an error for a caller who wants to hear of errors.
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

/**
 * Calls back in a task of its own, once the document is parsed. Google's library took so long to load that pages
 * could count on it.
 */
export function whenParsed(callback: () => void): void {
  if (document.readyState !== 'loading') later(callback);
  else document.addEventListener('DOMContentLoaded', () => later(callback), { once: true });
}

/** Calls the global function that the script's address named, as soon as the page has it. */
export function callOnload(name: string): void {
  if (!name) return;
  const callNamed = () => call(globalNamed(name));
  if (typeof globalNamed(name) === 'function' || document.readyState === 'complete') later(callNamed);
  else window.addEventListener('load', callNamed, { once: true });
}

/** What a page's global scope has by a name, which may be a path ("app.start"). */
export function globalNamed(name: string): unknown {
  return name.split('.').reduce<unknown>((scope, part) => (scope as Options | undefined)?.[part], window);
}
