import type { V3Failure } from '../data/v3.js';
import { Failure, failureOf } from '../failure.js';
import { fetchWithToken } from '../fetcher.js';
import type { Tokens } from '../fetcher.js';
import { RequestDedup } from '../request-dedup.js';
import { stringify } from '../builtins.js';
import { NETWORK, isV3Error, notAuthorized, v3Error } from './v3-errors.js';

/** A request; the path is below the server's base and may have a query. */
export interface ApiRequest {
  path: string;
  method?: string;
  body?: string;
  headers?: Record<string, string>;
}

/** A response in the form of gapi.client. `result` is false when the body is not JSON. */
export interface Reply {
  result: unknown;
  body: string;
  headers: Record<string, string>;
  status: number;
  statusText: string;
}

/** The source of the page's tokens. */
export interface TokenHolder extends Tokens {
  /** Changes with the session. */
  readonly generation: number;
  over(message: string): void;
}

/** A response shared by several callers, each of which parses its own `result`. */
type Raw = Omit<Reply, 'result'>;

/** Queries the server with the page's token. Concurrent identical requests are sent once. */
export class Requester {
  private readonly requests = new RequestDedup();

  constructor(
    readonly base: string,
    private readonly holder: TokenHolder,
  ) {}

  /** Never rejects: a failure is a reply with an error body. */
  async send(request: ApiRequest): Promise<Reply> {
    const key = stringify([this.holder.generation, request.method ?? 'GET', request.path, request.body ?? '', request.headers ?? {}]);
    return read(await this.requests.join(key, undefined, () => this.fetch(request)));
  }

  private async fetch({ path, ...init }: ApiRequest): Promise<Raw> {
    const refused: Raw[] = [];
    try {
      return await fetchWithToken(this.holder, new URL(path, this.base).href, init, async (response) => {
        const { status, statusText } = response;
        const raw = { status, statusText, headers: Object.fromEntries(response.headers), body: await response.text() };
        if (status !== 401) return raw;
        refused.push(raw);
        throw new Failure('over');
      });
    } catch (error) {
      const failure = failureOf(error);
      const last = refused.at(-1);
      if (!last || failure.transient) return rawOf(failure);
      if (refused.length > 1) this.holder.over(messageOf(last));
      return last;
    }
  }
}

/** Returns an error of this script as a reply. */
export function errorReply(body: object): Reply {
  const { code } = (body as { error: { code: number } }).error;
  return { result: body, body: stringify(body), headers: {}, status: code, statusText: '' };
}

/** True for a successful reply. */
export function isGood(reply: Reply): boolean {
  return reply.status >= 200 && reply.status < 300 && !isV3Error(reply.result);
}

/** True for an error that a retry may fix: the server is unreachable, or fails. */
export function isTransient(reply: Reply): boolean {
  return reply.status < 0 || reply.status >= 500;
}

/** Returns the v3 body of an error reply, also for a page that a proxy sent. */
export function errorBodyOf(reply: Reply): object {
  if (isV3Error(reply.result)) return reply.result;
  return v3Error(reply.status, 'backendError', `The server answered with HTTP ${reply.status} ${reply.statusText}`.trim() + '.');
}

function read(raw: Raw): Reply {
  let result: unknown = false;
  try {
    result = JSON.parse(raw.body);
  } catch {
    // A page of a proxy.
  }
  return { ...raw, result };
}

function messageOf(raw: Raw): string {
  const { result } = read(raw);
  return isV3Error(result) ? result.error.message : '';
}

/** Returns the v3 body of a request without a response, as Google's client reports it. */
export function bodyOf(failure: Failure): V3Failure {
  if (failure.kind === 'offline')
    return v3Error(NETWORK, 'networkError', 'A network error occurred, and the request could not be completed.');
  if (failure.transient)
    return v3Error(failure.kind === 'busy' ? 429 : 503, 'backendError', failure.message || 'The server is not available right now.');
  return notAuthorized(failure.message || 'This page has no access to this data.');
}

function rawOf(failure: Failure): Raw {
  const body = bodyOf(failure);
  return { status: body.error.code, statusText: '', headers: {}, body: stringify(body) };
}
