// Where this script came from, and what its address asks for.

const OURS = /^https?:[^?#]*\/(?:platform|client|api)\.js(?:[?#]|$)/;
const GOOGLE = /^https?:\/\/([\w-]+\.)*google(?:apis)?\.com\//;

/** The server below which a script's address lies: `/platform.js` and `/js/client.js` are the same server's. */
export function serverOf(script: string): string {
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

/** This script's address. A loader that evaluates scripts leaves no currentScript: then an element that names us tells. */
export function ownAddress(running: Element | null): string {
  const own = (running as HTMLScriptElement | null)?.src;
  if (own) return own;
  const all = [...document.querySelectorAll<HTMLScriptElement>('script[src]')].map((script) => script.src);
  return all.filter((src) => OURS.test(src) && !GOOGLE.test(src)).at(-1) ?? new URL('/platform.js', location.href).href;
}
