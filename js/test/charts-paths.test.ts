import assert from 'node:assert/strict';
import test from 'node:test';
import { areaPath, linePath, slicePath } from '../src/charts/paths.js';
import type { Point } from '../src/charts/paths.js';

test('a line breaks where a value is missing', () => {
  assert.equal(linePath([[0, 1], [1, 2.005], null, [3, 4], [4, 5]]), 'M0,1L1,2.01M3,4L4,5');
  assert.equal(linePath([[0, 1], null]), 'M0,1Z');
  assert.equal(linePath([null]), '');
});

test('an area goes back along its base', () => {
  assert.equal(
    areaPath(
      [
        [0, 1],
        [2, 3],
      ],
      [
        [0, 9],
        [2, 8],
      ],
    ),
    'M0,1L2,3L2,8L0,9Z',
  );
});

test('a smooth line never leaves the range of its points', () => {
  const ys = [5, 5, 80, 3, 3, 90, 91, 0];
  const path = linePath(
    ys.map((y, i): Point => [i * 10, y]),
    true,
  );
  const numbers = [...path.matchAll(/-?[\d.]+,(-?[\d.]+)/g)].map(([, y]) => Number(y));
  assert.equal(numbers.length, 1 + 3 * (ys.length - 1));
  for (const y of numbers) assert.ok(y >= -0.01 && y <= 91.01, `${y} in ${path}`);
});

test('slices', () => {
  assert.equal(slicePath(0, 10, 0, Math.PI / 2), 'M0,-10A10,10,0,0,1,10,0L0,0Z');
  assert.equal(slicePath(5, 10, 0, 1.5 * Math.PI), 'M0,-10A10,10,0,1,1,-10,0L-5,0A5,5,0,1,0,0,-5Z');
  assert.equal(slicePath(0, 10, 0, 2 * Math.PI), 'M0,-10A10,10,0,1,1,0,10A10,10,0,1,1,0,-10Z');
});
