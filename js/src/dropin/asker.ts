import type { V3Failure } from '../data/v3.js';
import { Failure, failureOf } from '../failure.js';
import { jsonOf } from '../json.js';
import { NETWORK, isRefusal, notAuthorized, refusal } from './errors.js';

/** A request: an address below the server's base, with its query. */
export interface Question {
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

/** Where tokens come from and are given back to. */
export interface Tokens {
  /** Changes when somebody else asks from now on. */
  readonly turn: number;
  /** Rejects with a Failure. */
  token(): Promise<string>;
  refuse(token: string): void;
  over(message: string): void;
}

/** An answer that several may read: each makes its own `result` of it. */
type Raw = Omit<Reply, 'result'>;

const TIMEOUT = 60_000;

/** Asks the server with the page's token. Identical questions in flight are asked once. */
export class Asker {
  private readonly flights = new Map<string, Promise<Raw>>();

  constructor(
    readonly base: string,
    private readonly tokens: Tokens,
  ) {}

  /** Never rejects: what goes wrong is a reply with an error's body. */
  async ask(question: Question): Promise<Reply> {
    const key = jsonOf([this.tokens.turn, question.method ?? 'GET', question.path, question.body ?? '', question.headers ?? {}]);
    let flight = this.flights.get(key);
    if (!flight) {
      flight = this.authorized(question).catch((error: unknown) => rawOf(failureOf(error)));
      this.flights.set(key, flight);
      void flight.then(() => this.flights.delete(key));
    }
    return read(await flight);
  }

  // After a 401 the token is renewed once and the question asked again, once.
  private async authorized(question: Question): Promise<Raw> {
    const token = await this.tokens.token();
    const first = await this.send(question, token);
    if (first.status !== 401) return first;
    this.tokens.refuse(token);
    let renewed: string;
    try {
      renewed = await this.tokens.token();
    } catch (error) {
      if (failureOf(error).passing) throw error;
      return first;
    }
    const second = await this.send(question, renewed);
    if (second.status === 401) this.tokens.over(messageOf(second));
    return second;
  }

  private async send({ path, method = 'GET', body, headers }: Question, token: string): Promise<Raw> {
    const signal = AbortSignal.timeout(TIMEOUT);
    try {
      const response = await fetch(new URL(path, this.base).href, {
        method,
        body,
        headers: { ...headers, Authorization: `Bearer ${token}` },
        credentials: 'omit',
        referrerPolicy: 'strict-origin',
        cache: 'no-store',
        signal,
      });
      const { status, statusText } = response;
      return { status, statusText, headers: Object.fromEntries(response.headers), body: await response.text() };
    } catch (error) {
      throw signal.aborted ? new Failure('offline', 'timeout') : error;
    }
  }
}

/** A reply that is an error of this script's own. */
export function refusedReply(body: object): Reply {
  const { code } = (body as { error: { code: number } }).error;
  return { result: body, body: jsonOf(body), headers: {}, status: code, statusText: '' };
}

/** True for a reply that holds what was asked for. */
export function isGood(reply: Reply): boolean {
  return reply.status >= 200 && reply.status < 300 && !isRefusal(reply.result);
}

/** True for a reply that may be another one later: the server is out of reach, or fails. */
export function isPassing(reply: Reply): boolean {
  return reply.status < 0 || reply.status >= 500;
}

/** The v3 body of a reply that is no good; one is made where a proxy has answered a page. */
export function failureBody(reply: Reply): object {
  if (isRefusal(reply.result)) return reply.result;
  return refusal(reply.status, 'backendError', `The server answered with HTTP ${reply.status} ${reply.statusText}`.trim() + '.');
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
  return isRefusal(result) ? result.error.message : '';
}

/** The v3 body of a question that never got an answer: what Google's client would have said of it. */
export function bodyOf(failure: Failure): V3Failure {
  if (failure.kind === 'offline') return refusal(NETWORK, 'networkError', 'A network error occurred, and the request could not be completed.');
  if (failure.passing) return refusal(failure.kind === 'busy' ? 429 : 503, 'backendError', failure.message || 'The server cannot answer right now.');
  return notAuthorized(failure.message || 'This page may not see these figures.');
}

function rawOf(failure: Failure): Raw {
  const body = bodyOf(failure);
  return { status: body.error.code, statusText: '', headers: {}, body: jsonOf(body) };
}
