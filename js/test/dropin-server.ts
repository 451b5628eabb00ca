import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { Requester } from '../src/dropin/requester.js';
import { Authorization } from '../src/dropin/authorization.js';
import { FakeClock, FakePage } from './clock.js';

/** What a server answers: a status and a body. */
export type Answer = [number, unknown];

/** A request as a server saw it: `GET /v3/data/ga?… Bearer t1`. */
export type Seen = string;

export interface World {
  /** The server's base, with a path prefix. */
  base: string;
  seen: Seen[];
  /** What the server answers to addresses below the base; 404 to all others. */
  answers: Record<string, (request: IncomingMessage, body: string) => Answer | Promise<Answer>>;
  clock: FakeClock;
  authorization: Authorization;
  requester: Requester;
}

/** A page's authorization and requester before a server on loopback. */
export async function world(t: TestContext, answers: World['answers'] = {}): Promise<World> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => void answer(request, response));
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const path = (request.url ?? '').replace('/embed/', '').replace(/\?.*$/, '');
    seen.push([request.method, (request.url ?? '').replace('/embed/', ''), request.headers.authorization, body].filter(Boolean).join(' '));
    const [status, result] = (await answers[path]?.(request, body)) ?? [404, { error: { code: 404, message: 'nothing here' } }];
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(typeof result === 'string' ? result : JSON.stringify(result));
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/embed/`;
  const clock = new FakeClock();
  const page = new FakePage();
  const authorization = new Authorization(base, clock, page);
  return { base, seen, answers, clock, authorization, requester: new Requester(base, authorization) };
}

/** The first of an event that a component emits. */
export function heard(component: { once(event: string, handler: (...args: never[]) => void): unknown }, event: string): Promise<unknown[]> {
  return new Promise((resolve) => component.once(event, (...args: unknown[]) => resolve(args)));
}

/** A task later, so that events told until now have been heard. */
export function soon(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Waits for what is on its way; throws when it has not come after a while. */
export async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 2_000; i++) {
    if (condition()) return;
    await soon();
  }
  throw new Error(`It never came: ${condition}`);
}
