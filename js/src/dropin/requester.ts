import type { V3Failure } from '../data/v3.js';
import { Failure, failureOf } from '../failure.js';
import { fetchWithToken } from '../fetcher.js';
import type { Tokens } from '../fetcher.js';
import { RequestDedup } from '../request-dedup.js';
import { stringify } from '../builtins.js';
import { NETWORK, isV3Error, notAuthorized, v3Error } from './v3-errors.js';

/** A request: an address below the server's base, with its query. */
export interface ApiRequest {
  path: string;
  method?: string;
  body?: string;
  headers?: Record<string, string>;
}

/** An answer, as gapi.client has them. `result` is false when the body is not JSON. */
export interface Reply {
  result: unknown;
  body: string;
  headers: Record<string, string>;
  status: number;
  statusText: string;
}

/** Whose tokens a page asks with. */
export interface TokenHolder extends Tokens {
  /** Changes when somebody else asks from now on. */
  readonly turn: number;
  over(message: string): void;
}

/** An answer that several may read: each makes its own `result` of it. */
type Raw = Omit<Reply, 'result'>;

/** Asks the server with the page's token. Identical questions in flight are asked once. */
export class Requester {
  private readonly dedup = new RequestDedup();

  constructor(
    readonly base: string,
    private readonly holder: TokenHolder,
  ) {}

  /** Never rejects: what goes wrong is a reply with an error's body. */
  async ask(question: ApiRequest): Promise<Reply> {
    const key = stringify([this.holder.turn, question.method ?? 'GET', question.path, question.body ?? '', question.headers ?? {}]);
    return read(await this.dedup.join(key, undefined, () => this.send(question)));
  }

  private async send({ path, ...init }: ApiRequest): Promise<Raw> {
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

/** A reply that is an error of this script's own. */
export function errorReply(body: object): Reply {
  const { code } = (body as { error: { code: number } }).error;
  return { result: body, body: stringify(body), headers: {}, status: code, statusText: '' };
}

/** True for a reply that holds what was asked for. */
export function isGood(reply: Reply): boolean {
  return reply.status >= 200 && reply.status < 300 && !isV3Error(reply.result);
}

/** True for a reply that may be another one later: the server is out of reach, or fails. */
export function isTransient(reply: Reply): boolean {
  return reply.status < 0 || reply.status >= 500;
}

/** The v3 body of a reply that is no good; one is made where a proxy has answered a page. */
export function errorBodyOf(reply: Reply): object {
  if (isV3Error(reply.result)) return reply.result;
  return v3Error(reply.status, 'backendError', `The server answered with HTTP ${reply.status} ${reply.statusText}`.trim() + '.');
}

function read(raw: Raw): Reply {
  let result: unknown = false;
  try {
    result = JSON.parse(raw.body);
  } catch {
    // A proxy's page.
  }
  return { ...raw, result };
}

function messageOf(raw: Raw): string {
  const { result } = read(raw);
  return isV3Error(result) ? result.error.message : '';
}

/** The v3 body of a question that never got an answer: what Google's client would have said of it. */
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
