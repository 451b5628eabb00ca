// Google's URLs, mapped to paths of this server.

// The token is sent in a header; the others are options of Google's frontend.
const DROPPED = ['access_token', 'oauth_token', 'key', 'callback', 'alt', 'prettyPrint', 'quotaUser', 'userIp', '_src'];

/** Returns the path below the server's base for a URL of `gapi.client.request`; null for other APIs. */
export function neutralPath(path: string, base: string): { path: string; parameters: Record<string, string> } | null {
  let url: URL;
  try {
    url = new URL(path.startsWith('/') ? path : path.replace(/^(?!\w+:)/, '/'), 'https://www.googleapis.com');
  } catch {
    return null;
  }
  const below = pathBelow(url, base);
  if (below === null) return null;
  const parameters = Object.fromEntries(url.searchParams);
  for (const name of DROPPED) delete parameters[name];
  return { path: below, parameters };
}

function pathBelow(url: URL, base: string): string | null {
  const own = url.href.startsWith(base);
  if (!own && !(url.protocol.startsWith('http') && /^(\w+\.)?googleapis\.com$/.test(url.hostname))) return null;
  const rest = own ? `/${url.href.slice(base.length).replace(/[?#].*$/s, '')}` : url.pathname;
  const known = /^\/(?:analytics\/|analyticsreporting\/)?(v3\/(?:data|management|metadata)\/.+|v4\/reports:batchGet)$/.exec(rest);
  return known?.[1] ?? null;
}

/** Returns the parameters without those that are dropped. */
export function withoutDropped(parameters: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(parameters).filter(([name]) => !DROPPED.includes(name)));
}
