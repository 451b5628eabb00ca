// What visitors read, in the languages that we know: a file for each. A new one is a file like en.ts, and its name in
// the lines below. Scripts hold the tables that they import, and no others.

import * as de from './de.js';
import * as en from './en.js';
import * as es from './es.js';
import * as fr from './fr.js';

export type Messages = typeof en.messages;
export type Texts = typeof en.chartTexts;

export const messages = { de: de.messages, en: en.messages, es: es.messages, fr: fr.messages };
export const failures = { de: de.failures, en: en.failures, es: es.failures, fr: fr.failures };
export const csvTexts = { de: de.csvTexts, en: en.csvTexts, es: es.csvTexts, fr: fr.csvTexts };
export const footnoteTexts = { de: de.footnoteTexts, en: en.footnoteTexts, es: es.footnoteTexts, fr: fr.footnoteTexts };
export const chartTexts = { de: de.chartTexts, en: en.chartTexts, es: es.chartTexts, fr: fr.chartTexts };
export const labels = { de: de.labels, en: en.labels, es: es.labels, fr: fr.labels };

/** The entry of the locale's language, or else of English. */
export function inLanguage<T>(table: { en: T }, locale: string): T {
  const language = locale.split('-')[0]?.toLowerCase() ?? '';
  return Object.hasOwn(table, language) ? table[language as 'en'] : table.en;
}

/** Puts values into a text's `{names}`. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (Object.hasOwn(values, name) ? String(values[name]) : whole));
}
