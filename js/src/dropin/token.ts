// Embed tokens from pages and from the server.

import { DEFAULT_LIFETIME, fetchToken } from '../client.js';
import type { TokenSource } from '../session.js';
import type { Token } from '../types.js';
import { optionsOf } from './merge.js';

/** Returns the token in a page's `serverAuth`; null when there is none. */
export function tokenOf(serverAuth: unknown): Token | null {
  const { access_token: text, expires_in: seconds } = optionsOf(serverAuth);
  if (typeof text !== 'string' || text === '') return null;
  const lives = [Number(seconds), lifeOf(text)].filter((life) => life > 0);
  return { access_token: text, expires_in: lives.length > 0 ? Math.min(...lives) : DEFAULT_LIFETIME };
}

/** Returns a token's lifetime in seconds, from its claims; 0 when unknown. */
export function lifeOf(token: string): number {
  try {
    const payload = (token.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/');
    const { iat, exp } = JSON.parse(atob(payload)) as { iat: unknown; exp: unknown };
    return Math.max(Number(exp) - Number(iat), 0) || 0;
  } catch {
    return 0;
  }
}

/** Returns a source of public tokens, for the views that are public on the page's origin. */
export function publicSource(base: string): TokenSource {
  return () => fetchToken(new URL('token', base).href);
}

/** Returns a source that renews a token of the page's server, each with the one before. */
export function renewingSource(base: string, first: Token): TokenSource {
  let current = first.access_token;
  return async () => {
    const headers = { Authorization: `Bearer ${current}` };
    const token = await fetchToken(new URL('v1/tokens:renew', base).href, { method: 'POST', headers });
    current = token.access_token;
    return token;
  };
}
