import type { GoogleReport } from './data/report.js';
import { Failure } from './failure.js';
import { fetchAndRead, fetchWithToken, expectOk } from './fetcher.js';
import { RequestDedup } from './request-dedup.js';
import { stringify } from './builtins.js';
import type { Session } from './session.js';
import type { Age, Freshness, Notice, Stale, Token, ApiDashboard } from './types.js';

/** A report and its age. */
export interface ReportResponse extends Age {
  report: GoogleReport;
}

/** Fetches a token from /token, or from a host's endpoint with the same response. */
export function fetchToken(url: string, init: RequestInit = {}): Promise<Token> {
  return fetchAndRead(
    url,
    init,
    expectOk(async (response) => checkToken(await response.json())),
  );
}

/** Returns the value as a token; throws a Failure when it is none. A bare string is a token of unknown lifetime. */
export function checkToken(value: unknown): Token {
  if (typeof value === 'string' && value !== '') return { access_token: value, expires_in: DEFAULT_LIFETIME };
  const token = value as Partial<Token> | null;
  if (typeof token?.access_token !== 'string' || token.access_token === '') {
    throw new Failure('over', 'The response has no access_token.');
  }
  const seconds = Number(token.expires_in ?? DEFAULT_LIFETIME);
  return { access_token: token.access_token, expires_in: seconds > 0 ? seconds : DEFAULT_LIFETIME };
}

/** For tokens of unknown lifetime, in seconds; the first response's `expiresIn` or a 401 corrects it. */
export const DEFAULT_LIFETIME = 3600;

/** Queries one server with one session. Concurrent identical requests are sent once. */
export class Client {
  private readonly requests = new RequestDedup();

  constructor(
    readonly base: string,
    readonly session: Session,
  ) {}

  /** Fetches a dashboard with the data of all its panels, or of one. Empty `view` and `range` mean the dashboard's defaults. */
  async dashboard(name: string, view: string, range: string, signal: AbortSignal, panel = ''): Promise<ApiDashboard> {
    const path = `v1/dashboards/${encodeURIComponent(name)}${panel && `/panels/${encodeURIComponent(panel)}`}`;
    const url = new URL(path, this.base);
    if (view) url.searchParams.set('view', view);
    if (range) url.searchParams.set('range', range);
    const answer = await this.fetch(url.href, {}, signal, (r) => r.json() as Promise<ApiDashboard>);
    this.session.correct(answer.expiresIn);
    return answer;
  }

  /** Fetches one report of a view. */
  report(view: string, query: object, realtime: boolean, signal: AbortSignal): Promise<ReportResponse> {
    const method = realtime ? 'runRealtimeReport' : 'runReport';
    const url = new URL(`v1/views/${encodeURIComponent(view)}:${method}`, this.base);
    const init = { method: 'POST', body: stringify(query), headers: { 'Content-Type': 'application/json' } };
    return this.fetch(url.href, init, signal, readReport);
  }

  /** Fetches with the session's token and reads a successful response. */
  fetch<T>(url: string, init: RequestInit, signal: AbortSignal, read: (r: Response) => Promise<T>): Promise<T> {
    const key = `${url}\n${typeof init.body === 'string' ? init.body : ''}`;
    return this.requests.join(key, signal, (shared) => fetchWithToken(this.session, url, { ...init, signal: shared }, expectOk(read)));
  }
}

async function readReport(response: Response): Promise<ReportResponse> {
  const h = response.headers;
  const answer: ReportResponse = { report: (await response.json()) as GoogleReport };
  answer.asOf = h.get('Oriel-As-Of') ?? undefined;
  answer.age = Number(h.get('Age') ?? 0) || 0;
  answer.freshness = (h.get('Oriel-Freshness') as Freshness | null) ?? undefined;
  answer.stale = (h.get('Oriel-Stale') as Stale | null) ?? '';
  answer.notices = (h.get('Oriel-Notices') ?? '')
    .split(',')
    .map((n) => n.trim())
    .filter(Boolean) as Notice[];
  return answer;
}
