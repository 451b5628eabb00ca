// What visitors read: en.ts and panel-en.ts, and the same for each language. To add one, translate both and list
// them below and in panel.ts. A script holds only the tables that it imports.

import * as de from './de.js';
import * as en from './en.js';
import * as es from './es.js';
import * as fr from './fr.js';

export type Messages = typeof en.messages;
export type Texts = typeof en.chartTexts;

export const messages = { de: de.messages, en: en.messages, es: es.messages, fr: fr.messages };
export const failures = { de: de.failures, en: en.failures, es: es.failures, fr: fr.failures };
export const chartTexts = { de: de.chartTexts, en: en.chartTexts, es: es.chartTexts, fr: fr.chartTexts };
export const labels = { de: de.labels, en: en.labels, es: es.labels, fr: fr.labels };

/** Returns the table's entry for the locale's language, or the English one. */
export function inLanguage<T>(table: { en: T }, locale: string): T {
  const language = locale.split('-')[0]?.toLowerCase() ?? '';
  return Object.hasOwn(table, language) ? table[language as 'en'] : table.en;
}

/** Replaces the `{names}` in a text by values. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (Object.hasOwn(values, name) ? String(values[name]) : whole));
}
