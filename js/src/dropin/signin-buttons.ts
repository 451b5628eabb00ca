// Sign-in buttons in the page's markup, of both of Google's libraries.

import { call } from './callbacks.js';
import { globalNamed } from './loader.js';
import type { Options } from './merge.js';

/** Returns a function that calls the global of that name at the time of the call. */
function calling(name: string | undefined): (...args: unknown[]) => void {
  return (...args) => call(globalNamed(name ?? ''), ...args);
}

/**
 * Renders each `<p class="g-signin2" data-onsuccess="NAME">`, and each `g-signin` with a `data-callback`, now and when it is
 * added later. Returns a function that searches for new ones.
 */
export function watchButtons(signin2: Options, oauth: Options): () => void {
  const seen = new WeakSet<Element>();
  const render = signin2['render'] as (button: Element, options: Options) => void;
  const signIn = oauth['signIn'] as (options: Options) => void;
  const found = document.getElementsByClassName('g-signin2');
  const older = document.getElementsByClassName('g-signin');
  const look = (): void => {
    for (const button of [...found, ...older] as HTMLElement[]) {
      if (seen.has(button)) continue;
      seen.add(button);
      const { onsuccess, onfailure, callback } = button.dataset;
      if (!button.classList.contains('g-signin2')) signIn({ callback: calling(callback) });
      else render(button, { onsuccess: calling(onsuccess), onfailure: calling(onfailure) });
    }
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
  look();
  return look;
}
