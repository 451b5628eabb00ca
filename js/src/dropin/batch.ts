import { stringify } from '../builtins.js';
import { call } from './callbacks.js';
import type { Reply } from './requester.js';
import { optionsOf } from './merge.js';
import type { HttpRequest } from './request.js';

/** A batch: its requests are sent concurrently, each on its own. */
export class Batch implements PromiseLike<Reply> {
  private readonly entries: { id: string; request: HttpRequest; callback: unknown }[] = [];

  add(request: HttpRequest, options?: unknown): void {
    const { id, callback } = optionsOf(options);
    this.entries.push({ id: String(id ?? `response-${this.entries.length + 1}`), request, callback });
  }

  execute(callback?: unknown): void {
    void this.send().then(({ result, body }) => call(callback, result, body));
  }

  /** Resolves to the replies by id, errors included. */
  then<A = Reply, B = never>(
    good?: ((reply: Reply) => A | PromiseLike<A>) | null,
    bad?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.send().then(good, bad);
  }

  private async send(): Promise<Reply> {
    const replies = await Promise.all(this.entries.map(({ request }) => request.reply()));
    const result: Record<string, Reply> = {};
    this.entries.forEach(({ id }, i) => (result[id] = replies[i] as Reply));
    const body = stringify(result);
    for (const { id, callback } of this.entries) call(callback, result[id], body);
    return { result, body, headers: {}, status: 200, statusText: 'OK' };
  }
}
