// Where this script came from, and what its address asks for.

const OURS = /^https?:[^?#]*[/:](?:platform|client|api|plusone)\.js(?:[?#]|$)/;
const GOOGLE = /^https?:\/\/([\w-]+\.)*google(?:apis)?\.com\//;

/** The server below which a script's address lies: `/platform.js` and `/js/client.js` are the same server's. */
export function serverURLOf(script: string): string {
  const url = new URL(script);
  url.pathname = url.pathname.replace(/(?:\/js)?\/[^/]*$/, '/');
  url.search = '';
  url.hash = '';
  return url.href;
}

/** The global function that the address says is to be called: `?onload=NAME`. */
export function onloadOf(script: string): string {
  return new URL(script).searchParams.get('onload') ?? '';
}

/**
 * This script's address. A loader that evaluates scripts leaves no running one: then an element that names us tells. Many
 * a host serves an api.js, and none but ours gets the page's token: one of another host must be called platform.js or client:platform.js.
 */
export function ownScriptURL(running: HTMLScriptElement | null): string {
  if (running?.src) return running.src;
  const all = [...document.querySelectorAll<HTMLScriptElement>('script[src]')].map((script) => script.src);
  const ours = all.filter((src) => OURS.test(src) && !GOOGLE.test(src));
  const here = new URL('/', location.href).href;
  return ours.filter((src) => src.startsWith(here) || /[/:]platform\.js(?:[?#]|$)/.test(src)).at(-1) ?? new URL('/platform.js', here).href;
}
