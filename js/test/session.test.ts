import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../src/failure.js';
import { Session } from '../src/session.js';
import type { SessionState } from '../src/session.js';
import type { Token } from '../src/types.js';
import { FakeClock, FakePage, settle } from './clock.js';

const MINUTE = 60_000;

/** A session whose tokens are t1, t2, …, each good for 300 s, until `answer` is set to something else. */
function start() {
  const clock = new FakeClock();
  const page = new FakePage();
  const world = { asked: 0, answer: null as null | (() => Promise<Token>) };
  const source = async (): Promise<Token> => {
    const n = ++world.asked;
    return world.answer ? world.answer() : { access_token: `t${n}`, expires_in: 300 };
  };
  return { clock, page, world, session: new Session(source, clock, page) };
}

test('all who ask at once share one request', async () => {
  const { session, world } = start();
  const tokens = await Promise.all([session.token(), session.token(), session.token()]);
  assert.deepEqual(tokens, ['t1', 't1', 't1']);
  assert.equal(world.asked, 1);
});

test('renews at 75 to 80 % of expires_in, while somebody listens', async () => {
  for (const [chance, share] of [
    [0, 0.75],
    [1, 0.8],
  ] as const) {
    const { session, clock, world } = start();
    clock.chance = chance;
    session.subscribe(() => {});
    await session.token();
    await clock.advance(300_000 * share - 1);
    assert.equal(world.asked, 1, 'not before');
    await clock.advance(1);
    assert.equal(world.asked, 2, 'but then');
    assert.equal(await session.token(), 't2');
  }
});

test('goes on renewing for hours', async () => {
  const { session, clock, world } = start();
  session.subscribe(() => {});
  await session.token();
  await clock.advance(180 * MINUTE);
  assert.equal(world.asked, 1 + Math.floor((180 * MINUTE) / (300_000 * 0.775)));
});

test('the wall clock does not matter', async (t) => {
  t.mock.method(Date, 'now', () => 0); // 1970: every exp lies ahead
  const { session, clock, world } = start();
  session.subscribe(() => {});
  await session.token();
  await clock.advance(4 * MINUTE);
  assert.equal(world.asked, 2);
});

test('nobody listening: nothing is renewed, nothing is left behind', async () => {
  const { session, clock, page, world } = start();
  const leave = session.subscribe(() => {});
  const leaveToo = session.subscribe(() => {});
  await session.token();
  leave();
  assert.equal(page.watchers, 1);
  leaveToo();
  leaveToo();
  assert.deepEqual([page.watchers, clock.waiting], [0, 0]);
  await clock.advance(60 * MINUTE);
  assert.equal(world.asked, 1);
  assert.equal(await session.token(), 't2', 'an ended token is not given out');
});

test('a hidden page renews when it is seen again', async () => {
  const { session, clock, page, world } = start();
  session.subscribe(() => {});
  await session.token();
  page.isHidden = true;
  await clock.advance(60 * MINUTE);
  assert.equal(world.asked, 1);
  await page.wake();
  assert.equal(world.asked, 2);
});

test('a machine that slept renews on waking, and only when it is due', async () => {
  const { session, clock, page, world } = start();
  session.subscribe(() => {});
  await session.token();
  clock.sleep(MINUTE);
  await page.wake();
  assert.equal(world.asked, 1, 'a minute is nothing');
  clock.sleep(10 * MINUTE);
  await page.wake();
  await page.wake();
  assert.equal(world.asked, 2);
});

test('a refused token is renewed; one that came meanwhile is kept', async () => {
  const { session, world } = start();
  const first = await session.token();
  session.refuse(first);
  assert.equal(await session.token(), 't2');
  session.refuse(first);
  assert.equal(await session.token(), 't2');
  assert.equal(world.asked, 2);
});

test('failures back off, keep the token while it lives, and end when the server is back', async () => {
  const { session, clock, world } = start();
  const states: SessionState[] = [];
  session.subscribe((state) => states.push(state));
  await session.token();
  world.answer = () => Promise.reject(new TypeError('fetch failed'));
  await clock.advance(240_000);
  assert.deepEqual(states, ['troubled']);
  assert.equal(await session.token(), 't1', 'still good for a minute');
  await clock.advance(30 * MINUTE);
  assert.ok(world.asked < 45, `${world.asked} requests in half an hour is a storm`);
  await assert.rejects(session.token(), { kind: 'offline' });
  world.answer = null;
  await clock.advance(2 * MINUTE);
  assert.deepEqual(states, ['troubled', 'live']);
  assert.match(await session.token(), /^t\d+$/);
});

test('Retry-After is honoured', async () => {
  const { session, clock, world } = start();
  session.subscribe(() => {});
  world.answer = () => Promise.reject(new Failure('busy', '', 120_000));
  await assert.rejects(session.token(), { kind: 'busy' });
  await clock.advance(119_000);
  assert.equal(world.asked, 1);
  await clock.advance(1_000);
  assert.equal(world.asked, 2);
});

test('a session that is over says so once and stops asking', async () => {
  const { session, clock, page, world } = start();
  const states: SessionState[] = [];
  session.subscribe((state) => states.push(state));
  await session.token();
  world.answer = () => Promise.reject(new Failure('over'));
  await clock.advance(60 * MINUTE);
  await page.wake();
  assert.deepEqual(states, ['over']);
  assert.equal(world.asked, 2);
  world.answer = null;
  session.revive();
  assert.equal(await session.token(), 't3');
  assert.deepEqual(states, ['over', 'live']);
});

test('a token that is born dead makes no storm', async () => {
  const { session, clock, world } = start();
  world.answer = async () => ({ access_token: 'x', expires_in: 0 });
  session.subscribe(() => {});
  await session.token();
  await clock.advance(MINUTE);
  assert.ok(world.asked <= 17, `${world.asked} requests in a minute`);
});

test('an inlined token is used and renewed; an answer corrects its life', async () => {
  const { session, clock, world } = start();
  session.subscribe(() => {});
  session.adopt({ access_token: 'inlined', expires_in: 3600 });
  assert.equal(await session.token(), 'inlined');
  session.correct(100);
  await clock.advance(77_500);
  await settle();
  assert.equal(world.asked, 1);
  assert.equal(await session.token(), 't1');
});
