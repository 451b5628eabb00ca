import { currentScript } from './current-script.js';

/** Returns the folder of a script as a base URL with a trailing slash; null when unknown. */
export function baseOf(scriptURL: string | null | undefined): string | null {
  if (!scriptURL) return null;
  try {
    return new URL('.', scriptURL).href;
  } catch {
    return null;
  }
}

/** Resolves an element's `base` attribute against the page, with a trailing slash. */
export function normalBase(attribute: string, page: string): string {
  const url = new URL(attribute, page);
  url.search = '';
  url.hash = '';
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url.href;
}

// currentScript is set only while a classic script first runs: this line must run then.
const running = currentScript();

/**
 * The server that this script was loaded from. A bundled script or a module has no currentScript: then it is the server of
 * the script element for oriel.js, or else the page's.
 */
export const ownBase: string =
  baseOf(running?.src) ??
  (typeof document === 'undefined'
    ? 'http://localhost/'
    : (baseOf(document.querySelector<HTMLScriptElement>('script[src*="oriel.js"]')?.src) ?? new URL('/', location.href).href));
