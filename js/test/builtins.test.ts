import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stringify } from '../src/builtins.js';

test('JSON does not depend on what a library has put on the prototypes', (t) => {
  const prototypes = [Array.prototype, Object.prototype] as unknown as { toJSON?: unknown }[];
  t.after(() => prototypes.forEach((prototype) => delete prototype.toJSON));
  for (const prototype of prototypes) {
    Object.defineProperty(prototype, 'toJSON', { value: () => 'spoilt', configurable: true, enumerable: true, writable: true });
  }
  class Wrapped {
    readonly list = [1, 2];
    constructor(readonly name: string) {}
  }
  class Moment {
    toJSON(): unknown {
      return '2020-01-31';
    }
  }
  const value = {
    list: [1, 'a"b', null, undefined, [true, {}]],
    none: undefined,
    act: () => 1,
    deep: { a: [{ b: [] }] },
    wrapped: new Wrapped('x'),
    moment: new Moment(),
    date: new Date(0),
    own: { toJSON: () => 7 },
    bare: Object.assign(Object.create(null), { a: [1] }) as object,
  };
  assert.equal(JSON.stringify([1]), '"spoilt"');
  assert.equal(
    stringify(value),
    '{"list":[1,"a\\"b",null,null,[true,{}]],"deep":{"a":[{"b":[]}]},"wrapped":{"name":"x","list":[1,2]},' +
      '"moment":"2020-01-31","date":"1970-01-01T00:00:00.000Z","own":7,"bare":{"a":[1]}}',
  );
  assert.equal(stringify('text'), '"text"');
  assert.equal(stringify(null), 'null');
});

test('JSON is else what JSON.stringify makes', () => {
  for (const value of [
    1.5,
    true,
    'é',
    [],
    {},
    [[1], { a: [{ b: 'c' }] }],
    { a: new Date(1e12), b: [NaN, Infinity] },
    { 10: 'x', 2: 'y' },
  ]) {
    assert.equal(stringify(value), JSON.stringify(value));
  }
});
