// Downloads the data of a panel as CSV. Loaded with the charts.

import type { Client } from './client.js';
import { h } from './dom.js';
import { fill, inLanguage } from './i18n/index.js';
import { csvTexts } from './i18n/panel.js';
import { stringify } from './builtins.js';
import type { DateRange } from './types.js';

/** What is exported: a panel of a dashboard, or a query on a view. */
export type ExportSource = { client: Client; view: string } & (
  | { board: string; panel: string; range: DateRange }
  | { query: object; realtime: boolean }
);

/** What the button exports, and how it is labelled. */
export interface ExportOffer {
  source: ExportSource;
  title: string;
  locale: string;
  /** Returns an error's message. Passed in, because this bundle has a Failure class of its own. */
  explain: (error: unknown) => string;
}

/** A button that downloads a panel's data, and a line for the outcome. */
export class CsvExport {
  readonly button = h('button', { class: 'save', part: 'save', type: 'button', onclick: () => void this.press() }, 'CSV');
  readonly status = h('span', { class: 'export-status', role: 'status', dir: 'auto' });
  private busy = false;

  constructor(private offered: ExportOffer) {
    this.offer(offered);
  }

  /** Replaces what is exported; the button stays and keeps the focus. */
  offer(offer: ExportOffer): void {
    this.offered = offer;
    if (!this.busy) this.setStatus(''); // the outcome was of other data
    const label = fill(inLanguage(csvTexts, offer.locale).save, { title: offer.title });
    this.button.setAttribute('aria-label', label);
    this.button.title = label;
  }

  private async press(): Promise<void> {
    if (this.busy) return;
    const { source, locale, explain } = this.offered;
    const texts = inLanguage(csvTexts, locale);
    if (isBlocked()) return this.setStatus(texts.sealed);
    this.busy = true;
    this.button.setAttribute('aria-disabled', 'true'); // a disabled button would lose the focus
    this.setStatus('');
    try {
      const file = await fetchCsv(source);
      download(file);
      this.setStatus(fill(isFramed() ? texts.framed : texts.saved, { name: file.name }));
    } catch (error) {
      this.setStatus(explain(error));
    } finally {
      this.busy = false;
      this.button.removeAttribute('aria-disabled');
    }
  }

  private setStatus(text: string): void {
    this.status.textContent = text;
  }
}

/** A file and the name that the server gave it. */
export interface CsvFile {
  name: string;
  content: Blob;
}

/** Fetches the CSV of what is shown. */
export function fetchCsv(source: ExportSource): Promise<CsvFile> {
  const { client, view } = source;
  const signal = new AbortController().signal; // never aborted: only the request timeout applies
  if ('panel' in source) {
    const { board, panel, range } = source;
    const url = new URL(`v1/dashboards/${encodeURIComponent(board)}/panels/${encodeURIComponent(panel)}:export`, client.base);
    url.searchParams.set('view', view);
    url.searchParams.set('range', `${range.startDate}..${range.endDate}`); // explicit dates: "yesterday" changes at midnight
    return client.fetch(url.href, {}, signal, readFile);
  }
  const url = new URL(`v1/views/${encodeURIComponent(view)}:${source.realtime ? 'exportRealtimeReport' : 'exportReport'}`, client.base);
  const init = { method: 'POST', body: stringify(source.query), headers: { 'Content-Type': 'application/json' } };
  return client.fetch(url.href, init, signal, readFile);
}

// As a blob: reading it as text would drop the byte order mark.
async function readFile(response: Response): Promise<CsvFile> {
  const [, name = 'oriel.csv'] = /filename="([\w.-]+)"/.exec(response.headers.get('Content-Disposition') ?? '') ?? [];
  return { name, content: await response.blob() };
}

const MINUTE = 60_000;

// From memory, so that no URL contains a token.
function download({ name, content }: CsvFile): void {
  const url = URL.createObjectURL(content);
  h('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), MINUTE);
}

function isFramed(): boolean {
  return window.parent !== window;
}

// A frame cannot query its sandbox flags. An opaque origin cannot reach the server, and the frame element's attribute,
// where it is accessible, tells whether downloads are allowed.
function isBlocked(): boolean {
  if (!isFramed()) return false;
  const sandbox = window.frameElement?.getAttribute('sandbox') ?? null;
  return window.origin === 'null' || (sandbox !== null && !/\ballow-downloads\b/.test(sandbox));
}
