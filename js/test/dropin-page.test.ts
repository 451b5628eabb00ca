import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { installGoogle } from '../src/dropin/google.js';
import { ReadyQueue, callOnload, loaderOf } from '../src/dropin/loader.js';
import { choose, idsOf } from '../src/dropin/summaries.js';
import type { Drawing } from '../src/dropin/visualization.js';
import { soon } from './dropin-server.js';

/** A document that is still being parsed, or is whole. */
function parsing(t: TestContext, readyState: string): EventTarget & { readyState: string } {
  const document = Object.assign(new EventTarget(), { readyState });
  const globals = globalThis as Record<string, unknown>;
  globals['document'] = document;
  globals['window'] = Object.assign(new EventTarget(), {});
  t.after(() => {
    delete globals['document'];
    delete globals['window'];
  });
  return document;
}

test('ready calls back in order, at once when the library is there, and survives what throws', (t) => {
  t.mock.method(console, 'error', () => {});
  const queue = new ReadyQueue();
  const log: unknown[] = [];
  queue.add(() => {
    log.push(1);
    queue.add(() => log.push('nested'));
    throw new Error('of the page');
  });
  queue.add(() => log.push(2));
  queue.add('not a function');
  assert.equal(log.length, 0);
  queue.open();
  queue.open();
  queue.add(() => log.push(3));
  assert.deepEqual(log, [1, 'nested', 2, 3]);
});

test('gapi.load calls back in all its forms, after it has returned', async (t) => {
  parsing(t, 'complete');
  const log: string[] = [];
  const load = loaderOf(undefined, () => log.push('open'));
  load('analytics', () => log.push('function'));
  const fail = () => log.push('failed');
  load('client:auth2', { callback: () => log.push('config'), onerror: fail, timeout: 1, ontimeout: fail });
  load('signin2', undefined, () => log.push('third'));
  load('analytics');
  assert.deepEqual(log, []);
  await soon();
  assert.deepEqual(log, ['open', 'function', 'open', 'config', 'open', 'third', 'open']);
});

test('what is not ours is left to whoever was there before, else an error for who wants to hear it', async (t) => {
  parsing(t, 'complete');
  const log: unknown[] = [];
  const load = loaderOf(undefined, () => {});
  load('client:picker', { callback: () => log.push('callback'), onerror: () => log.push('error') });
  load('picker', () => log.push('tolerated'));
  loaderOf(
    (names: string) => log.push(names),
    () => {},
  )('client:picker', () => log.push('never'));
  await soon();
  assert.deepEqual(log, ['error', 'tolerated', 'picker']);
});

test('nothing is ready before the document is', async (t) => {
  const document = parsing(t, 'loading');
  const log: string[] = [];
  loaderOf(undefined, () => log.push('open'))('analytics', () => log.push('called'));
  await soon();
  assert.deepEqual(log, []);
  document.dispatchEvent(new Event('DOMContentLoaded'));
  await soon();
  assert.deepEqual(log, ['open', 'called']);
});

test('onload calls the function that the page has, or will have', async (t) => {
  parsing(t, 'interactive');
  const page = window as unknown as Record<string, unknown> & EventTarget;
  const log: string[] = [];
  page['now'] = () => log.push('now');
  page['library'] = Object.assign(() => {}, { start: () => log.push('of a function') });
  callOnload('now');
  callOnload('library.start');
  callOnload('app.later');
  callOnload('');
  callOnload('never.there');
  await soon();
  assert.deepEqual(log, ['now', 'of a function']);
  page['app'] = { later: () => log.push('later') };
  page.dispatchEvent(new Event('load'));
  assert.deepEqual(log, ['now', 'of a function', 'later']);
});

test('google.load and google.charts.load in all their forms', async () => {
  const languages: unknown[] = [];
  let loads = 0;
  const module = { loader: { load: ({ language }: { language: string }) => languages.push(language) } };
  const page = { google: { charts: {} } } as { google: Record<string, any> };
  const given = page.google;
  installGoogle(page, async () => {
    loads++;
    return { module } as unknown as Drawing;
  });
  assert.equal(page.google, given, "the page's objects are completed");
  assert.equal(loads, 0, 'nothing is loaded before somebody wants it');
  const log: string[] = [];
  const say = (text: string) => () => log.push(text);
  await page.google['charts'].load('current', { packages: ['corechart'], callback: say('options'), language: 'de' });
  await page.google['charts'].load('45', { packages: ['table'] }, say('positional'));
  await page.google['charts'].load({ packages: ['table'] });
  page.google['charts'].setOnLoadCallback(say('charts'));
  page.google['load']('visualization', '1.0', { packages: ['corechart'], callback: say('load') });
  page.google['load']('jquery', '1', { callback: say('never') });
  page.google['setOnLoadCallback'](say('google'));
  await soon();
  assert.deepEqual(log, ['options', 'positional', 'charts', 'load', 'google']);
  assert.deepEqual(languages, ['de']);
});

test('what a page has loaded itself stays, and an element is no namespace', () => {
  const load = () => {};
  const page = { google: { load, charts: { load } } } as Record<string, any>;
  installGoogle(page, () => Promise.reject(new Error('unasked')));
  assert.equal(page['google'].load, load);
  assert.equal(page['google'].charts.load, load);
  assert.equal(typeof page['google'].charts.setOnLoadCallback, 'function');
  const element = { google: { nodeType: 1 } } as Record<string, any>;
  installGoogle(element, () => Promise.reject(new Error('unasked')));
  assert.equal(typeof element['google'].charts.load, 'function');
  assert.equal(element['google'].nodeType, undefined);
});

test('the view that is chosen: the wish, else the first that is there', () => {
  const view = (id: string) => ({ id, name: id });
  const accounts = [
    { id: 'a0', name: 'empty' },
    {
      id: 'a1',
      name: 'a1',
      webProperties: [
        { id: 'p0', name: 'p0' },
        { id: 'p1', name: 'p1', profiles: [view('1'), view('ga:2')] },
      ],
    },
    {
      id: 'a2',
      name: 'a2',
      webProperties: [
        { id: 'p2', name: 'p2', profiles: [view('3')] },
        { id: 'p3', name: 'p3', profiles: [view('4')] },
      ],
    },
  ];
  const chosen = (account: string, property: string, name: string) => {
    const { view } = choose(accounts, { account, property, view: name });
    return view && idsOf(view);
  };
  assert.equal(chosen('', '', ''), 'ga:1');
  assert.equal(chosen('', '', 'ga:2'), 'ga:2');
  assert.equal(chosen('a2', '', ''), 'ga:3');
  assert.equal(chosen('', 'p3', ''), 'ga:4');
  assert.equal(chosen('', '', 'ga:9'), 'ga:1');
  assert.deepEqual(choose([], { account: '', property: '', view: '' }), {});
});
