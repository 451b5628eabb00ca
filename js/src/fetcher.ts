// Requests to the server, for the elements and the drop-in.

import { Failure, failureFrom } from './failure.js';

type Reader<T> = (response: Response) => Promise<T>;

/** A source of tokens. */
export interface Tokens {
  /** Rejects with a Failure. */
  token(): Promise<string>;
  /** Discards a token that the server refused. */
  refuse(token: string): void;
}

const TIMEOUT = 60_000;

/**
 * Fetches without cookies, referrer or cache, and reads the response, whatever its status. Rejects with what the reader
 * throws, with the signal's reason, or with a value for `failureOf`.
 */
export async function fetchAndRead<T>(url: string, init: RequestInit, read: Reader<T>): Promise<T> {
  const { signal } = init;
  const limit = AbortSignal.timeout(TIMEOUT);
  try {
    const response = await fetch(url, {
      credentials: 'omit',
      referrerPolicy: 'strict-origin',
      cache: 'no-store',
      ...init,
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    return await read(response);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if (limit.aborted) throw new Failure('offline', 'timeout');
    if (error instanceof SyntaxError) throw new Failure('server', 'not JSON');
    throw error;
  }
}

/** Fetches with a token. A Failure of kind "over" is retried once, with a new token. */
export async function fetchWithToken<T>(tokens: Tokens, url: string, init: RequestInit, read: Reader<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const token = await tokens.token();
    const headers = { ...(init.headers as Record<string, string>), Authorization: `Bearer ${token}` };
    try {
      return await fetchAndRead(url, { ...init, headers }, read);
    } catch (error) {
      if (!(error instanceof Failure) || error.kind !== 'over' || attempt > 1) throw error;
      tokens.refuse(token);
    }
  }
}

/** Returns a reader that throws a Failure unless the response is OK. */
export function expectOk<T>(read: Reader<T>): Reader<T> {
  return async (response) => {
    if (!response.ok) throw await failureFrom(response);
    return read(response);
  };
}
