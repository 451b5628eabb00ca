import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../src/failure.js';
import { defaultType, names, parseFilter, queryOf } from '../src/query.js';
import type { ChartAttributes } from '../src/query.js';

function ask(attributes: Partial<ChartAttributes>) {
  const none: ChartAttributes = {
    metrics: '',
    dimensions: '',
    range: '',
    type: '',
    sort: '',
    limit: '',
    filter: '',
    compare: false,
    realtime: false,
  };
  return queryOf({ ...none, ...attributes });
}

test('names are parted by commas and spaces', () => {
  assert.deepEqual(names(' sessions, activeUsers\n newUsers,'), ['sessions', 'activeUsers', 'newUsers']);
});

test('the chart fits the dimensions', () => {
  const cases: [string[], string][] = [
    [[], 'scorecard'],
    [['date'], 'line'],
    [['dateHour'], 'line'],
    [['date', 'country'], 'table'],
    [['country'], 'geo'],
    [['hour'], 'column'],
    [['deviceCategory'], 'bar'],
    [['pagePath', 'pageTitle'], 'table'],
  ];
  for (const [dimensions, type] of cases) assert.equal(defaultType(dimensions), type, dimensions.join());
});

test('asks the last 28 days in the order of time', () => {
  assert.deepEqual(ask({ metrics: 'sessions', dimensions: 'date' }), {
    type: 'line',
    query: {
      metrics: [{ name: 'sessions' }],
      dimensions: [{ name: 'date' }],
      dateRanges: [{ startDate: '28daysAgo', endDate: 'yesterday' }],
      orderBys: [{ dimension: { dimensionName: 'date', orderType: 'ALPHANUMERIC' } }],
    },
  });
});

test('a ranking asks for the largest, twice as many when compared', () => {
  const { query } = ask({ metrics: 'sessions', dimensions: 'browser', limit: '5', compare: true, range: '7d' });
  assert.deepEqual(query.orderBys, [{ metric: { metricName: 'sessions' }, desc: true }]);
  assert.equal(query.limit, '10');
  assert.deepEqual(
    query.dateRanges?.map(({ name }) => name),
    ['current', 'previous'],
  );
});

test('realtime has no dates', () => {
  assert.deepEqual(ask({ metrics: 'activeUsers', realtime: true }), { type: 'scorecard', query: { metrics: [{ name: 'activeUsers' }] } });
});

test('sorts by what the chart holds, and by nothing else', () => {
  const { query } = ask({ metrics: 'sessions', dimensions: 'hour', sort: '-sessions,hour' });
  assert.deepEqual(query.orderBys, [
    { metric: { metricName: 'sessions' }, desc: true },
    { dimension: { dimensionName: 'hour', orderType: 'NUMERIC' }, desc: false },
  ]);
  assert.throws(() => ask({ metrics: 'sessions', sort: 'country' }), Failure);
});

test('filters', () => {
  const is = (matchType: string, value: string, fieldName = 'country') => ({ filter: { fieldName, stringFilter: { matchType, value } } });
  const cases: [string, object][] = [
    ['country==Germany', is('EXACT', 'Germany')],
    ['country!=Germany', { notExpression: is('EXACT', 'Germany') }],
    ['pagePath=@/shop/', is('CONTAINS', '/shop/', 'pagePath')],
    ['pagePath!@/shop/', { notExpression: is('CONTAINS', '/shop/', 'pagePath') }],
    ['country=~^G.*==x$', is('PARTIAL_REGEXP', '^G.*==x$')],
    ['country!~^G', { notExpression: is('PARTIAL_REGEXP', '^G') }],
    ['customEvent:plan == pro', is('EXACT', 'pro', 'customEvent:plan')],
    ['country==Germany; city==Kiel', { andGroup: { expressions: [is('EXACT', 'Germany'), is('EXACT', 'Kiel', 'city')] } }],
    ['{"filter":{"fieldName":"city"}}', { filter: { fieldName: 'city' } }],
  ];
  for (const [text, want] of cases) assert.deepEqual(parseFilter(text), want, text);
  for (const text of ['country', 'country=Germany', '==Germany', '{not json']) assert.throws(() => parseFilter(text), Failure, text);
});

test('says what to write', () => {
  const cases: [Partial<ChartAttributes>, RegExp][] = [
    [{}, /metrics="sessions"/],
    [{ metrics: 'sessions', range: 'x' }, /e\.g\. 28d/],
    [{ metrics: 'sessions', limit: '0' }, /limit="0"/],
    [{ metrics: 'sessions', range: '2026-01-01..today', compare: true }, /cannot be compared/],
  ];
  for (const [attributes, message] of cases) assert.throws(() => ask(attributes), { kind: 'invalid', message });
});
