import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BadRange, addDays, customRange, isDay, parseRange, presetDays, previousRange, resolveRange } from '../src/ranges.js';

test('reads what people write', () => {
  const cases: [string, string, string][] = [
    ['28d', '28daysAgo', 'yesterday'],
    [' 7d ', '7daysAgo', 'yesterday'],
    ['30daysAgo..yesterday', '30daysAgo', 'yesterday'],
    ['7daysAgo..today', '7daysAgo', 'today'],
    ['today', 'today', 'today'],
    ['2026-01-01..2026-01-31', '2026-01-01', '2026-01-31'],
    ['2026-01-01..yesterday', '2026-01-01', 'yesterday'],
  ];
  for (const [text, startDate, endDate] of cases) assert.deepEqual(parseRange(text), { startDate, endDate }, text);
});

test('refuses the rest, with a hint', () => {
  for (const text of [
    '',
    '0d',
    '1101d',
    '28',
    'd',
    '2026-02-30..2026-03-01',
    '2026-02-01..2026-01-01',
    'yesterday..7daysAgo',
    '1..2',
    'a..b..c',
    '-7d',
    '7d..today',
  ]) {
    assert.throws(() => parseRange(text), BadRange, text);
  }
  assert.throws(() => parseRange('soon'), /e\.g\. 28d/);
});

test('the previous period has the same length and ends the day before', () => {
  const cases: [string, string, string][] = [
    ['28d', '56daysAgo', '29daysAgo'],
    ['1d', '2daysAgo', '2daysAgo'],
    ['today', 'yesterday', 'yesterday'],
    ['7daysAgo..today', '15daysAgo', '8daysAgo'],
    ['2026-03-01..2026-03-31', '2026-01-29', '2026-02-28'],
  ];
  for (const [text, startDate, endDate] of cases) assert.deepEqual(previousRange(parseRange(text)), { startDate, endDate }, text);
  assert.equal(previousRange(parseRange('2026-01-01..yesterday')), null);
});

test('words become days', () => {
  const range = resolveRange({ startDate: '28daysAgo', endDate: 'yesterday', name: 'current' }, '2026-03-01');
  assert.deepEqual(range, { startDate: '2026-02-01', endDate: '2026-02-28', name: 'current' });
});

test('days', () => {
  assert.equal(addDays('2024-02-28', 1), '2024-02-29');
  assert.equal(addDays('2026-03-29', 1), '2026-03-30', 'a day of 23 hours in Europe');
  assert.ok(isDay('2024-02-29'));
  for (const text of ['2026-02-29', '2026-2-1', '20260201', 'today', '']) assert.ok(!isDay(text), text);
  assert.equal(customRange('2026-02-02', '2026-01-01'), '2026-01-01..2026-02-02');
  assert.equal(presetDays('90d'), 90);
  assert.equal(presetDays('2026-01-01..2026-01-02'), null);
});
