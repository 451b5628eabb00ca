import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Component, define } from '../src/dropin/component.js';
import { merge } from '../src/dropin/merge.js';

type Loose = Component & Record<string, unknown>;

test('the constructor copies plain objects and takes all else by reference', () => {
  class Element {
    nodeType = 1;
  }
  const element = new Element();
  const columns = ['a', 'b'];
  const shared = { query: { ids: 'ga:1' }, chart: { container: element, options: { columns } } };
  const [one, other] = [new Component(shared), new Component(shared)];
  one.set({ query: { ids: 'ga:2' }, chart: { type: 'PIE' } });
  assert.deepEqual(shared.query, { ids: 'ga:1' }, "the page's object stays as it was");
  assert.deepEqual(other.get(), shared);
  const chart = one.get()['chart'] as typeof shared.chart;
  assert.equal(chart.container, element);
  assert.equal(chart.options.columns, columns);
});

test('set merges deeply, replaces arrays, and says nothing of what it is not given', () => {
  const component = new Component({ query: { ids: 'ga:1', metrics: ['a', 'b'] }, chart: { type: 'LINE', options: { title: 'old' } } });
  assert.equal(component.set({ query: { metrics: ['c'] } }).set({ chart: { options: { title: 'new' } } }), component);
  assert.equal(component.set(), component);
  assert.deepEqual(component.get(), { query: { ids: 'ga:1', metrics: ['c'] }, chart: { type: 'LINE', options: { title: 'new' } } });
});

test('get is the live object', () => {
  const component = new Component({ query: { ids: 'ga:1', filters: 'x' } });
  delete (component.get()['query'] as Record<string, unknown>)['filters'];
  component.get()['start-date'] = 'today';
  assert.deepEqual(component.get(), { query: { ids: 'ga:1' }, 'start-date': 'today' });
});

test('merging never reaches a prototype', () => {
  merge({}, JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}'));
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
});

test('handlers run in order, with the component as this, until they are removed', () => {
  const component = new Component();
  const log: unknown[] = [];
  const first = function (this: Component, ...args: unknown[]) {
    log.push(['first', this === component, ...args]);
  };
  const second = () => void log.push('second');
  component.on('x', first).once('x', second).on('y', second);
  component.emit('x', 1, 2).emit('x', 3);
  assert.deepEqual(log, [['first', true, 1, 2], 'second', ['first', true, 3]]);
  log.length = 0;
  component.off('x', first).emit('x').emit('y');
  assert.deepEqual(log, ['second']);
  component.on('x', first).off('y').emit('y');
  component.off().emit('x');
  assert.deepEqual(log, ['second']);
});

test('a once handler can be removed, and a handler removed by an earlier one is not called', () => {
  const component = new Component();
  const log: string[] = [];
  const once = () => void log.push('once');
  component.once('x', once).off('x', once).emit('x');
  component
    .on('x', () => component.off('x'))
    .on('x', () => void log.push('later'))
    .emit('x')
    .emit('x');
  assert.deepEqual(log, []);
});

test('a handler that throws keeps the others and the emitter going', (t) => {
  const reported: unknown[] = [];
  t.mock.method(console, 'error', (error: unknown) => reported.push(error));
  const component = new Component();
  let called = false;
  component
    .on('x', () => {
      throw new Error('of the page');
    })
    .on('x', () => (called = true));
  component.emit('x');
  assert.ok(called);
  assert.match(String(reported[0]), /of the page/);
});

test("a created component has the page's members, data too, and is initialized with the constructor's arguments", () => {
  const Made = define(
    {
      template: '<b></b>',
      initialize(this: Loose, options: unknown, more: unknown) {
        this['given'] = [options, more, { ...this.get() }];
      },
      set(this: Loose, options: { bad?: boolean }) {
        if (options.bad) throw new Error('refused');
        return Component.prototype.set.call(this, options);
      },
    },
    Component,
  );
  const made = new Made({ a: 1 }, 'more') as Loose;
  assert.ok(made instanceof Component);
  assert.equal(made['template'], '<b></b>');
  assert.deepEqual(made['given'], [{ a: 1 }, 'more', { a: 1 }]);
  assert.throws(() => made.set({ bad: true }), /refused/);
  assert.equal(made.set({ b: 2 }), made);
  assert.deepEqual(made.get(), { a: 1, b: 2 });
  assert.equal(new Made().get()['a'], undefined, 'no options are no error, and nothing is shared');
});

test('classes are ordinary functions with prototypes that pages extend and call', () => {
  (Component.prototype as unknown as Loose)['shout'] = function (this: Component) {
    return this.emit('shout', '!');
  };
  const component = new Component() as Loose;
  const said: string[] = [];
  component.on('shout', (what: string) => void said.push(what));
  (component['shout'] as () => void)();
  assert.deepEqual(said, ['!']);
  function Own(this: Component, options: object): void {
    (Component as unknown as (this: Component, options: object) => void).call(this, options);
  }
  Own.prototype = Object.create(Component.prototype);
  const own = new (Own as unknown as new (options: object) => Component)({ a: 1 });
  assert.deepEqual(own.get(), { a: 1 });
  delete (Component.prototype as unknown as Loose)['shout'];
});

test('whatever the page gives is copied whole, and shares nothing plain with the original', () => {
  const random = randomFrom(7);
  const keys = ['query', 'chart', 'options', 'ids', 'length', 'toString'];
  const value = (depth: number): unknown => {
    const kind = Math.floor(random() * (depth > 4 ? 4 : 6));
    if (kind < 4) return [7, 'text', null, ['by', 'reference']][kind];
    return Object.fromEntries(keys.filter(() => random() < 0.5).map((key) => [key, value(depth + 1)]));
  };
  for (let i = 0; i < 300; i++) {
    const [first, second] = [value(0), value(0)] as [object, object];
    const before = JSON.stringify([first, second]);
    const merged = merge(merge({}, first), second);
    assert.deepEqual(merge({ ...merged }, second), merged, 'merging again changes nothing');
    scribble(merged);
    assert.equal(JSON.stringify([first, second]), before);
  }
});

/** Numbers from 0 to 1, the same ones for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

/** Writes into every plain object of a tree. */
function scribble(tree: Record<string, unknown>): void {
  for (const child of Object.values(tree)) {
    if (typeof child === 'object' && child !== null && !Array.isArray(child)) scribble(child as Record<string, unknown>);
  }
  tree['scribbled'] = true;
}
