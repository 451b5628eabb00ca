import { isGood } from './requester.js';
import type { Reply } from './requester.js';
import { call } from './callbacks.js';
import { isV3Error } from './v3-errors.js';
import { optionsOf } from './merge.js';

type Settled<T> = ((reply: Reply) => T | PromiseLike<T>) | null | undefined;

/** A request of gapi.client: nothing is sent before `execute` or `then`. */
export class HttpRequest implements PromiseLike<Reply> {
  private sent: Promise<Reply> | null = null;

  constructor(private readonly send: () => Promise<Reply>) {}

  /** Sends, each time again, and calls back with the flattened body and the raw response. */
  execute(callback?: unknown): void {
    void this.send().then((reply) => call(callback, flat(reply), raw(reply)));
  }

  /** Sends once and resolves to the reply; rejects with an error reply. */
  then<A = Reply, B = never>(good?: Settled<A>, bad?: ((reply: Reply) => B | PromiseLike<B>) | null, context?: unknown): Promise<A | B> {
    this.sent ??= this.send().then((reply) => {
      if (!isGood(reply)) throw reply;
      return reply;
    });
    return this.sent.then(good?.bind(context), bad?.bind(context));
  }

  catch<B>(bad: (reply: Reply) => B | PromiseLike<B>): Promise<Reply | B> {
    return this.then(undefined, bad);
  }

  /** The older name of `execute`. */
  callback(callback: unknown): void {
    this.execute(callback);
  }

  /** Resolves to the reply, errors included. */
  reply(): Promise<Reply> {
    return this.send();
  }
}

/** Returns the body as `execute` passes it: with `result` and, for errors, `code` and `message`. */
function flat({ result }: Reply): unknown {
  if (typeof result !== 'object' || result === null) return result;
  const body: object = Array.isArray(result) ? [...(result as unknown[])] : { ...result };
  if (isV3Error(result)) {
    const { code, message, errors } = result.error;
    Object.assign(body, { code, message, data: errors, error: { ...result.error, data: errors } });
  }
  // Not enumerable: pages take the last enumerable member for the rows.
  Object.defineProperty(body, 'result', { value: optionsOf(result) });
  return body;
}

function raw({ body, headers, status, statusText }: Reply): object {
  return { body, headers, status, statusText };
}
