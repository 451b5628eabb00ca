import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refresher } from '../src/refresher.js';
import { FakeClock, FakePage } from './clock.js';

function start() {
  const clock = new FakeClock();
  const page = new FakePage();
  const world = { runs: 0 };
  return { clock, page, world, refresher: new Refresher(() => world.runs++, clock, page) };
}

test('runs once, when it is time', async () => {
  const { clock, page, world, refresher } = start();
  refresher.plan(30_000);
  await clock.advance(29_999);
  assert.equal(world.runs, 0);
  await clock.advance(100_000);
  assert.equal(world.runs, 1);
  assert.deepEqual([clock.waiting, page.watchers], [0, 0]);
});

test('pauses while hidden and catches up once', async () => {
  const { clock, page, world, refresher } = start();
  page.isHidden = true;
  refresher.plan(30_000);
  await clock.advance(3_600_000);
  assert.equal(world.runs, 0);
  await page.wake();
  await page.wake();
  assert.equal(world.runs, 1);
});

test('a new plan replaces the old one; none means never', async () => {
  const { clock, world, refresher } = start();
  refresher.plan(1_000);
  refresher.plan(60_000);
  await clock.advance(30_000);
  assert.equal(world.runs, 0);
  refresher.plan(0);
  await clock.advance(3_600_000);
  assert.equal(world.runs, 0);
});
