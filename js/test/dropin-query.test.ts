import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { fill, served, unserved } from '../src/dropin/methods.js';
import { neutralPath } from '../src/dropin/paths.js';
import { onloadOf, ownScriptURL, serverURLOf } from '../src/dropin/script-url.js';
import { currentScript } from '../src/current-script.js';
import { address, apiOf, parametersOf, queryOf } from '../src/dropin/query.js';

const WEEK = { 'start-date': '7daysAgo', 'end-date': 'yesterday' };

test('queries as pages write them', () => {
  const cases: [unknown, Record<string, string>][] = [
    [undefined, WEEK],
    [
      { ids: 'ga:1', metrics: 'ga:sessions' },
      { ...WEEK, ids: 'ga:1', metrics: 'ga:sessions' },
    ],
    [
      { ids: ['ga:1'], metrics: ['ga:goal2Completions', 'ga:x'] },
      { ...WEEK, ids: 'ga:1', metrics: 'ga:goal2Completions,ga:x' },
    ],
    [{ metrics: 'ga:sessions, ga:users ,ga:hits ' }, { ...WEEK, metrics: 'ga:sessions,ga:users,ga:hits' }],
    [{ sort: '', filters: '', dimensions: null, segment: undefined }, WEEK],
    [
      { metrics: [], sort: ['', '-ga:users'] },
      { ...WEEK, sort: '-ga:users' },
    ],
    [
      { 'max-results': 7, 'start-index': '2' },
      { ...WEEK, 'max-results': '7', 'start-index': '2' },
    ],
    [{ 'include-empty-rows': false }, { ...WEEK, 'include-empty-rows': 'false' }],
    [{ 'start-date': 'today' }, { 'start-date': 'today', 'end-date': 'yesterday' }],
    [{ filters: 'ga:a==New Zealand, ga:b=@a b; ga:c!=x' }, { ...WEEK, filters: 'ga:a==New Zealand,ga:b=@a b;ga:c!=x' }],
    [{ filters: 'ga:pageTitle==a\\, ga:b' }, { ...WEEK, filters: 'ga:pageTitle==a\\, ga:b' }],
    [{ output: 'dataTable', access_token: 'x', '30daysAgo': 'y', sort: {} }, WEEK],
  ];
  for (const [given, want] of cases) assert.deepEqual(queryOf(given, 'ga'), want, JSON.stringify(given));
});

test('a realtime query has no dates', () => {
  const query = { ids: 'ga:1', metrics: 'rt:activeUsers' };
  assert.deepEqual(queryOf({ ...query, 'start-date': 'today' }, 'realtime'), query);
});

test('reportType', () => {
  const cases = [
    [undefined, 'ga'],
    ['ga', 'ga'],
    ['rt', 'realtime'],
    ['REALTIME', 'realtime'],
    ['mcf', 'mcf'],
    ['x', 'ga'],
  ];
  for (const [given, want] of cases) assert.equal(apiOf(given), want);
});

test('parameters of requests are all that have a value', () => {
  assert.deepEqual(parametersOf({ fields: 'rows', a: '', b: null, n: 0, metrics: ['x', 'y'] }), { fields: 'rows', n: '0', metrics: 'x,y' });
  assert.equal(address('v3/data/ga', { filters: 'ga:pagePath!=/a b' }), 'v3/data/ga?filters=ga%3ApagePath%21%3D%2Fa+b');
  assert.equal(address('v3/data/ga', {}), 'v3/data/ga');
});

test('the server is where the script came from, by whatever name', () => {
  for (const [script, base] of [
    ['https://s.example/platform.js', 'https://s.example/'],
    ['https://s.example/js/platform.js', 'https://s.example/'],
    ['https://s.example/js/client.js?onload=go', 'https://s.example/'],
    ['https://s.example/stats/js/api.js#x', 'https://s.example/stats/'],
    ['https://s.example:8080/a/b/platform.js', 'https://s.example:8080/a/b/'],
    ['https://s.example/njs/platform.js', 'https://s.example/njs/'],
  ] as const) {
    assert.equal(serverURLOf(script), base, script);
  }
  assert.equal(onloadOf('https://s.example/js/client.js?onload=app.go&x=1'), 'app.go');
  assert.equal(onloadOf('https://s.example/js/client.js'), '');
});

class HTMLScriptElement {
  constructor(readonly src: string) {}
}

/** A page whose document runs a script, and in which scripts of these addresses stand. */
function page(t: TestContext, running: string, ...sources: string[]): void {
  class Document {
    get currentScript() {
      return running ? new HTMLScriptElement(running) : null;
    }
    querySelectorAll() {
      return sources.map((src) => new HTMLScriptElement(src));
    }
  }
  const names = { Document, HTMLScriptElement, document: new Document(), location: new URL('https://host.example/a/b.html') };
  Object.assign(globalThis, names);
  t.after(() => Object.keys(names).forEach((name) => Reflect.deleteProperty(globalThis, name)));
}

test('the running script is the one that the browser knows, whatever elements are called', (t) => {
  page(t, 'https://s.example/platform.js');
  Object.defineProperty(document, 'currentScript', { value: { src: 'https://evil.example/picture.png' } });
  assert.equal(currentScript()?.src, 'https://s.example/platform.js');
});

test('a script without an address is found by its name, and never on a host that only has such a name', (t) => {
  for (const [sources, found] of [
    [['https://s.example/js/platform.js?x', 'https://host.example/jquery.js'], 'https://s.example/js/platform.js?x'],
    [['https://captcha.example/1/api.js?onload=go'], 'https://host.example/platform.js'],
    [['https://host.example/stats/js/api.js', 'https://captcha.example/1/api.js'], 'https://host.example/stats/js/api.js'],
    [['https://apis.google.com/js/platform.js'], 'https://host.example/platform.js'],
  ] as const) {
    page(t, '', ...sources);
    assert.equal(ownScriptURL(currentScript()), found);
  }
});

test("Google's addresses become ours, and nobody else's do", () => {
  const base = 'https://s.example/stats/';
  for (const [path, want] of [
    ['/analytics/v3/data/ga?ids=ga:1&access_token=t&key=k', { path: 'v3/data/ga', parameters: { ids: 'ga:1' } }],
    ['analytics/v3/management/accounts/~all/webproperties', { path: 'v3/management/accounts/~all/webproperties', parameters: {} }],
    ['https://www.googleapis.com/analytics/v3/data/realtime', { path: 'v3/data/realtime', parameters: {} }],
    ['https://content.googleapis.com/analytics/v3/metadata/ga/columns', { path: 'v3/metadata/ga/columns', parameters: {} }],
    ['//analyticsreporting.googleapis.com/v4/reports:batchGet', { path: 'v4/reports:batchGet', parameters: {} }],
    ['/v4/reports:batchGet', { path: 'v4/reports:batchGet', parameters: {} }],
    ['https://s.example/stats/v3/data/ga?ids=ga:1', { path: 'v3/data/ga', parameters: { ids: 'ga:1' } }],
    ['https://evil.example/analytics/v3/data/ga', null],
    ['https://googleapis.com.evil.example/analytics/v3/data/ga', null],
    ['https://www.googleapis.com/drive/v2/files', null],
    ['/analytics/v3/data/../../../v1/tokens', null],
    ['javascript:alert(1)', null],
    ['', null],
  ] as const) {
    assert.deepEqual(neutralPath(path, base), want, path);
  }
});

test('methods fill their paths, and none is both answered and not', () => {
  const filled = fill('v3/{accountId}/p/{webPropertyId}', { accountId: 'a/b', fields: 'x' });
  assert.deepEqual(filled, { path: 'v3/a%2Fb/p/~all', rest: { fields: 'x' } });
  assert.deepEqual(
    unserved.filter((name) => name in served),
    [],
  );
});

test('no address leads anywhere but to what the server answers in place of Google', () => {
  const parts = ['https://', 'http://', '//', '/', '..', '%2e%2e', '\\', '@', ':', '?', '#', ' ', '\n', 'é'];
  parts.push('www.googleapis.com', 'evil.example', 's.example', 'stats');
  parts.push('analytics', 'v3', 'v4', 'data', 'ga', 'management', 'reports:batchGet', 'v1', 'tokens');
  const base = 'https://s.example/stats/';
  let state = 11;
  const pick = () => parts[(state = (state * 48271) % 2147483647) % parts.length] ?? '';
  let reached = 0;
  for (let i = 0; i < 20_000; i++) {
    const path = (i % 2 ? '' : '/analytics/v3/data/') + Array.from({ length: 1 + (i % 8) }, pick).join(i % 3 ? '/' : '');
    const asked = neutralPath(path, base);
    if (!asked) continue;
    reached++;
    const { href } = new URL(asked.path, base);
    assert.match(href, /^https:\/\/s\.example\/stats\/(v3\/(data|management|metadata)\/|v4\/reports:batchGet$)/, path);
  }
  assert.ok(reached > 100, `only ${reached} addresses were taken`);
});
