// The script of the page for an iframe: draws what the page holds, keeps its token renewed by asking for the page
// again, and tells the page around it how high it is.

import './oriel.js';
import { fetchJSON } from './client.js';
import type { OrielDashboard } from './dashboard.js';
import { loadCharts } from './charts-loader.js';
import { Failure } from './failure.js';
import type { Token, WireEmbed } from './wire.js';

/** The page's data; null when it holds none, as an error page does. */
function inlined(): WireEmbed | null {
  const text = document.getElementById('oriel-data')?.textContent;
  return text ? (JSON.parse(text) as WireEmbed) : null;
}

// The page's own address answers JSON when asked for it, and has a fresh token in it.
async function renewed(): Promise<Partial<Token>> {
  const page = await fetchJSON(location.href, { headers: { Accept: 'application/json' } }, (r) => r.json() as Promise<WireEmbed>);
  if (!page.token) throw new Failure('over');
  return page.token;
}

function mount(data: WireEmbed): OrielDashboard {
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

const data = inlined();
if (data) {
  loadCharts().catch(() => {}); // begins now; the element says when it fails
  tellHeight(mount(data));
}
