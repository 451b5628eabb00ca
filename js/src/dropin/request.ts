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

  /** Sends, each time anew, and hands over the body, flattened, and the answer as a whole. */
  execute(callback?: unknown): void {
    void this.send().then((reply) => call(callback, flat(reply), raw(reply)));
  }

  /** Sends, once, and resolves to the answer; rejects with an answer that is an error. */
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

  /** What requests of the older kind call `execute`. */
  callback(callback: unknown): void {
    this.execute(callback);
  }

  /** The answer, whatever it is. */
  reply(): Promise<Reply> {
    return this.send();
  }
}

/** The body as `execute` hands it over: the same members, with `result` and, of errors, `code` and `message`. */
function flat({ result }: Reply): unknown {
  if (typeof result !== 'object' || result === null) return result;
  const body: object = Array.isArray(result) ? [...(result as unknown[])] : { ...result };
  if (isV3Error(result)) {
    const { code, message, errors } = result.error;
    Object.assign(body, { code, message, data: errors, error: { ...result.error, data: errors } });
  }
  // Pages take the last of the members that they can list for the rows.
  Object.defineProperty(body, 'result', { value: optionsOf(result) });
  return body;
}

function raw({ body, headers, status, statusText }: Reply): object {
  return { body, headers, status, statusText };
}
