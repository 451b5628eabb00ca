import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { activeUsers } from '../src/components/active-users.js';
import { FakeClock, FakePage, settle } from './clock.js';
import { componentOf, FakeApi, heard } from './embed-api.js';

interface ActiveUsers {
  execute(): ActiveUsers;
  stop(): ActiveUsers;
  activeUsers: number;
  polling: boolean;
}

const EVENTS = ['success', 'change', 'increase', 'decrease', 'stop', 'error'];

// The page: markup that nobody reads, and one element for the number.
beforeEach(() => {
  const empty = { childNodes: [] };
  Object.assign(globalThis, {
    DOMParser: class {
      parseFromString = () => ({ head: empty, body: empty });
    },
  });
});

function start(options: Record<string, unknown> = {}) {
  const [api, clock, page] = [new FakeApi(), new FakeClock(), new FakePage()];
  const counts: (number | Error)[] = [];
  api.realtime = () => {
    const count = counts.shift() ?? 0;
    if (count instanceof Error) throw count;
    return count === 0 ? { totalResults: 0 } : { totalResults: 1, rows: [[String(count)]] };
  };
  const value = { textContent: '' };
  const container = { nodeType: 1, replaceChildren: () => {}, querySelector: () => value };
  const component = componentOf<ActiveUsers>(activeUsers(api.surface, clock, page), { container, ids: 'ga:1', ...options });
  return { api, clock, page, counts, value, component, events: heard(component, ...EVENTS) };
}

test('asks every five seconds and tells of what changed', async () => {
  const { api, clock, counts, value, component, events } = start();
  counts.push(3, 3, 5, 4, 0);
  assert.equal(component.execute(), component);
  await settle();
  await clock.advance(20_000);
  assert.deepEqual(api.asked, Array(5).fill({ ids: 'ga:1', metrics: 'rt:activeUsers' }));
  assert.deepEqual(events, [
    ['success', { activeUsers: 3 }],
    ['change', { activeUsers: 3, delta: 3 }],
    ['increase', { activeUsers: 3, delta: 3 }],
    ['success', { activeUsers: 3 }],
    ['success', { activeUsers: 5 }],
    ['change', { activeUsers: 5, delta: 2 }],
    ['increase', { activeUsers: 5, delta: 2 }],
    ['success', { activeUsers: 4 }],
    ['change', { activeUsers: 4, delta: -1 }],
    ['decrease', { activeUsers: 4, delta: -1 }],
    ['success', { activeUsers: 0 }],
    ['change', { activeUsers: 0, delta: -4 }],
    ['decrease', { activeUsers: 0, delta: -4 }],
  ]);
  assert.equal(value.textContent, '0');
});

test('a page that waits for "success" hears the first "change"', async () => {
  const { counts, component } = start();
  const changes: unknown[] = [];
  counts.push(7);
  component.once('success', () => component.on('change', (change) => changes.push(change)));
  component.execute();
  await settle();
  assert.deepEqual(changes, [{ activeUsers: 7, delta: 7 }]);
});

test('pollingInterval is in seconds and at least five', async () => {
  for (const pollingInterval of [4.9, 0, -1, 'often', Number.NaN]) {
    assert.throws(() => start({ pollingInterval }).component.execute(), /"pollingInterval" must be 5 seconds or more/);
  }
  const { api, clock, component } = start({ pollingInterval: '60' });
  component.execute();
  await settle();
  await clock.advance(59_999);
  assert.equal(api.asked.length, 1);
  await clock.advance(1);
  assert.equal(api.asked.length, 2);
});

test('stops, also for an answer that is still to come, and starts anew', async () => {
  const { api, clock, counts, component, events } = start();
  counts.push(3, 4);
  component.execute();
  component.stop();
  await settle();
  await clock.advance(60_000);
  assert.deepEqual(events, [['stop', { activeUsers: 0 }]]);
  assert.deepEqual([api.asked.length, clock.waiting, component.polling], [1, 0, false]);
  component.execute();
  await settle();
  assert.deepEqual([component.activeUsers, component.polling], [4, true]);
});

test('executing again stops first: there is never more than one question under way', async () => {
  const { api, clock, component, events } = start();
  component.execute();
  component.execute();
  await settle();
  await clock.advance(5_000);
  assert.equal(api.asked.length, 3);
  assert.deepEqual(
    events.map(([name]) => name),
    ['stop', 'success', 'success'],
  );
});

test('a failure is told and does not end the asking; no ids is a failure', async () => {
  const { api, clock, counts, component, events } = start();
  counts.push(new Error('no'), 2);
  component.execute();
  await settle();
  assert.deepEqual(events, [['error', new Error('no')]]);
  await clock.advance(5_000);
  assert.equal(component.activeUsers, 2);
  component.set({ ids: '' });
  await clock.advance(5_000);
  assert.deepEqual(events.at(-1), ['error', new Error('The option "ids" is missing.')]);
  assert.equal(api.asked.length, 2);
});

test('waits for the sign-in, and stops until the next when signed out', async () => {
  const { api, counts, component, events } = start();
  api.auth.authorized = false;
  counts.push(1, 2);
  component.execute();
  await settle();
  assert.equal(api.asked.length, 0);
  api.auth.signIn();
  await settle();
  assert.equal(component.activeUsers, 1);
  api.auth.signOut();
  assert.deepEqual(events.at(-1), ['stop', { activeUsers: 1 }]);
  api.auth.signIn();
  await settle();
  assert.equal(component.activeUsers, 2);
  component.stop();
  api.auth.signOut();
  api.auth.signIn();
  await settle();
  assert.equal(api.asked.length, 2);
});

test('nobody asks for a hidden page, which catches up when it is seen', async () => {
  const { api, clock, page, component } = start();
  component.execute();
  await settle();
  page.isHidden = true;
  await clock.advance(600_000);
  assert.equal(api.asked.length, 1);
  await page.wake();
  assert.equal(api.asked.length, 2);
});
