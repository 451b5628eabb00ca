// Embed tokens, as they come from pages and from the server.

import { DEFAULT_LIFETIME, fetchToken } from '../client.js';
import type { TokenSource } from '../session.js';
import type { Token } from '../types.js';
import { optionsOf } from './merge.js';

/** What a page hands over as `serverAuth`, as a token; null when it holds none. */
export function tokenOf(serverAuth: unknown): Token | null {
  const { access_token: text, expires_in: seconds } = optionsOf(serverAuth);
  if (typeof text !== 'string' || text === '') return null;
  const lives = [Number(seconds), lifeOf(text)].filter((life) => life > 0);
  return { access_token: text, expires_in: lives.length > 0 ? Math.min(...lives) : DEFAULT_LIFETIME };
}

/** Seconds from when a token was made to its end, by its own claims; 0 when it has none. */
export function lifeOf(token: string): number {
  try {
    const payload = (token.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/');
    const { iat, exp } = JSON.parse(atob(payload)) as { iat: unknown; exp: unknown };
    return Math.max(Number(exp) - Number(iat), 0) || 0;
  } catch {
    return 0;
  }
}

/** Tokens for anyone: the views that are public on this page's origin. */
export function publicSource(base: string): TokenSource {
  return () => fetchToken(new URL('token', base).href);
}

/** Tokens of a session that the page's server began: each is asked for with the one before. */
export function renewingSource(base: string, first: Token): TokenSource {
  let current = first.access_token;
  return async () => {
    const headers = { Authorization: `Bearer ${current}` };
    const token = await fetchToken(new URL('v1/tokens:renew', base).href, { method: 'POST', headers });
    current = token.access_token;
    return token;
  };
}
