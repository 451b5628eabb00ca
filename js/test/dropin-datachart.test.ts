import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Component } from '../src/dropin/component.js';
import { dataChartClass } from '../src/dropin/datachart.js';
import type { Drawing } from '../src/dropin/visualization.js';
import { heard, until, world } from './dropin-server.js';

/** As much of an element as a DataChart touches. */
class Box {
  readonly nodeType = 1;
  children: Box[] = [];
  parentNode: Box | null = null;
  textContent = '';
  readonly style = {};
  private readonly attributes: Record<string, string> = {};

  setAttribute(name: string, value: string): void {
    this.attributes[name] = value;
  }

  get classList() {
    return { contains: (name: string) => (this.attributes['class'] ?? '').split(' ').includes(name) };
  }

  get isConnected(): boolean {
    return this.parentNode !== null;
  }

  append(...children: (Box | string)[]): void {
    for (const child of children) {
      if (typeof child === 'string') this.textContent += child;
      else {
        child.parentNode = this;
        this.children.push(child);
      }
    }
  }

  remove(): void {
    if (this.parentNode) this.parentNode.children = this.parentNode.children.filter((child) => child !== this);
    this.parentNode = null;
  }

  closest(): null {
    return null;
  }

  getAttribute(): null {
    return null;
  }
}

interface Picture {
  type: string;
  host: Box;
  drawn: { data: unknown; options: unknown }[];
  cleared: number;
}

/** A page with containers by their ids, a server, and a module that draws nothing and writes down what it is asked to. */
async function page(t: TestContext) {
  const containers: Record<string, Box> = {};
  const idsOf = (url = '') => new URL(url, 'http://x').searchParams.get('ids');
  const w = await world(t, { 'v3/data/ga': ({ url }) => [200, { query: idsOf(url), rows: [] }] });
  const globals = globalThis as Record<string, unknown>;
  globals['document'] = { getElementById: (id: string) => containers[id] ?? null, createElement: () => new Box() };
  globals['window'] = {};
  globals['navigator'] ??= { language: 'en' };
  globals['getComputedStyle'] ??= () => ({ backgroundColor: 'rgba(0, 0, 0, 0)' });
  globals['location'] ??= { origin: 'https://page.example' };
  t.after(() => {
    delete globals['document'];
    delete globals['window'];
  });
  w.authorization.enter({ access_token: 'good', expires_in: 300 });
  const pictures: Picture[] = [];
  const trouble = { message: '' };
  const listeners: { source: object; name: string; handler: (event?: object) => void }[] = [];
  const chartOf = (type: string, host: Box) => {
    if (type === 'ODD') return undefined;
    const picture: Picture = { type, host, drawn: [], cleared: 0 };
    pictures.push(picture);
    const chart = {
      draw: (data: unknown, options: unknown) => {
        picture.drawn.push({ data, options });
        const name = trouble.message ? 'error' : 'ready';
        setTimeout(() => {
          for (const l of [...listeners]) if (l.source === chart && l.name === name) l.handler(trouble);
        });
      },
      clearChart: () => picture.cleared++,
    };
    return chart;
  };
  const own = {
    DataTable: class {
      constructor(readonly data: unknown) {}
    },
    events: {
      addListener: (source: object, name: string, handler: () => void) => listeners[listeners.push({ source, name, handler }) - 1],
      removeListener: (listener: (typeof listeners)[number]) => listeners.splice(listeners.indexOf(listener), 1),
    },
  };
  const drawing = { own, module: { chartOf, dataOf: (answer: { query: string }) => ({ of: answer.query }) } } as unknown as Drawing;
  const loads = { count: 0, fails: false };
  const DataChart = dataChartClass(
    w.requester,
    () => {
      loads.count++;
      return loads.fails ? Promise.reject(new TypeError('no module')) : Promise.resolve(drawing);
    },
    w.clock,
  );
  const chart = (container: unknown, type = 'LINE', ids = 'ga:1'): Component =>
    new DataChart({ query: { ids }, chart: { container, type } });
  return { ...w, containers, pictures, listeners, trouble, loads, chart };
}

const run = (chart: Component, event = 'success') => {
  chart.execute();
  return heard(chart, event) as Promise<[Record<string, any>]>;
};

test('draws in a child of its own, and hands over chart, data, dataTable and response', async (t) => {
  const { containers, chart, pictures, listeners, loads } = await page(t);
  const container = (containers['c'] = new Box());
  const note = new Box();
  container.append(note);
  const made = chart('c', 'pie');
  made.set({ chart: { options: { pieHole: 0.4 } } });
  assert.equal(loads.count, 1, 'the module is loaded ahead');
  const [result] = await run(made);
  assert.deepEqual(Object.keys(result), ['chart', 'data', 'dataTable', 'response']);
  assert.deepEqual(result['data'], { of: 'ga:1' });
  assert.equal(result['dataTable'].data, result['data']);
  assert.equal(container.children[0], note, "what was there is the page's");
  assert.ok(container.children[1]?.classList.contains('gapi-analytics-data-chart'));
  assert.equal(pictures[0]?.type, 'PIE');
  assert.equal(pictures[0]?.host, container.children[1]);
  assert.deepEqual(
    pictures[0]?.drawn.map(({ options }) => options),
    [{ pieHole: 0.4 }],
  );
  assert.deepEqual(listeners, []);
});

test('the chart of a container is kept, redrawn, and made anew for another type or container', async (t) => {
  const { containers, chart, pictures } = await page(t);
  const [one, two] = [(containers['one'] = new Box()), (containers['two'] = new Box())];
  const made = chart('one');
  const [first] = await run(made);
  const [again] = await run(made.set({ query: { ids: 'ga:2' } }));
  assert.equal(again['chart'], first['chart']);
  assert.equal(pictures[0]?.drawn.length, 2);
  await run(made.set({ chart: { type: 'COLUMN' } }));
  assert.deepEqual(
    pictures.map(({ type, cleared }) => [type, cleared]),
    [
      ['LINE', 1],
      ['COLUMN', 0],
    ],
  );
  assert.equal(one.children.length, 1);
  await run(made.set({ chart: { type: 'ODD' } }), 'error');
  assert.equal(pictures[1]?.cleared, 0, 'an unknown type leaves the picture');
  assert.equal(one.children.length, 2, 'beside which it is told');
  one.children.pop();
  await run(made.set({ chart: { container: two, type: 'COLUMN' } }));
  assert.deepEqual([one.children.length, two.children.length], [1, 1]);
  two.children[0]?.remove();
  await run(made);
  assert.equal(two.children.length, 1, 'a container that the page has emptied is drawn in again');
  await run(chart('two'));
  assert.equal(two.children.length, 1, 'and shows the last DataChart that drew in it');
});

test('an answer that comes late does not overwrite a later one, and is not told', async (t) => {
  const { answers, containers, chart, pictures } = await page(t);
  containers['c'] = new Box();
  const plain = answers['v3/data/ga'];
  answers['v3/data/ga'] = async (request, body) => {
    if (request.url?.includes('slow')) await new Promise((resolve) => setTimeout(resolve, 50));
    return (await plain?.(request, body)) ?? [500, ''];
  };
  const made = chart('c', 'LINE', 'slow');
  const told: unknown[] = [];
  made.on('success', (result: { response: { query: string } }) => told.push(result.response.query));
  made.execute();
  await run(made.set({ query: { ids: 'fast' } }));
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.deepEqual(told, ['fast']);
  assert.equal(pictures.length, 1);
  assert.deepEqual(
    pictures[0]?.drawn.map(({ data }) => data),
    [{ of: 'fast' }],
  );
});

test('options that change after execute are those of the next one', async (t) => {
  const { containers, chart, pictures, seen } = await page(t);
  [containers['c'], containers['other']] = [new Box(), new Box()];
  const made = chart('c');
  made.execute();
  made.set({ chart: { container: 'other', type: 'PIE' }, query: { ids: 'ga:9' } });
  await heard(made, 'success');
  assert.equal(pictures[0]?.type, 'LINE');
  assert.equal(containers['c']?.children.length, 1);
  assert.match(seen.join(), /ids=ga%3A1/);
});

test('a table has the class names that pages style', async (t) => {
  const { containers, chart, pictures } = await page(t);
  containers['c'] = new Box();
  const made = chart('c', 'TABLE');
  made.set({ chart: { options: { cssClassNames: { tableCell: 'mine' } } } });
  await run(made);
  const { cssClassNames } = pictures[0]?.drawn[0]?.options as { cssClassNames: Record<string, string> };
  assert.equal(cssClassNames['tableCell'], 'mine');
  assert.equal(cssClassNames['headerCell'], 'gapi-analytics-data-chart-styles-table-th');
});

test('thirty charts of the same question ask it once', async (t) => {
  const { containers, chart, seen } = await page(t);
  await Promise.all(
    Array.from({ length: 30 }, (_, i) => {
      containers[`c${i}`] = new Box();
      return run(chart(`c${i}`));
    }),
  );
  assert.equal(seen.length, 1);
});

test('what goes wrong is an error with the body of v3, and a sentence in the container', async (t) => {
  const { answers, containers, chart, trouble, loads } = await page(t);
  const container = (containers['c'] = new Box());
  const code = async (made: Component) => (await run(made, 'error'))[0]['error'] as { code: number; message: string };

  assert.match((await code(chart('nowhere'))).message, /"nowhere"/);
  assert.match((await code(chart(undefined))).message, /container/);
  assert.match((await code(chart('c', 'odd'))).message, /"ODD"/);
  trouble.message = 'Table has no columns.';
  const texts = () => container.children.map(({ textContent }) => textContent).filter(Boolean);
  assert.match(String(texts()), /"ODD"/);
  const told = (containers['told'] = new Box());
  assert.equal((await code(chart('told'))).message, 'Table has no columns.');
  assert.deepEqual(told.children.map(({ textContent }) => textContent).filter(Boolean), [], 'which the chart itself says in its place');
  trouble.message = '';
  loads.fails = true;
  assert.equal((await code(chart('c'))).code, 500);
  loads.fails = false;

  const good = answers['v3/data/ga'];
  answers['v3/data/ga'] = () => [400, { error: { code: 400, message: 'Invalid metric: ga:nope', errors: [{ reason: 'badRequest' }] } }];
  assert.equal((await code(chart('c'))).message, 'Invalid metric: ga:nope');
  assert.match(String(texts()), /Invalid metric: ga:nope/, 'though the page listens');

  const made = chart('c');
  made.execute();
  await until(() => texts().length > 0);
  assert.match(String(texts()), /Invalid metric: ga:nope/);
  if (good) answers['v3/data/ga'] = good;
  await run(made);
  assert.deepEqual(texts(), [], 'and it goes when there is a picture');
});

test('while the server is out of reach a sentence names the page, one error is told, and it is tried again', async (t) => {
  const { answers, authorization, clock, containers, chart, seen } = await page(t);
  const container = (containers['c'] = new Box());
  new Box().append(container);
  authorization.exit(true);
  answers['token'] = () => [503, 'a page of a proxy'];
  authorization.enterPublic();
  const made = chart('c');
  const errors: { error: { code: number } }[] = [];
  made.on('error', (body: { error: { code: number } }) => errors.push(body));
  await run(made, 'error');
  assert.deepEqual(
    errors.map(({ error }) => error.code),
    [503],
  );
  assert.equal(container.children.length, 1, 'a sentence');
  for (let i = 0; i < 20; i++) {
    await clock.advance(2_000);
    await until(() => clock.waiting > 1);
  }
  assert.equal(errors.length, 1);
  assert.ok(seen.length > 2);
  answers['token'] = () => [200, { access_token: 'open', expires_in: 300 }];
  const drawn = heard(made, 'success');
  let over = false;
  void drawn.then(() => (over = true));
  for (let i = 0; !over; i++) {
    await clock.advance(30_000);
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (i > 200) assert.fail('it is not tried again');
  }
  assert.equal(container.children.length, 1);
  assert.ok(container.children[0]?.classList.contains('gapi-analytics-data-chart'), 'the picture alone');
});
