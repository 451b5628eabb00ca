// How the server is asked, by the elements and by the drop-in.

import { Failure, failureFrom } from './failure.js';

type Reader<T> = (response: Response) => Promise<T>;

/** Where tokens come from and are given back to. */
export interface Tokens {
  /** Rejects with a Failure. */
  token(): Promise<string>;
  refuse(token: string): void;
}

const TIMEOUT = 60_000;

/**
 * Fetches without cookies, referrer or cache, and reads the response, whatever its status. Rejects with what the reader throws, with
 * the signal's reason, or with what `failureOf` understands.
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

/** Fetches with a token. After a Failure of kind "over" the token is renewed once and the request sent again, once. */
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

/** A reader of good responses, to which any other is a Failure. */
export function expectOk<T>(read: Reader<T>): Reader<T> {
  return async (response) => {
    if (!response.ok) throw await failureFrom(response);
    return read(response);
  };
}
