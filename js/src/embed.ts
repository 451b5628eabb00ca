// The script of the page for an iframe: draws what the page holds, keeps its token renewed by asking for the page
// again, and tells the page around it how high it is.

import './oriel.js';
import type { OrielDashboard } from './dashboard.js';
import { loadCharts } from './charts-loader.js';
import { Failure } from './failure.js';
import { fetchAndRead, expectOk } from './fetcher.js';
import type { Token, ApiEmbed } from './types.js';

/** The page's data; null when it holds none, as an error page does. */
function inlined(): ApiEmbed | null {
  const text = document.getElementById('oriel-data')?.textContent;
  return text ? (JSON.parse(text) as ApiEmbed) : null;
}

// The session of a host's token goes on for as long as the host lets it: the token is renewed with itself. Anonymous
// visitors begin anew: the page's own address answers JSON when asked for it, and has a fresh token in it.
let current: ApiEmbed | null = null;

async function renewed(): Promise<Partial<Token>> {
  if (!vouched || !current?.token) return begun();
  const headers = { Authorization: `Bearer ${current.token.access_token}` };
  const token = await fetchAndRead(
    `${current.base}/v1/tokens:renew`,
    { method: 'POST', headers },
    expectOk((r) => r.json() as Promise<Token>),
  );
  current.token = token;
  return token;
}

async function begun(): Promise<Partial<Token>> {
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
  element.tokenProvider = renewed;
  element.initial = data;
  (document.querySelector('main') ?? document.body).append(element);
  return element;
}

// The height, and nothing else, goes to whatever page is around: it can size the frame without a scroll bar.
function tellHeight(element: Element): void {
  if (window.parent === window) return;
  let told = 0;
  new ResizeObserver(() => {
    const height = Math.ceil(document.documentElement.getBoundingClientRect().height);
    if (height === told) return;
    told = height;
    window.parent.postMessage({ type: 'oriel:height', height }, '*');
  }).observe(element);
}

// A code is good once: what is copied from the address bar, or loaded again, must not spend it a second time.
function hideCode(): void {
  const address = new URL(location.href);
  if (!address.searchParams.has('code')) return;
  address.searchParams.delete('code');
  history.replaceState(null, '', address);
}

const data = inlined();
current = data;
const vouched = ['token', 'code'].some((name) => new URLSearchParams(location.search).has(name));
hideCode();
if (data) {
  loadCharts().catch(() => {}); // begins now; the element says when it fails
  tellHeight(mount(data));
}
