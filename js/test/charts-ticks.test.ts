import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calendarLabels, calendarSpan, placed, thinned, tooltipAt, valueScale } from '../src/charts/ticks.js';
import type { Label } from '../src/charts/ticks.js';
import type { ColumnType } from '../src/data/table.js';

test('value axes hold their values, zero, and a few round ticks', () => {
  for (const [low, high, count, type, want] of [
    [0, 1204, 5, 'integer', [0, 200, 400, 600, 800, 1000, 1200, 1400]],
    [0, 1, 5, 'integer', [0, 1, 2]],
    [0, 0, 4, 'integer', [0, 1, 2]],
    [0, 0.56, 3, 'percent', [0, 0.2, 0.4, 0.6]],
    [-90, 120, 4, 'float', [-100, -50, 0, 50, 100, 150]],
    [0, 200, 4, 'seconds', [0, 60, 120, 180, 240]],
    [0, 7300, 4, 'seconds', [0, 3600, 7200, 10_800]],
  ] as [number, number, number, ColumnType, number[]][]) {
    const scale = valueScale(low, high, count, type);
    assert.ok(scale.min <= Math.min(0, low) && scale.max >= high, `${high} inside`);
    assert.deepEqual(scale.ticks, want, `${low}..${high} ${type}`);
  }
});

test('any extent gives finite, ascending ticks inside the axis', () => {
  for (let i = 0; i < 2000; i += 1) {
    const low = ((Math.sin(i * 12.9898) * 43_758.5453) % 1) * 10 ** (i % 9);
    const high = low + Math.abs((Math.sin(i * 78.233) * 12_345.678) % 1) * 10 ** (i % 11);
    for (const type of ['integer', 'float', 'seconds', 'percent'] as const) {
      const { min, max, ticks } = valueScale(low, high, 2 + (i % 7), type);
      assert.ok(min <= low + 1e-9 && max >= high - 1e-9 && max > min, `${low}..${high} ${type}`);
      assert.ok(ticks.length >= 1 && ticks.length < 30, `${ticks.length} ticks for ${low}..${high} ${type}`);
      assert.ok(ticks.every((t, j) => Number.isFinite(t) && (j === 0 || t > ticks[j - 1]!)));
    }
  }
});

test('bounds of the host win', () => {
  const scale = valueScale(0, 900, 5, 'integer', { min: 100, max: 2000 });
  assert.deepEqual([scale.min, scale.max], [100, 2000]);
  assert.ok(scale.ticks.every((tick) => tick >= 100 && tick <= 2000));
});

test('values that the axis must hold make it longer, and ticks of the host are where it says', () => {
  const longer = valueScale(10, 20, 5, 'integer', { low: -50, high: 100 });
  assert.ok(longer.min <= -50 && longer.max >= 100);
  const own = valueScale(0, 20, 5, 'float', { ticks: [0, 7, 30] });
  assert.deepEqual([own.ticks, own.max >= 30], [[0, 7, 30], true]);
  assert.equal(valueScale(0, 100, 3, 'float', { ticks: 11 }).ticks.length, 11);
});

test('extents that no axis can hold end all the same', () => {
  for (const [low, high] of [
    [-1e308, 1e308],
    [0, 5e-324],
    [Number.NaN, 1],
    [0, Infinity],
  ] as const) {
    assert.ok(valueScale(low, high, 5, 'float').ticks.length < 50, `${low}..${high}`);
  }
});

test('between the dates of a calendar lie all others, where there are not too many', () => {
  const sparse = [new Date(Date.UTC(2020, 0, 3)), new Date(Date.UTC(2020, 0, 20))];
  assert.equal(calendarSpan(sparse, 'date').length, 18);
  const hours = calendarSpan([new Date(Date.UTC(2020, 0, 3, 1, 30)), new Date(Date.UTC(2020, 0, 3, 7))], 'dateHour');
  assert.deepEqual([hours.length, hours[0]?.getUTCHours()], [6, 2]);
  const ages = [new Date(Date.UTC(1000, 0, 1)), new Date(Date.UTC(2020, 0, 1))];
  assert.equal(calendarSpan(ages, 'date'), ages);
});

const width = (text: string): number => text.length * 7;
const days = (count: number): Date[] => Array.from({ length: count }, (_, i) => new Date(Date.UTC(2026, 10, 22 - (count - 1 - i))));
const write = (date: Date, month: boolean): string => date.toISOString().slice(month ? 2 : 5, month ? 7 : 10);

test('labels of a calendar never touch and never leave the chart, at any width and length', () => {
  for (const count of [1, 2, 3, 7, 28, 31, 90, 365, 730, 1500]) {
    for (const room of [120, 240, 328, 640, 1200]) {
      const dates = days(count);
      const at = (i: number): number => (count === 1 ? room / 2 : (room * i) / (count - 1));
      const labels = calendarLabels(dates, 'date', at, { width: room, before: 20, after: 18 }, width, write);
      assert.ok(labels.length >= 1, `${count} days in ${room}: none`);
      labels.forEach((label, i) => {
        const half = width(label.text) / 2;
        assert.ok(label.at - half >= -20 - 1e-9 && label.at + half <= room + 18 + 1e-9, `${count} days in ${room}: ${label.text} outside`);
        const before = labels[i - 1];
        assert.ok(
          !before || before.at + width(before.text) / 2 < label.at - half,
          `${count} days in ${room}: ${before?.text} touches ${label.text}`,
        );
      });
    }
  }
});

test('the newest day has a label', () => {
  const labels = calendarLabels(days(28), 'date', (i) => i * 24, { width: 648, before: 30, after: 20 }, width, write);
  assert.equal(labels.at(-1)?.text, '11-22');
});

test('hours, months and years are ticked at their own beginnings', () => {
  const hours = Array.from({ length: 48 }, (_, i) => new Date(Date.UTC(2026, 10, 21, i)));
  const byHour = calendarLabels(
    hours,
    'dateHour',
    (i) => i * 12,
    { width: 564, before: 30, after: 20 },
    width,
    (d) => d.toISOString().slice(11, 16),
  );
  assert.deepEqual(byHour.map(({ text }) => text).slice(0, 3), ['00:00', '06:00', '12:00']);
  const months = Array.from({ length: 36 }, (_, i) => new Date(Date.UTC(2024, i, 1)));
  const byMonth = calendarLabels(
    months,
    'yearMonth',
    (i) => i * 12,
    { width: 420, before: 30, after: 20 },
    width,
    (d) => d.toISOString().slice(0, 7),
  );
  assert.ok(
    byMonth.every(({ text }) => ['01', '07', '04', '10'].includes(text.slice(5))),
    byMonth.map(({ text }) => text).join(),
  );
});

test('names are thinned until they stand apart', () => {
  const labels = Array.from({ length: 20 }, (_, index): Label => ({ at: index * 16, text: 'a long name', index }));
  const some = thinned(labels, { width: 304, before: 10, after: 10 }, width);
  assert.deepEqual(
    some.map(({ index }) => index),
    [0, 7, 14],
  );
  assert.deepEqual(placed([], { width: 100, before: 0, after: 0 }, width), []);
});

test('tooltips flip at the edge and stay inside', () => {
  const size = { width: 120, height: 60 };
  const stage = { width: 328, height: 200 };
  assert.equal(tooltipAt({ x: 20, y: 100 }, size, stage).x, 32);
  assert.equal(tooltipAt({ x: 300, y: 100 }, size, stage).x, 168);
  for (let x = 0; x <= 328; x += 4) {
    for (const y of [0, 10, 100, 195]) {
      const at = tooltipAt({ x, y }, size, stage);
      assert.ok(at.x >= 0 && at.x + 120 <= 328 && at.y >= 0 && at.y + 60 <= 200, `${x},${y}`);
    }
  }
  assert.equal(tooltipAt({ x: 50, y: 5 }, { width: 400, height: 60 }, stage).x, 0);
});
