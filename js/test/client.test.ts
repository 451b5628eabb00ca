import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { baseOf, normalBase } from '../src/base.js';
import { Client, checkToken } from '../src/client.js';
import type { Failure } from '../src/failure.js';
import { RequestDedup } from '../src/request-dedup.js';
import { Session } from '../src/session.js';
import { FakeClock, FakePage } from './clock.js';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A client of a real server on loopback, whose tokens are t1, t2, …. */
async function serve(t: TestContext, answer: Answer) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  let minted = 0;
  const source = async () => ({ access_token: `t${++minted}`, expires_in: 300 });
  const session = new Session(source, new FakeClock(), new FakePage());
  const client = new Client(`http://127.0.0.1:${(server.address() as AddressInfo).port}/base/`, session);
  return { client, requests, minted: () => minted };
}

function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body));
}

const never = () => new AbortController().signal;

test('asks below the base, with the token, and escapes names', async (t) => {
  const { client, requests } = await serve(t, (_, response) => json(response, 200, { panels: [], expiresIn: 100 }));
  await client.dashboard('a/b', 'shop & more', '28d', never());
  assert.deepEqual(requests, ['GET /base/v1/dashboards/a%2Fb?view=shop+%26+more&range=28d Bearer t1']);
});

test('after a 401 the token is renewed and the question asked once more', async (t) => {
  const { client, requests, minted } = await serve(t, (request, response) =>
    request.headers.authorization === 'Bearer t1' ? json(response, 401, {}) : json(response, 200, { panels: [] }),
  );
  await client.dashboard('x', '', '', never());
  assert.equal(requests.length, 2);
  assert.equal(minted(), 2);
});

test('a second 401 is the end, not a loop', async (t) => {
  const { client, requests } = await serve(t, (_, response) => json(response, 401, {}));
  await assert.rejects(client.dashboard('x', '', '', never()), { kind: 'over' });
  assert.equal(requests.length, 2);
});

test('identical questions in flight are asked once', async (t) => {
  const { client, requests } = await serve(t, (_, response) => setImmediate(() => json(response, 200, { rows: [] })));
  const query = { metrics: [{ name: 'sessions' }] };
  await Promise.all([
    client.report('v', query, false, never()),
    client.report('v', query, false, never()),
    client.report('v', query, true, never()),
  ]);
  assert.deepEqual(requests, ['POST /base/v1/views/v:runReport Bearer t1', 'POST /base/v1/views/v:runRealtimeReport Bearer t1']);
});

test('age, freshness and notices come from the headers', async (t) => {
  const headers = {
    'Oriel-As-Of': '2026-11-23T10:00:00Z',
    Age: '12',
    'Oriel-Freshness': 'settling',
    'Oriel-Stale': 'quota',
    'Oriel-Notices': 'sampled, other',
  };
  const { client } = await serve(t, (_, response) => json(response, 200, { kind: 'analyticsData#runReport' }, headers));
  assert.deepEqual(await client.report('v', {}, false, never()), {
    report: { kind: 'analyticsData#runReport' },
    asOf: '2026-11-23T10:00:00Z',
    age: 12,
    freshness: 'settling',
    stale: 'quota',
    notices: ['sampled', 'other'],
  });
});

test('errors keep their meaning', async (t) => {
  const cases: [number, string, Partial<Failure>][] = [
    [400, '{"error":{"message":"Write a metric."}}', { kind: 'invalid', message: 'Write a metric.' }],
    [403, '{"error":{"message":"No."}}', { kind: 'refused', message: 'No.' }],
    [404, '<html>', { kind: 'missing', message: '' }],
    [429, '{}', { kind: 'busy', retryAfter: 7000 }],
    [503, '{"error":{"message":{"a":1}}}', { kind: 'server', message: '' }],
    [200, '<html>a proxy’s page', { kind: 'server' }],
  ];
  for (const [status, body, want] of cases) {
    const { client } = await serve(t, (_, response) => response.writeHead(status, { 'Retry-After': '7' }).end(body));
    await assert.rejects(client.dashboard('x', '', '', never()), want, `${status} ${body}`);
  }
});

test('one who leaves does not cancel another’s answer; the last one does', async () => {
  const flights = new RequestDedup();
  const [a, b] = [new AbortController(), new AbortController()];
  let inner: AbortSignal | undefined;
  const start = (signal: AbortSignal) =>
    new Promise<string>((_, reject) => {
      inner = signal;
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  const first = flights.join('k', a.signal, start);
  const second = flights.join('k', b.signal, start);
  a.abort('a left');
  await assert.rejects(first, (reason) => reason === 'a left');
  assert.equal(inner?.aborted, false);
  b.abort('b left');
  await assert.rejects(second, (reason) => reason === 'b left');
  assert.equal(inner?.aborted, true);
});

test('what a host hands over as a token', () => {
  assert.deepEqual(checkToken('abc'), { access_token: 'abc', expires_in: 3600 });
  assert.deepEqual(checkToken({ access_token: 'abc', expires_in: 60 }), { access_token: 'abc', expires_in: 60 });
  assert.deepEqual(checkToken({ access_token: 'abc', expires_in: -1 }), { access_token: 'abc', expires_in: 3600 });
  for (const value of [null, undefined, '', {}, { access_token: '' }, { access_token: 7 }]) {
    assert.throws(() => checkToken(value), { kind: 'over' });
  }
});

test('bases', () => {
  assert.equal(baseOf('https://o.example/sub/oriel.js?v=1'), 'https://o.example/sub/');
  assert.equal(baseOf(''), null);
  assert.equal(baseOf('::'), null);
  assert.equal(normalBase('https://o.example/sub', 'https://host.example/'), 'https://o.example/sub/');
  assert.equal(normalBase('/oriel?x#y', 'https://host.example/page'), 'https://host.example/oriel/');
});
