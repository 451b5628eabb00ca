// Saves what a panel shows as a file. Loaded with the charts.

import type { Client } from './client.js';
import { h } from './dom.js';
import { fill, inLanguage, csvTexts } from './i18n/index.js';
import { stringify } from './builtins.js';
import type { DateRange } from './types.js';

/** What was asked for the figures that are shown: a panel of a dashboard, or a query about a view. */
export type ExportSource = { client: Client; view: string } & (
  | { board: string; panel: string; range: DateRange }
  | { query: object; realtime: boolean }
);

/** What is offered to be saved, and in which words. */
export interface Offer {
  origin: ExportSource;
  title: string;
  locale: string;
  /** The words for what went wrong. Not from here: this module has a Failure of its own. */
  explain: (error: unknown) => string;
}

/** A button that saves what a panel shows, and a line that says what became of it. */
export class CsvExport {
  readonly button = h('button', { class: 'save', part: 'save', type: 'button', onclick: () => void this.press() }, 'CSV');
  readonly status = h('span', { class: 'export-status', role: 'status', dir: 'auto' });
  private busy = false;

  constructor(private offered: Offer) {
    this.offer(offered);
  }

  /** Changes what is saved; the button stays, and keeps the focus. */
  offer(offer: Offer): void {
    this.offered = offer;
    if (!this.busy) this.say(''); // it was said of other figures
    const label = fill(inLanguage(csvTexts, offer.locale).save, { title: offer.title });
    this.button.setAttribute('aria-label', label);
    this.button.title = label;
  }

  private async press(): Promise<void> {
    if (this.busy) return;
    const { origin, locale, explain } = this.offered;
    const own = inLanguage(csvTexts, locale);
    if (isBlocked()) return this.say(own.sealed);
    this.busy = true;
    this.button.setAttribute('aria-disabled', 'true'); // a disabled button would lose the focus
    this.say('');
    try {
      const file = await fetchCsv(origin);
      download(file);
      this.say(fill(isFramed() ? own.framed : own.saved, { name: file.name }));
    } catch (error) {
      this.say(explain(error));
    } finally {
      this.busy = false;
      this.button.removeAttribute('aria-disabled');
    }
  }

  private say(text: string): void {
    this.status.textContent = text;
  }
}

/** A file as the server wrote it, and what it calls it. */
export interface CsvFile {
  name: string;
  content: Blob;
}

/** The file of what is shown. */
export function fetchCsv(origin: ExportSource): Promise<CsvFile> {
  const { client, view } = origin;
  const signal = new AbortController().signal; // somebody waits: only the time limit of every question ends it
  if ('panel' in origin) {
    const { board, panel, range } = origin;
    const url = new URL(`v1/dashboards/${encodeURIComponent(board)}/panels/${encodeURIComponent(panel)}:export`, client.base);
    url.searchParams.set('view', view);
    url.searchParams.set('range', `${range.startDate}..${range.endDate}`); // means the same after midnight
    return client.ask(url.href, {}, signal, readFile);
  }
  const url = new URL(`v1/views/${encodeURIComponent(view)}:${origin.realtime ? 'exportRealtimeReport' : 'exportReport'}`, client.base);
  const init = { method: 'POST', body: stringify(origin.query), headers: { 'Content-Type': 'application/json' } };
  return client.ask(url.href, init, signal, readFile);
}

// As bytes: read as text it would lose its byte order mark.
async function readFile(response: Response): Promise<CsvFile> {
  const [, name = 'oriel.csv'] = /filename="([\w.-]+)"/.exec(response.headers.get('Content-Disposition') ?? '') ?? [];
  return { name, content: await response.blob() };
}

const MINUTE = 60_000;

// No address holds a token: the file came by fetch, and goes to the browser from memory.
function download({ name, content }: CsvFile): void {
  const url = URL.createObjectURL(content);
  h('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), MINUTE);
}

function isFramed(): boolean {
  return window.parent !== window;
}

// A sandboxed frame learns of its sandbox only by what does not work in it: an origin of nobody cannot ask the server,
// and whether downloads work shows where the frame's own element can be seen.
function isBlocked(): boolean {
  if (!isFramed()) return false;
  const sandbox = window.frameElement?.getAttribute('sandbox') ?? null;
  return window.origin === 'null' || (sandbox !== null && !/\ballow-downloads\b/.test(sandbox));
}
