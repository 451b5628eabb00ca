import { browserClock, browserWakeups } from './clock.js';
import { Client, checkToken, fetchToken } from './client.js';
import { Session } from './session.js';
import type { Token } from './types.js';

/** What an anonymous visitor's token is asked for: one dashboard, or one view. */
export interface Scope {
  kind: 'dashboard' | 'view';
  name: string;
}

/** A host's own way to a token: a function that answers what its backend answers. */
export type TokenProvider = () => Promise<string | Partial<Token>>;

// One client, and so one session and one token request, for all elements of the page that ask for the same.
const shared = new Map<string, Client>();

function client(key: string, base: string, source: () => Promise<Token>): Client {
  let found = shared.get(key);
  if (!found) shared.set(key, (found = new Client(base, new Session(source, browserClock, browserWakeups))));
  return found;
}

/** The client of anonymous visitors. */
export function anonymousClient(base: string, scope: Scope): Client {
  const url = new URL('token', base);
  url.searchParams.set(scope.kind, scope.name);
  return client(url.href, base, () => fetchToken(url.href));
}

/**
 * The client of visitors whom the host knows: its endpoint answers the same JSON as /token. The host's own
 * cookies go to the host's own origin, as with any request of its page; they never go to us.
 */
export function hostClient(base: string, endpoint: string): Client {
  const url = new URL(endpoint, document.baseURI).href;
  return client(`${base}\n${url}`, base, () => fetchToken(url, { credentials: 'same-origin' }));
}

/** A client of one element alone, whose tokens come from its page. */
export function ownClient(base: string, provider: TokenProvider): Client {
  const source = async () => checkToken(await provider());
  return new Client(base, new Session(source, browserClock, browserWakeups));
}
