// The query of an <oriel-chart>, as the Data API's JSON.

import { Failure } from './failure.js';
import { BadRange, parseRange, previousRange } from './ranges.js';
import type { DateRange } from './types.js';

/** The attributes of an <oriel-chart>, empty where absent. */
export interface ChartAttributes {
  metrics: string;
  dimensions: string;
  range: string;
  type: string;
  sort: string;
  limit: string;
  filter: string;
  compare: boolean;
  realtime: boolean;
}

/** The body of runReport or runRealtimeReport, with the fields that the element sets. */
export interface Query {
  metrics: { name: string }[];
  dimensions?: { name: string }[];
  dateRanges?: DateRange[];
  dimensionFilter?: object;
  orderBys?: object[];
  limit?: string;
}

const CALENDAR = /^(date|dateHour|yearMonth|firstSessionDate)$/;
const ORDINAL = /^(hour|day|dayOfWeek|week|month|year|minutesAgo|nth\w+|yearWeek|isoWeek|isoYearIsoWeek)$/;

/** Splits a list at commas and spaces. */
export function names(list: string): string[] {
  return list.split(/[\s,]+/).filter(Boolean);
}

/** Returns the default chart type for the dimensions. */
export function defaultType(dimensions: string[]): string {
  const [first = '', second] = dimensions;
  if (first === '') return 'scorecard';
  if (CALENDAR.test(first)) return second === undefined ? 'line' : 'table';
  if (second !== undefined) return 'table';
  if (ORDINAL.test(first)) return 'column';
  return /^country(Id)?$/.test(first) ? 'geo' : 'bar';
}

const limits: Record<string, number> = { bar: 10, column: 60, pie: 50, donut: 50, table: 100, geo: 250 };

/** Returns the attributes' query and chart type. Throws a Failure that tells what to fix. */
export function queryOf(a: ChartAttributes): { query: Query; type: string } {
  const metrics = names(a.metrics);
  const dimensions = names(a.dimensions);
  if (metrics.length === 0) throw new Failure('invalid', 'Missing attribute, e.g. metrics="sessions".');
  const type = a.type || defaultType(dimensions);
  const query: Query = { metrics: metrics.map((name) => ({ name })) };
  if (dimensions.length > 0) query.dimensions = dimensions.map((name) => ({ name }));
  if (!a.realtime) query.dateRanges = dateRanges(a.range || '28d', a.compare);
  if (a.filter.trim()) query.dimensionFilter = parseFilter(a.filter);
  const orderBys = ordersOf(a.sort, metrics, dimensions);
  if (orderBys.length > 0) query.orderBys = orderBys;
  const limit = limitOf(a.limit, type, dimensions);
  // A comparison has two rows for each one that is drawn.
  if (limit > 0) query.limit = String(a.compare ? limit * 2 : limit);
  return { query, type };
}

function dateRanges(range: string, compare: boolean): DateRange[] {
  try {
    const current = parseRange(range);
    if (!compare) return [current];
    const previous = previousRange(current);
    if (!previous) throw new BadRange(`range="${range}" cannot be compared: use two dates, or two relative days.`);
    return [
      { ...current, name: 'current' },
      { ...previous, name: 'previous' },
    ];
  } catch (error) {
    if (error instanceof BadRange) throw new Failure('invalid', error.message);
    throw error;
  }
}

function limitOf(text: string, type: string, dimensions: string[]): number {
  if (text === '') return dimensions.length > 0 && !CALENDAR.test(dimensions[0] ?? '') ? (limits[type] ?? 0) : 0;
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new Failure('invalid', `limit="${text}" is not a number of rows.`);
  return Number(text);
}

function ordersOf(sort: string, metrics: string[], dimensions: string[]): object[] {
  if (sort === '') return defaultOrder(metrics, dimensions);
  return names(sort).map((word) => {
    const desc = word.startsWith('-');
    const name = word.replace(/^[-+]/, '');
    if (metrics.includes(name)) return { metric: { metricName: name }, desc };
    if (dimensions.includes(name)) return { dimension: { dimensionName: name, orderType: orderType(name) }, desc };
    throw new Failure('invalid', `sort="${sort}": ${name} is neither a metric nor a dimension of this chart.`);
  });
}

function defaultOrder(metrics: string[], dimensions: string[]): object[] {
  const [first] = dimensions;
  if (first === undefined) return [];
  if (CALENDAR.test(first) || ORDINAL.test(first)) return [{ dimension: { dimensionName: first, orderType: orderType(first) } }];
  return [{ metric: { metricName: metrics[0] }, desc: true }];
}

function orderType(dimension: string): string {
  return ORDINAL.test(dimension) ? 'NUMERIC' : 'ALPHANUMERIC';
}

const condition = /^\s*([A-Za-z]\w*(?::\w+)?)\s*(==|!=|=@|!@|=~|!~)(.*)$/s;

const matches: Record<string, string> = { '=': 'EXACT', '@': 'CONTAINS', '~': 'PARTIAL_REGEXP' };

/**
 * Returns Google's FilterExpression, from JSON or from conditions joined by semicolons (and):
 * `country==Germany;pagePath=@/shop/` (`==` is, `=@` contains, `=~` matches RE2; `!=`, `!@`, `!~` do not).
 */
export function parseFilter(text: string): object {
  if (text.trim().startsWith('{')) {
    try {
      return JSON.parse(text) as object;
    } catch {
      throw new Failure('invalid', 'filter="…" is not valid JSON.');
    }
  }
  const expressions = text
    .split(';')
    .filter((part) => part.trim())
    .map(parseCondition);
  return expressions.length === 1 ? (expressions[0] as object) : { andGroup: { expressions } };
}

function parseCondition(text: string): object {
  const match = condition.exec(text);
  if (!match) throw new Failure('invalid', `filter: "${text.trim()}" is not a condition, e.g. country==Germany.`);
  const [, fieldName, operator = '', value = ''] = match;
  // The first character negates or not, the second is the match type ("!=" negates "==").
  const matchType = matches[operator === '!=' ? '=' : (operator[1] ?? '')];
  const filter = { filter: { fieldName, stringFilter: { matchType, value: value.trim() } } };
  return operator.startsWith('!') ? { notExpression: filter } : filter;
}
