// The script of the iframe page: draws the data that the page contains, renews its token, and reports its height to the
// parent page.

import './oriel.js';
import type { OrielDashboard } from './dashboard.js';
import { loadCharts } from './charts-loader.js';
import { Failure } from './failure.js';
import { fetchAndRead, expectOk } from './fetcher.js';
import type { Token, ApiEmbed } from './types.js';

/** Returns the page's data; null on an error page. */
function inlined(): ApiEmbed | null {
  const text = document.getElementById('oriel-data')?.textContent;
  return text ? (JSON.parse(text) as ApiEmbed) : null;
}

// A host's token is renewed with itself, for as long as the host allows. Anonymous visitors get a new session: the page's
// own URL, requested as JSON, contains a new token.
let current: ApiEmbed | null = null;

async function renewToken(): Promise<Partial<Token>> {
  if (!hasHostToken || !current?.token) return newToken();
  const headers = { Authorization: `Bearer ${current.token.access_token}` };
  const token = await fetchAndRead(
    `${current.base}/v1/tokens:renew`,
    { method: 'POST', headers },
    expectOk((r) => r.json() as Promise<Token>),
  );
  current.token = token;
  return token;
}

async function newToken(): Promise<Partial<Token>> {
  const page = await fetchAndRead(
    location.href,
    { headers: { Accept: 'application/json' } },
    expectOk((r) => r.json() as Promise<ApiEmbed>),
  );
  if (!page.token) throw new Failure('over');
  return page.token;
}

function mount(data: ApiEmbed): OrielDashboard {
  const parameters = new URLSearchParams(location.search);
  const element = document.createElement('oriel-dashboard') as OrielDashboard;
  element.setAttribute('name', data.name);
  element.setAttribute('heading-level', '1');
  for (const name of ['view', 'range', 'lang']) {
    const value = parameters.get(name);
    if (value) element.setAttribute(name, value);
  }
  const theme = parameters.get('theme') ?? 'auto';
  element.setAttribute('theme', theme);
  document.documentElement.dataset.theme = theme;
  element.tokenProvider = renewToken;
  element.initial = data;
  (document.querySelector('main') ?? document.body).append(element);
  return element;
}

// Posts the height, and nothing else, to any parent page, so that it can size the frame without a scroll bar.
function postHeight(element: Element): void {
  if (window.parent === window) return;
  let posted = 0;
  new ResizeObserver(() => {
    const height = Math.ceil(document.documentElement.getBoundingClientRect().height);
    if (height === posted) return;
    posted = height;
    window.parent.postMessage({ type: 'oriel:height', height }, '*');
  }).observe(element);
}

// A code is single-use: a reload or a copied URL must not use it again.
function hideCode(): void {
  const address = new URL(location.href);
  if (!address.searchParams.has('code')) return;
  address.searchParams.delete('code');
  history.replaceState(null, '', address);
}

const data = inlined();
current = data;
const hasHostToken = ['token', 'code'].some((name) => new URLSearchParams(location.search).has(name));
hideCode();
if (data) {
  loadCharts().catch(() => {}); // starts early; the element reports a failure
  postHeight(mount(data));
}
