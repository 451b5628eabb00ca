// Queries of pages, as parameters of the server's API.

import { optionsOf } from './merge.js';
import type { Options } from './merge.js';

const LISTS = new Set(['metrics', 'dimensions', 'sort', 'ids']);

/** The parameters of a query; Google ignored all others too. */
const KNOWN = [
  'ids',
  'start-date',
  'end-date',
  'metrics',
  'dimensions',
  'sort',
  'filters',
  'segment',
  'samplingLevel',
  'include-empty-rows',
  'start-index',
  'max-results',
  'fields',
];

/** Returns a value as text, without spaces after commas; empty for no value. */
function textOf(name: string, value: unknown): string {
  if (value === null || value === undefined || (typeof value === 'object' && !Array.isArray(value))) return '';
  const text = String(value).trim();
  if (LISTS.has(name))
    return text
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean)
      .join(',');
  // A filter's value may contain spaces; those before the next condition are dropped.
  if (name !== 'filters') return text;
  return text.replace(/([,;])\s+(?=(?:ga|rt|mcf):)/g, (whole, sign: string, at: number) => (text[at - 1] === '\\' ? whole : sign));
}

/** Returns the parameters that have a value, as text. */
export function parametersOf(values: unknown): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const [name, value] of Object.entries(optionsOf(values))) {
    const text = textOf(name, value);
    if (text !== '') parameters[name] = text;
  }
  return parameters;
}

/** Returns the API that a component's `reportType` names. */
export function apiOf(reportType: unknown): 'ga' | 'realtime' | 'mcf' {
  const type = String(reportType ?? 'ga').toLowerCase();
  if (type === 'mcf') return 'mcf';
  return type === 'rt' || type === 'realtime' ? 'realtime' : 'ga';
}

/** Returns the parameters of a component's query, with the Embed API's default dates. */
export function queryOf(query: unknown, api: 'ga' | 'realtime' | 'mcf'): Record<string, string> {
  const given = parametersOf(query);
  const known = KNOWN.filter((name) => given[name] !== undefined);
  const parameters = Object.fromEntries(known.map((name) => [name, given[name] ?? '']));
  if (api === 'realtime') {
    delete parameters['start-date'];
    delete parameters['end-date'];
    return parameters;
  }
  return { 'start-date': '7daysAgo', 'end-date': 'yesterday', ...parameters };
}

/** Returns the path with the parameters. */
export function address(path: string, parameters: Options): string {
  const search = new URLSearchParams(parametersOf(parameters)).toString();
  return search ? `${path}?${search}` : path;
}
