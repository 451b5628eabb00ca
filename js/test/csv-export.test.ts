import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { Client } from '../src/client.js';
import { fetchCsv } from '../src/csv-export.js';
import { Session } from '../src/session.js';
import { FakeClock, FakePage } from './clock.js';

const file = '\ufeffdate,sessions\r\n20261101,7\r\n';

/** A client of a real server on loopback that answers with a file, and what it was asked. */
async function serve(t: TestContext, headers: Record<string, string>) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      asked.push(`${request.method} ${request.url} ${request.headers.authorization} ${body}`.trim());
      response.writeHead(200, { 'Content-Type': 'text/csv; charset=utf-8', ...headers }).end(file);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const session = new Session(async () => ({ access_token: 't1', expires_in: 300 }), new FakeClock(), new FakePage());
  return { client: new Client(`http://127.0.0.1:${(server.address() as AddressInfo).port}/base/`, session), asked };
}

test('a panel is asked for by the days that it shows, with the token in a header, and kept byte for byte', async (t) => {
  const { client, asked } = await serve(t, { 'Content-Disposition': 'attachment; filename="board-panel-2026-11-01-2026-11-07.csv"' });
  const { name, content } = await fetchCsv({
    client,
    view: 'shop & more',
    board: 'a/b',
    panel: 'x:y',
    range: { startDate: '2026-11-01', endDate: '2026-11-07' },
  });
  assert.deepEqual(asked, ['GET /base/v1/dashboards/a%2Fb/panels/x%3Ay:export?view=shop+%26+more&range=2026-11-01..2026-11-07 Bearer t1']);
  assert.equal(name, 'board-panel-2026-11-01-2026-11-07.csv');
  assert.deepEqual(Buffer.from(await content.arrayBuffer()), Buffer.from(file));
});

test('a chart asks its query again', async (t) => {
  const { client, asked } = await serve(t, {});
  const query = { metrics: [{ name: 'sessions' }] };
  assert.equal((await fetchCsv({ client, view: 'shop', query, realtime: false })).name, 'oriel.csv');
  await fetchCsv({ client, view: 'shop', query, realtime: true });
  assert.deepEqual(
    asked,
    ['exportReport', 'exportRealtimeReport'].map((method) => `POST /base/v1/views/shop:${method} Bearer t1 ${JSON.stringify(query)}`),
  );
});

test('a name with a path in it is not taken', async (t) => {
  const { client } = await serve(t, { 'Content-Disposition': 'attachment; filename="../../x.csv"' });
  assert.equal((await fetchCsv({ client, view: 'shop', query: {}, realtime: false })).name, 'oriel.csv');
});
