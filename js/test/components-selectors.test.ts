import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changed, localDay, shownDays } from '../src/components/date-range-selector.js';
import { register } from '../src/components/embed-api.js';
import { accountsOf, choose, eventsOf, wantedOf } from '../src/components/hierarchy.js';
import { viewSelector2 } from '../src/components/view-selector2.js';
import { componentOf, FakeApi, heard } from './embed-api.js';

const ITEMS = [
  { id: '1', name: 'Empty' },
  {
    id: '2',
    name: 'Shops',
    webProperties: [
      { id: 'UA-2-1', name: 'Bare' },
      {
        id: 'UA-2-2',
        name: 'Shoes',
        profiles: [
          { id: '21', name: 'All' },
          { id: '22', name: 'Mobile' },
        ],
      },
    ],
  },
  { id: '3', name: 'News', webProperties: [{ id: 'UA-3-1', name: 'Paper', profiles: [{ id: '31', name: 'Paper' }] }] },
];

const accounts = accountsOf(ITEMS);

test('accounts have properties and views beside the names of the API', () => {
  assert.deepEqual(accounts[2], {
    ...ITEMS[2],
    properties: [{ ...ITEMS[2]?.webProperties?.[0], views: [{ id: '31', name: 'Paper' }] }],
  });
});

test('chooses what is wanted, else the first view there is', () => {
  const cases: [object, string | undefined, string | undefined][] = [
    [{}, 'UA-2-2', 'ga:21'],
    [{ ids: 'ga:22' }, 'UA-2-2', 'ga:22'],
    [{ ids: '31' }, 'UA-3-1', 'ga:31'],
    [{ viewId: 31 }, 'UA-3-1', 'ga:31'],
    [{ propertyId: 'UA-3-1' }, 'UA-3-1', 'ga:31'],
    [{ propertyId: 'UA-2-1' }, 'UA-2-1', undefined],
    [{ accountId: '2' }, 'UA-2-2', 'ga:21'],
    [{ accountId: '1' }, undefined, undefined],
    [{ ids: null, viewId: '', accountId: 3 }, 'UA-3-1', 'ga:31'],
  ];
  for (const [options, property, ids] of cases) {
    const selection = choose(accounts, wantedOf(options));
    assert.deepEqual([selection.property?.id, selection.ids], [property, ids], JSON.stringify(options));
  }
});

test('what is not there is refused by name', () => {
  const cases: [object, RegExp][] = [
    [{ ids: 'ga:9' }, /the view "ga:9"/],
    [{ viewId: '9' }, /the view "9"/],
    [{ propertyId: 'UA-9-9' }, /the property "UA-9-9"/],
    [{ accountId: '9' }, /the account "9"/],
  ];
  for (const [options, message] of cases) assert.throws(() => choose(accounts, wantedOf(options)), message);
  assert.throws(() => choose([], {}), /any account/);
  assert.throws(() => wantedOf({ ids: 'ga:21', accountId: '2' }), /Only one of .* not ids and accountId/);
});

test('events name what changed, the widest first', () => {
  const at = (ids: string) => choose(accounts, { ids });
  assert.deepEqual(eventsOf(undefined, at('ga:21')), ['accountChange', 'propertyChange', 'viewChange', 'idsChange', 'change']);
  assert.deepEqual(eventsOf(at('ga:21'), at('ga:22')), ['viewChange', 'idsChange', 'change']);
  assert.deepEqual(eventsOf(at('ga:21'), at('ga:21')), []);
  assert.deepEqual(eventsOf(at('ga:21'), choose(accounts, { accountId: '1' })), ['accountChange', 'propertyChange']);
});

interface ViewSelector {
  execute(): ViewSelector;
}

test('another way to choose replaces the one before, and two at once are refused', () => {
  const component = componentOf<ViewSelector>(viewSelector2(new FakeApi().surface), { ids: 'ga:21', template: 'x' });
  component.set({ viewId: '31' });
  assert.deepEqual(component.get(), { ids: null, viewId: '31', template: 'x' });
  component.set({ template: 'y' });
  assert.deepEqual(component.get(), { ids: null, viewId: '31', template: 'y' });
  assert.throws(() => component.set({ ids: 'ga:21', viewId: '21' }), /Only one/);
});

test('a refusal of the server is an error event, and the next execute asks again', async () => {
  const api = new FakeApi();
  api.summaries = () => {
    throw { result: { error: { code: 403, message: 'You may not.' } } };
  };
  const component = componentOf<ViewSelector>(viewSelector2(api.surface), {});
  const events = heard(component, 'error');
  for (const times of [1, 2]) {
    component.execute();
    await new Promise(setImmediate);
    assert.deepEqual([events.at(-1), api.asked.length], [['error', new Error('You may not.')], times]);
  }
});

test('reads every page of the accounts, once, and only when signed in', async () => {
  const api = new FakeApi();
  api.auth.authorized = false;
  api.summaries = (parameters) => ({ items: [ITEMS[Number(parameters['start-index']) - 1]], totalResults: 3 });
  const component = componentOf<ViewSelector>(viewSelector2(api.surface), { ids: 'ga:9' });
  const events = heard(component, 'error');
  component.execute();
  await new Promise(setImmediate);
  assert.deepEqual(api.asked, []);
  api.auth.signIn();
  component.execute();
  await new Promise(setImmediate);
  assert.deepEqual(api.asked, [{ 'start-index': 1 }, { 'start-index': 2 }, { 'start-index': 3 }]);
  assert.match(String(events[0]?.[1]), /no access to the view "ga:9"/);
});

interface Page {
  gapi?: { analytics?: { q?: (() => void)[]; ready(callback: () => void): void } };
}

/** What the library does to the queue that it finds. */
function load(page: Page, made: string[]): void {
  const q = page.gapi?.analytics?.q ?? [];
  const library = { ready: (callback: () => void) => callback(), createComponent: (name: string) => made.push(name) };
  Object.assign(page.gapi?.analytics ?? {}, library);
  for (const callback of q) callback();
}

test('components that come before the library wait in the queue that the snippet would have made', () => {
  const made: string[] = [];
  const page: Page = {};
  register('One', () => ({}), page);
  register('Two', () => ({}), page);
  load(page, made);
  register('Three', () => ({}), page);
  assert.deepEqual(made, ['One', 'Two', 'Three']);
});

test('components that come before the snippet are made before its queue is heard', () => {
  const made: string[] = [];
  const page: Page = {};
  register('One', () => ({}), page);
  const g = page.gapi ?? {};
  g.analytics = {
    q: [],
    ready(callback) {
      this.q?.push(callback);
    },
  };
  g.analytics.ready(() => made.push('the page'));
  register('Two', () => ({}), page);
  load(page, made);
  assert.deepEqual(made, ['One', 'the page', 'Two']);
});

test('words become days of the calendar of who looks', () => {
  const cases: [string, string, [string, string]][] = [
    ['7daysAgo', 'yesterday', ['2024-02-23', '2024-02-29']],
    ['0daysAgo', 'today', ['2024-03-01', '2024-03-01']],
    ['2023-12-31', '30daysAgo', ['2023-12-31', '2024-01-31']],
    ['2024-02-30', 'last tuesday', ['', '']],
  ];
  for (const [start, end, days] of cases) assert.deepEqual(shownDays({ 'start-date': start, 'end-date': end }, '2024-03-01'), days);
  assert.equal(localDay(new Date(2024, 0, 5, 23, 59)), '2024-01-05');
});

test('two good dates are a change, which also bounds the fields; others are none', () => {
  const field = (value: string, valid = true) => ({ value, min: '', max: '', validity: { valid } as ValidityState });
  const cases: [ReturnType<typeof field>, ReturnType<typeof field>, boolean][] = [
    [field('2024-01-01'), field('2024-01-31'), true],
    [field(''), field('2024-01-31'), false],
    [field('2024-01-01'), field(''), false],
    [field('0002-01-01', false), field('2024-01-31'), false],
    [field('2024-01-01'), field('2023-01-31', false), false],
  ];
  for (const [start, end, told] of cases) {
    const component = componentOf<object>({}, {});
    const events = heard(component, 'change');
    changed(component as never, [start, end]);
    const range = { 'start-date': start.value, 'end-date': end.value };
    assert.deepEqual(events, told ? [['change', range]] : []);
    assert.deepEqual(component.get(), told ? range : {});
    if (told) assert.deepEqual([start.min, start.max, end.min], ['2005-01-01', end.value, start.value]);
  }
});
