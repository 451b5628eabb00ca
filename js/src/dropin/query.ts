// What pages write as a query, as the parameters that the server reads.

import { optionsOf } from './merge.js';
import type { Options } from './merge.js';

const LISTS = new Set(['metrics', 'dimensions', 'sort', 'ids']);

/** What a query may hold; anything else that pages write into it was ignored by Google too. */
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

/** A value as text: lists joined, and without the spaces that people write after commas; empty for no value. */
function textOf(name: string, value: unknown): string {
  if (value === null || value === undefined || (typeof value === 'object' && !Array.isArray(value))) return '';
  const text = String(value).trim();
  if (LISTS.has(name))
    return text
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean)
      .join(',');
  // A filter's value may hold spaces; those before the next condition mean nothing.
  if (name !== 'filters') return text;
  return text.replace(/([,;])\s+(?=(?:ga|rt|mcf):)/g, (whole, sign: string, at: number) => (text[at - 1] === '\\' ? whole : sign));
}

/** Parameters of a request: those that have a value, as text. */
export function parametersOf(values: unknown): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const [name, value] of Object.entries(optionsOf(values))) {
    const text = textOf(name, value);
    if (text !== '') parameters[name] = text;
  }
  return parameters;
}

/** Which of the APIs a component's `reportType` means. */
export function apiOf(reportType: unknown): 'ga' | 'realtime' | 'mcf' {
  const type = String(reportType ?? 'ga').toLowerCase();
  if (type === 'mcf') return 'mcf';
  return type === 'rt' || type === 'realtime' ? 'realtime' : 'ga';
}

/** The parameters of a component's query, with the dates that the Embed API asked for when there were none. */
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

/** A relative address with the parameters. */
export function address(path: string, parameters: Options): string {
  const search = new URLSearchParams(parametersOf(parameters)).toString();
  return search ? `${path}?${search}` : path;
}
