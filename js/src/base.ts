import { currentScript } from './current-script.js';

/** Where a script was loaded from, as a base URL that ends in a slash; null when it cannot be told. */
export function baseOf(scriptURL: string | null | undefined): string | null {
  if (!scriptURL) return null;
  try {
    return new URL('.', scriptURL).href;
  } catch {
    return null;
  }
}

/** The URL that an element's `base` attribute names, resolved against the page and made to end in a slash. */
export function normalBase(attribute: string, page: string): string {
  const url = new URL(attribute, page);
  url.search = '';
  url.hash = '';
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url.href;
}

// A classic script is only known while it first runs: this line must run then.
const running = currentScript();

/**
 * The server that this script came from. A script that was bundled or loaded as a module has no
 * currentScript; then a script element that names oriel.js tells, and else the page's own server.
 */
export const ownBase: string =
  baseOf(running?.src) ??
  (typeof document === 'undefined'
    ? 'http://localhost/'
    : (baseOf(document.querySelector<HTMLScriptElement>('script[src*="oriel.js"]')?.src) ?? new URL('/', location.href).href));
