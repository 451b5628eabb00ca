// The URL that this script was loaded from.

const OURS = /^https?:[^?#]*[/:](?:platform|client|api|plusone)\.js(?:[?#]|$)/;
const GOOGLE = /^https?:\/\/([\w-]+\.)*google(?:apis)?\.com\//;

/** Returns the server's base URL: `/platform.js` and `/js/client.js` have the same. */
export function serverURLOf(script: string): string {
  const url = new URL(script);
  url.pathname = url.pathname.replace(/(?:\/js)?\/[^/]*$/, '/');
  url.search = '';
  url.hash = '';
  return url.href;
}

/** Returns the global function to call: `?onload=NAME`. */
export function onloadOf(script: string): string {
  return new URL(script).searchParams.get('onload') ?? '';
}

/**
 * Returns this script's URL. A script that a loader evaluates has no currentScript; then the script elements are searched.
 * Other hosts serve an api.js too and must not get the page's token, so a script of another host must be named platform.js.
 */
export function ownScriptURL(running: HTMLScriptElement | null): string {
  if (running?.src) return running.src;
  const all = [...document.querySelectorAll<HTMLScriptElement>('script[src]')].map((script) => script.src);
  const ours = all.filter((src) => OURS.test(src) && !GOOGLE.test(src));
  const here = new URL('/', location.href).href;
  return ours.filter((src) => src.startsWith(here) || /[/:]platform\.js(?:[?#]|$)/.test(src)).at(-1) ?? new URL('/platform.js', here).href;
}
