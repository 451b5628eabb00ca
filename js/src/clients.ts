import { browserClock, browserWakeups } from './clock.js';
import { Client, checkToken, fetchToken } from './client.js';
import { Session } from './session.js';
import type { Token } from './types.js';

/** What an anonymous token is requested for: a dashboard or a view. */
export interface Scope {
  kind: 'dashboard' | 'view';
  name: string;
}

/** A function of the host page that returns a token or its endpoint's response. */
export type TokenProvider = () => Promise<string | Partial<Token>>;

// One client, and so one session and one token, for all elements of the page with the same scope.
const shared = new Map<string, Client>();

function client(key: string, base: string, source: () => Promise<Token>): Client {
  let found = shared.get(key);
  if (!found) shared.set(key, (found = new Client(base, new Session(source, browserClock, browserWakeups))));
  return found;
}

/** Returns the client of anonymous visitors. */
export function anonymousClient(base: string, scope: Scope): Client {
  const url = new URL('token', base);
  url.searchParams.set(scope.kind, scope.name);
  return client(url.href, base, () => fetchToken(url.href));
}

/**
 * Returns the client of visitors that the host authenticates: its endpoint returns the same JSON as /token. The host's
 * cookies are sent to the host's origin only, never to this server.
 */
export function hostClient(base: string, endpoint: string): Client {
  const url = new URL(endpoint, document.baseURI).href;
  return client(`${base}\n${url}`, base, () => fetchToken(url, { credentials: 'same-origin' }));
}

/** Returns a client for one element, whose tokens come from the page. */
export function ownClient(base: string, provider: TokenProvider): Client {
  const source = async () => checkToken(await provider());
  return new Client(base, new Session(source, browserClock, browserWakeups));
}
