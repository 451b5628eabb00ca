import assert from 'node:assert/strict';
import { test } from 'node:test';
import { events, tell } from '../src/visualization/events.js';
import { load, loadModule, setOnLoadCallback } from '../src/visualization/loading.js';
import { language, setLanguage } from '../src/visualization/language.js';
import { Query, QueryResponse } from '../src/visualization/query.js';

test('listeners hear their event, in their order, until they are removed', () => {
  const source = Object.freeze({});
  const heard: string[] = [];
  const first = events.addListener(source, 'select', (args) => heard.push(`first ${String(args)}`));
  events.addOneTimeListener(source, 'select', () => heard.push('once'));
  events.addListener(source, 'ready', () => heard.push('ready'));
  events.trigger(source, 'select', 7);
  events.trigger(source, 'select', 8);
  assert.deepEqual(heard, ['first 7', 'once', 'first 8']);
  events.removeListener(first);
  events.removeListener(first);
  events.removeListener(null);
  events.trigger(source, 'select');
  events.trigger(source, 'ready');
  events.trigger({}, 'ready');
  assert.deepEqual(heard.slice(3), ['ready']);
  events.removeAllListeners(source);
  events.trigger(source, 'ready');
  assert.equal(heard.length, 4);
  assert.throws(() => events.addListener(null, 'select', () => {}), /no object to listen to/);
});

test('a listener may remove another while it is called', () => {
  const source = {};
  let count = 0;
  events.addListener(source, 'x', () => events.removeAllListeners(source));
  events.addListener(source, 'x', () => count++);
  events.trigger(source, 'x');
  events.trigger(source, 'x');
  assert.equal(count, 1);
});

test('a page that has its own google.visualization hears through that', () => {
  const page = globalThis as { google?: unknown };
  const theirs: unknown[] = [];
  const ours: unknown[] = [];
  const source = {};
  page.google = { visualization: { events: { trigger: (...args: unknown[]) => theirs.push(args) } } };
  events.addListener(source, 'ready', (args) => ours.push(args));
  tell(source, 'ready', 1);
  delete page.google;
  tell(source, 'ready', 2);
  assert.deepEqual(theirs, [[source, 'ready', 1]]);
  assert.deepEqual(ours, [1, 2]);
});

test('everything counts as loaded, but never before the caller returns', async () => {
  const order: string[] = [];
  const done = new Promise<void>((resolve) => {
    const promise = load('current', { packages: ['corechart'], language: 'pt_BR', callback: () => order.push('callback') });
    void promise.then(() => order.push('promise'));
    setOnLoadCallback(() => order.push('on load'));
    loadModule('maps', '3', { callback: () => order.push('maps') });
    loadModule('visualization', '1', { packages: [], callback: resolve });
    order.push('returned');
  });
  await done;
  assert.deepEqual(order, ['returned', 'promise', 'callback', 'on load']);
  assert.equal(language(), 'pt-BR');
  setLanguage('en');
  await load();
});

test('a data source is refused through the callback', async () => {
  const query = new Query('https://spreadsheets.example/tq', {});
  query.setQuery('select A');
  query.setTimeout(3);
  const response = await new Promise<QueryResponse>((resolve) => query.send(resolve));
  assert.equal(response.isError(), true);
  assert.equal(response.hasWarning(), false);
  assert.deepEqual(response.getReasons(), ['not_supported']);
  assert.match(response.getMessage(), /cannot be asked/);
  assert.notEqual(response.getDetailedMessage(), '');
  assert.equal(response.getDataTable(), null);
});

test('an answer that a page has by itself is read', () => {
  const response = new QueryResponse({
    status: 'warning',
    warnings: [{ reason: 'data_truncated', message: 'cut' }],
    table: { cols: [{ type: 'number' }], rows: [{ c: [{ v: 1 }] }] },
  });
  assert.equal(response.isError(), false);
  assert.equal(response.hasWarning(), true);
  assert.equal(response.getMessage(), 'cut');
  assert.equal(response.getDataTable().getValue(0, 0), 1);
});
