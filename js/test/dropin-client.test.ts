import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authOf } from '../src/dropin/auth.js';
import { auth2Of, signin2Of } from '../src/dropin/auth2.js';
import { clientOf } from '../src/dropin/client.js';
import { dataClass } from '../src/dropin/data.js';
import { metadataOf } from '../src/dropin/metadata.js';
import { oauthOf } from '../src/dropin/oauth.js';
import type { HttpRequest } from '../src/dropin/request.js';
import { heard, soon, world } from './dropin-server.js';
import type { World } from './dropin-server.js';

/** The surface is as untyped as the pages that call it. */
type Loose = any;

const DATA = { kind: 'analytics#gaData', totalResults: 1, rows: [['20150101', '7']] };

/** gapi.client before a server that knows the token `good`. */
function clientIn({ requester, authorization }: World): Loose {
  authorization.enter({ access_token: 'good', expires_in: 300 });
  return clientOf(requester, authorization, () => authorization.current);
}

function executed(request: HttpRequest): Promise<[Loose, Loose]> {
  return new Promise((resolve) => request.execute((body: unknown, raw: unknown) => resolve([body, raw])));
}

test('a request sends nothing before execute or then', async (t) => {
  const w = await world(t, { 'v3/data/ga': () => [200, DATA] });
  const request = clientIn(w).analytics.data.ga.get({ ids: 'ga:1', metrics: ['ga:sessions', 'ga:users'], sort: '' });
  await soon();
  assert.deepEqual(w.seen, []);
  await request;
  assert.deepEqual(w.seen, ['GET v3/data/ga?ids=ga%3A1&metrics=ga%3Asessions%2Cga%3Ausers Bearer good']);
});

test('execute hands over the body flattened, its rows last', async (t) => {
  const w = await world(t, { 'v3/data/ga': () => [200, DATA] });
  const request = clientIn(w).analytics.data.ga.get({ ids: 'ga:1' });
  const [body, raw] = await executed(request);
  assert.deepEqual(Object.keys(body), ['kind', 'totalResults', 'rows']);
  assert.deepEqual(body.result.rows, DATA.rows);
  assert.equal(raw.status, 200);
  assert.deepEqual(JSON.parse(raw.body), DATA);
  await executed(request);
  assert.equal(w.seen.length, 2, 'each execute asks anew');
});

test('then is a real promise of result, body, headers, status', async (t) => {
  const w = await world(t, {
    'v3/data/ga': () => [200, DATA],
    'v3/data/realtime': () => [403, { error: { code: 403, message: 'no', errors: [] } }],
  });
  const client = clientIn(w);
  const request = client.analytics.data.ga.get({ ids: 'ga:1' });
  const promise = request.then((r: unknown) => r);
  assert.equal(promise.constructor, Promise);
  const reply = await promise;
  assert.deepEqual(reply.result, DATA);
  assert.equal(reply.headers['content-type'], 'application/json');
  assert.equal(reply.status, 200);
  await request;
  assert.equal(w.seen.length, 1, 'then asks once');
  const refused = await client.analytics.data.realtime.get({}).then(
    () => 'good',
    (r: unknown) => r,
  );
  assert.equal(refused.status, 403);
  assert.equal(refused.result.error.message, 'no');
  const [body] = await executed(client.analytics.data.realtime.get({}));
  assert.deepEqual([body.error.code, body.code, body.message], [403, 403, 'no']);
});

test('identical questions in flight are asked once, and each requester has a body of its own', async (t) => {
  const w = await world(t, { 'v3/data/ga': () => new Promise((resolve) => setTimeout(() => resolve([200, DATA]), 20)) });
  const client = clientIn(w);
  const [one, two] = await Promise.all([1, 2].map(() => client.analytics.data.ga.get({ ids: 'ga:1' })));
  assert.equal(w.seen.length, 1);
  one.result.rows.push('total');
  assert.equal(two.result.rows.length, 1);
});

test('after a 401 one renewal and one repeat, however many ask', async (t) => {
  const w = await world(t);
  w.answers['v3/data/ga'] = ({ headers }) =>
    headers.authorization === 'Bearer new' ? [200, DATA] : [401, { error: { code: 401, message: 'old' } }];
  w.answers['v1/tokens:renew'] = () => [200, { access_token: 'new', expires_in: 300 }];
  const client = clientIn(w);
  await Promise.all([1, 2, 3].map((n) => client.analytics.data.ga.get({ ids: `ga:${n}` })));
  assert.equal(w.seen.filter((line) => line.startsWith('POST')).length, 1);
  assert.equal(w.seen.length, 7);
});

for (const [name, renewal] of [
  ['that renewal cannot cure', () => [200, { access_token: 'new', expires_in: 300 }]],
  ['that cannot be renewed', () => [401, { error: { code: 401, message: 'The session is over.' } }]],
] as const) {
  test(`a 401 ${name} ends in needsAuthorization, once, and in errors of the components`, async (t) => {
    const w = await world(t);
    w.answers['v3/data/ga'] = () => [401, { error: { code: 401, message: 'no', errors: [{ reason: 'authError' }] } }];
    w.answers['v1/tokens:renew'] = () => renewal() as [number, unknown];
    const auth = authOf(w.authorization);
    let needed = 0;
    auth.on('needsAuthorization', () => needed++);
    auth.authorize({ serverAuth: { access_token: 'good' } });
    const Data = dataClass(w.requester);
    const errors = await Promise.all(
      [1, 2, 3].map((n) => {
        const data = new Data({ query: { ids: `ga:${n}` } });
        data.execute();
        return heard(data, 'error');
      }),
    );
    for (const [body] of errors as [Loose][]) assert.deepEqual(body.error, { code: 401, message: 'no', errors: [{ reason: 'authError' }] });
    await soon();
    assert.equal(needed, 1);
    assert.equal(auth.isAuthorized(), false);
    assert.ok(w.seen.length <= 7, `${w.seen.length} requests`);
  });
}

test('report.Data tells its answers in the order of its questions', async (t) => {
  const w = await world(t);
  w.answers['v3/data/ga'] = async ({ url }) => {
    if (url?.includes('slow')) await new Promise((resolve) => setTimeout(resolve, 40));
    return [200, { ids: new URL(url ?? '', w.base).searchParams.get('ids') }];
  };
  w.authorization.enter({ access_token: 'good', expires_in: 300 });
  const data = new (dataClass(w.requester))({ query: { ids: 'slow' } });
  const told: unknown[] = [];
  data.execute();
  data.set({ query: { ids: 'fast' } }).execute();
  const done = new Promise<void>((resolve) => {
    data.on('success', (answer: Loose) => {
      told.push(answer.ids);
      if (told.length === 2) resolve();
    });
  });
  await done;
  assert.deepEqual(told, ['slow', 'fast']);
});

test('errors have the body of v3 even when the server has none', async (t) => {
  const w = await world(t, { 'v3/data/ga': () => [502, '<h1>Bad gateway</h1>'] });
  w.authorization.enter({ access_token: 'good', expires_in: 300 });
  const Data = dataClass(w.requester);
  const proxy = new Data({ query: { ids: 'ga:1' } });
  proxy.execute();
  const [body] = (await heard(proxy, 'error')) as [Loose];
  assert.equal(body.error.code, 502);
  assert.match(body.error.message, /502/);
  const funnels = new Data({ reportType: 'mcf', query: { ids: 'ga:1' } });
  funnels.execute();
  const [refused] = (await heard(funnels, 'error')) as [Loose];
  assert.match(refused.error.message, /Multi-Channel/);
  assert.equal(refused.error.errors[0].reason, 'badRequest');
});

test('no network is an error with a sentence', async (t) => {
  const w = await world(t);
  t.mock.method(globalThis, 'fetch', () => Promise.reject(new TypeError('Failed to fetch')));
  const [body] = await executed(clientIn(w).analytics.data.ga.get({}));
  assert.equal(body.error.code, -1);
  assert.match(body.error.message, /network/);
});

test('request takes addresses of Google, and refuses all others', async (t) => {
  const w = await world(t, { 'v3/data/realtime': () => [200, {}], 'v4/reports:batchGet': () => [200, { reports: [] }] });
  const client = clientIn(w);
  await client.request({
    path: '/analytics/v3/data/realtime?metrics=rt:activeUsers',
    params: { ids: 'ga:1', access_token: 'x' },
    headers: { Authorization: 'Bearer x' },
  });
  await client.request({ path: '/v4/reports:batchGet', method: 'post', body: { reportRequests: [] } });
  await client.analyticsreporting.reports.batchGet({ reportRequests: [1] });
  await client.analyticsreporting.reports.batchGet({ resource: { reportRequests: [2] } });
  await client.analyticsreporting.reports.batchGet({}, { reportRequests: [3] });
  assert.deepEqual(w.seen, [
    'GET v3/data/realtime?metrics=rt%3AactiveUsers&ids=ga%3A1 Bearer good',
    'POST v4/reports:batchGet Bearer good {"reportRequests":[]}',
    ...[1, 2, 3].map((n) => `POST v4/reports:batchGet Bearer good {"reportRequests":[${n}]}`),
  ]);
  const [body] = await executed(client.request({ path: 'https://evil.example/x' }));
  assert.match(body.error.message, /evil\.example/);
  const called = new Promise((resolve) => client.request({ path: '/analytics/v3/data/realtime', callback: resolve }));
  assert.deepEqual(await called, {});
  assert.equal(w.seen.length, 6);
});

test('management: lists with their paths, single items out of lists, and errors for what is gone', async (t) => {
  const w = await world(t, {
    'v3/management/accounts/~all/webproperties/~all/profiles': () => [200, { items: [{ id: '1' }, { id: '2', name: 'two' }] }],
    'v3/management/accounts/5/webproperties': () => [200, { items: [] }],
  });
  const { management } = clientIn(w).analytics;
  assert.equal((await management.profiles.list({ accountId: '~all', webPropertyId: '~all' })).result.items.length, 2);
  assert.deepEqual((await management.profiles.get({ profileId: 2 })).result, { id: '2', name: 'two' });
  assert.deepEqual((await management.webproperties.list({ accountId: 5, 'max-results': 3 })).result, { items: [] });
  assert.equal(w.seen.at(-1), 'GET v3/management/accounts/5/webproperties?max-results=3 Bearer good');
  for (const request of [management.profiles.get({ profileId: '9' }), management.customDimensions.list({}), management.goals.insert({})]) {
    const [body] = await executed(request);
    assert.ok([404, 501].includes(body.error.code));
    assert.ok(body.error.errors[0].reason);
  }
  assert.equal(w.seen.length, 4, 'what is gone is not asked for');
});

test('a page that asks without authorizing is anybody', async (t) => {
  const w = await world(t, { token: () => [200, { access_token: 'open', expires_in: 300 }], 'v3/data/ga': () => [200, DATA] });
  const client = clientOf(w.requester, w.authorization, () => null) as Loose;
  client.setApiKey('k');
  await client.load('analytics', 'v3');
  await client.analytics.data.ga.get({ ids: 'ga:1' });
  assert.deepEqual(w.seen, ['GET token', 'GET v3/data/ga?ids=ga%3A1 Bearer open']);
});

test('batches ask each of their requests and answer by id', async (t) => {
  const w = await world(t, { 'v3/data/ga': () => [200, DATA] });
  const client = clientIn(w);
  const batch = client.newBatch();
  const single: unknown[] = [];
  batch.add(client.analytics.data.ga.get({ ids: 'ga:1' }), { id: 'a', callback: (reply: Loose) => single.push(reply.result.rows) });
  batch.add(client.analytics.management.filters.list(), { id: 'b' });
  const { result } = await batch;
  assert.deepEqual(result.a.result, DATA);
  assert.equal(result.b.result.error.code, 501);
  assert.deepEqual(single, [DATA.rows]);
  const byCallback = await new Promise<Loose>((resolve) => batch.execute(resolve));
  assert.deepEqual(Object.keys(byCallback), ['a', 'b']);
});

test('rpcRequest finds methods by their names', async (t) => {
  const w = await world(t, { 'v3/data/ga': () => [200, DATA] });
  const request = clientIn(w).rpcRequest('analytics.data.ga.get', 'v3', { ids: 'ga:1' });
  assert.deepEqual((await new Promise<Loose>((resolve) => request.callback(resolve))).rows, DATA.rows);
});

test('metadata knows columns once it was executed', async (t) => {
  const w = await world(t, { 'v3/metadata/ga/columns': () => [200, { items: [{ id: 'ga:users', attributes: { uiName: 'Users' } }] }] });
  w.authorization.enter({ access_token: 'good', expires_in: 300 });
  const metadata = metadataOf(w.requester);
  assert.equal(metadata.isInitialized(), false);
  metadata.execute();
  await heard(metadata, 'success');
  assert.equal(metadata.isInitialized(), true);
  assert.equal(metadata.getColumn('ga:users')?.attributes['uiName'], 'Users');
  assert.equal(metadata.getColumn('constructor'), undefined);
});

test('gapi.auth signs in with a token or as anybody, and hands tokens out', async (t) => {
  const w = await world(t, { token: () => [403, { error: { message: 'not here' } }] });
  const auth = authOf(w.authorization);
  const oauth = oauthOf(auth, w.authorization) as Loose;
  assert.equal(oauth.getToken(), null);
  const denied = await new Promise<Loose>((resolve) => oauth.authorize({ client_id: 'x', immediate: true }, resolve));
  assert.equal(denied.error, 'immediate_failed');
  const token = await new Promise<Loose>((resolve) => oauth.authorize({ access_token: 'mine' }, resolve));
  assert.equal(token.access_token, 'mine');
  assert.equal(token.error, undefined);
  oauth.signOut();
  assert.equal(oauth.getToken(), null);
  oauth.setToken({ access_token: 'set' });
  assert.equal(oauth.getToken().access_token, 'set');
  assert.equal(auth.isAuthorized(), true);
  oauth.setToken(null);
  assert.equal(auth.isAuthorized(), false);
});

test('gapi.auth2 can be awaited, tells who is signed in, and listens', async (t) => {
  const w = await world(t, { token: () => [200, { access_token: 'open', expires_in: 300 }] });
  const auth = authOf(w.authorization);
  const auth2 = auth2Of(auth, w.authorization) as Loose;
  const changes: boolean[] = [];
  const signedIn = heard(auth, 'signIn');
  auth2.getAuthInstance().isSignedIn.listen((is: boolean) => changes.push(is));
  const instance = await auth2.init({ client_id: 'x' });
  await signedIn;
  assert.equal(instance.isSignedIn.get(), true);
  const user = await instance.signIn();
  assert.equal(user.getAuthResponse().access_token, 'open');
  assert.equal(user.getBasicProfile().getName(), 'Guest');
  assert.ok(user.hasGrantedScopes('https://www.googleapis.com/auth/analytics.readonly'));
  await instance.signOut();
  await soon();
  assert.deepEqual(changes, [true, false]);
  assert.equal(user.getBasicProfile(), undefined);
});

test('gapi.signin2 calls back with the user, whoever comes first', async (t) => {
  const w = await world(t, { token: () => [200, { access_token: 'open', expires_in: 300 }] });
  const auth = authOf(w.authorization);
  const auth2 = auth2Of(auth, w.authorization);
  const signin2 = signin2Of(auth, auth2, w.authorization) as Loose;
  const button = { nodeType: 1, children: [] };
  await soon();
  assert.deepEqual(w.seen, [], 'nobody is asked before the page wants somebody');
  for (let i = 0; i < 2; i++) {
    const user = await new Promise<Loose>((resolve) => signin2.render(button, { onsuccess: resolve }));
    assert.equal(user.getAuthResponse().access_token, 'open');
  }
  signin2.render(button);
  assert.deepEqual(w.seen, ['GET token']);
});

test('an answer that is on its way is not shared with whoever comes after', async (t) => {
  const w = await world(t, { 'v3/data/ga': ({ headers }) => [200, { for: headers.authorization }] });
  const client = clientIn(w);
  const first = client.analytics.data.ga.get({ ids: 'ga:1' }).then((reply: Loose) => reply.result.for);
  w.authorization.enter({ access_token: 'other', expires_in: 300 });
  const second = client.analytics.data.ga.get({ ids: 'ga:1' }).then((reply: Loose) => reply.result.for);
  assert.equal(await second, 'Bearer other');
  await first;
  assert.equal(w.seen.length, 2);
});
