// The published declarations of Google's libraries as witnesses, at run time. What the compiler can compare is compared in
// js/witness; here is what it cannot see: objects that are put together while the program runs.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { absentClasses, absentMembers } from '../src/visualization/absent.js';
import { install } from '../src/visualization/index.js';
import { declarationsIn, membersOf, missingFrom } from './declarations.js';

/** The text of the declarations that npm installed. Tests run from a temporary folder, and are started below js. */
function published(name: string): string {
  const require = createRequire(join(process.cwd(), 'index.js'));
  return readFileSync(require.resolve(`@types/${name}/index.d.ts`), 'utf8');
}

test('declarations are read with all that nests', () => {
  const all = declarationsIn(`
    // function no(): void;
    declare namespace a.b {
      function f(x: { y: () => void; z: "}" }): Promise<Map<string, { q: number; }>>;
      namespace c { const v: number; export type T = { callback: F; }; }
      interface I extends J<K> { m(): void; n: { o: string; }; }
      abstract class Base { base(): void; }
      export class Made<T> extends b.Base {
        constructor(x: any); static s: T; then<R = T>(f: (r: R) => void): void; 'quoted-name': string; get(): { p: any };
      }
    }`);
  assert.deepEqual([...all.keys()], ['a.b.f', 'a.b.c.v', 'a.b.Base', 'a.b.Made']);
  assert.deepEqual(membersOf('a.b.Made', all), ['then', 'quoted-name', 'get', 'base']);
  class Made {
    static s = 1;
    then() {}
    base() {}
  }
  assert.deepEqual(missingFrom({ f() {}, c: {}, Made }, 'a.b', all), ['c.v', 'Base', 'Made#quoted-name', 'Made#get']);
  assert.throws(() => declarationsIn('enum X { A }'), /begins with "enum"/);
});

/** As much of a window as the drop-in needs to be put together. */
function openPage(): Record<string, any> {
  class HTMLScriptElement {
    src = 'https://oriel.example/platform.js';
  }
  const events = new EventTarget();
  class Document extends EventTarget {
    readyState = 'loading';
    hidden = false;
    get currentScript() {
      return new HTMLScriptElement();
    }
  }
  const document = new Document();
  const location = new URL('https://host.example/');
  const page = Object.assign(globalThis as Record<string, any>, { HTMLScriptElement, Document, document, location });
  page['window'] = page;
  page['addEventListener'] = events.addEventListener.bind(events);
  return page;
}

const page = openPage();
await import('../src/dropin/platform.js');
const gapi: unknown = page['gapi'];

// The names that declarations have and Google's library never had: a misspelling of its authors, and what a minifier left.
const ABSENT_FROM_GAPI = [
  'client.HttpRequestPromise', // a type for HttpRequest to inherit from
  ...['alt', 'fields', 'key', 'oauth_token', 'prettyPrint', 'quotaUser', 'userIP'].map((name) => `client.analytics.kB.parameters.${name}`),
];

test('gapi has all that @types/gapi and @types/gapi.analytics declare', () => {
  const declared = declarationsIn(published('gapi') + published('gapi.analytics'));
  assert.ok(declared.size > 40, `only ${declared.size} declarations were found`);
  assert.deepEqual(missingFrom(gapi, 'gapi', declared).sort(), ABSENT_FROM_GAPI.sort());
});

/** The Embed API, which no published declarations describe, as its documentation and a look at the living library had it. */
const EMBED_API = declarationsIn(`
  declare namespace gapi.analytics {
    const q: any;
    const ext: any;
    function ready(callback: any): void;
    function createComponent(name: string, members: any): any;
    namespace EventType {
      const SUCCESS: any; const ERROR: any; const CHANGE: any; const SIGNIN: any; const SIGNOUT: any; const NEEDS_AUTHORIZATION: any;
    }
    class Component { get(): any; set(options: any): this; execute(): this; on(): this; once(): this; off(): this; emit(): this; }
    class ViewSelector extends Component {}
    namespace report { class Data extends Component {} }
    namespace googleCharts { class DataChart extends Component {} }
    namespace auth {
      function get(): any; function set(): any; function on(): any; function once(): any; function off(): any; function emit(): any;
      function authorize(options: any): any; function isAuthorized(): any; function signOut(): any;
      function getAuthResponse(): any; function getUserProfile(): any;
    }
    namespace metadata {
      function execute(): any; function getColumn(id: any): any; function isInitialized(): any;
      function on(): any; function once(): any; function off(): any;
    }
  }
  declare namespace gapi.client {
    function init(): any; function load(): any; function newBatch(): any; function newRpcBatch(): any; function newHttpBatch(): any;
    function register(): any; function request(): any; function rpcRequest(): any;
    function setApiKey(): any; function setApiVersions(): any;
    function getToken(): any; function setToken(): any;
    namespace analytics.metadata.columns { function list(): any; }
  }
  declare namespace gapi.auth { function authorize(): any; function signOut(): any; function getToken(): any; function setToken(): any; }
  declare namespace gapi.auth2 { function init(): any; function getAuthInstance(): any; }
`);

test('gapi.analytics has all of the Embed API', () => {
  assert.deepEqual(missingFrom(gapi, 'gapi', EMBED_API), []);
});

test('every class of the Embed API can be extended, and inherits from Component', () => {
  const { analytics } = gapi as { analytics: Record<string, any> };
  for (const path of ['ViewSelector', 'report.Data', 'googleCharts.DataChart']) {
    const found: any = path.split('.').reduce((value, name) => value[name], analytics);
    assert.ok(found.prototype instanceof analytics['Component'], path);
    assert.ok(Object.isExtensible(found.prototype), path);
    const component = new found({ query: { ids: 'ga:1' } });
    component.set({ query: { metrics: 'ga:users' } });
    assert.deepEqual(component.get().query, { ids: 'ga:1', metrics: 'ga:users' }, path);
  }
});

// The declarations have classes for themselves to inherit from, which Google's library has not.
const DECLARED_BASES = /^visualization\.(ChartBase|ChartBaseClearable|ChartBaseRenderable|CoreChartBase|DefaultFormatter)$/;

test('google has all that @types/google.visualization declares, but for what is listed as absent', () => {
  const drawing: { google?: unknown } = {};
  install(drawing as unknown as Window);
  const declared = declarationsIn(published('google.visualization'));
  assert.ok(declared.size > 50, `only ${declared.size} declarations were found`);
  const missing = missingFrom(drawing.google, 'google', declared).filter((name) => !DECLARED_BASES.test(name));
  const classes = missing.filter((name) => !name.includes('#')).map((name) => name.replace('visualization.', ''));
  const members = missing.flatMap((name) => name.split('#')[1] ?? []);
  assert.deepEqual(classes.sort(), Object.keys(absentClasses).sort());
  assert.deepEqual([...new Set(members)].sort(), Object.keys(absentMembers).sort());
});

test('what a page has loaded itself stays, and is completed', () => {
  class DataTable {}
  const visualization = { DataTable };
  const drawing = { google: { visualization, maps: 1 } };
  install(drawing as unknown as Window);
  const names: Record<string, unknown> = drawing.google.visualization;
  assert.equal(drawing.google.visualization, visualization);
  assert.equal(names['DataTable'], DataTable);
  assert.equal(typeof names['LineChart'], 'function');
});
