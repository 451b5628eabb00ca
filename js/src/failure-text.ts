// Error messages for visitors, and their language.

import type { Failure, FailureKind } from './failure.js';
import { failures, fill, inLanguage } from './i18n/index.js';

// The server's message has details of these, for whoever set up the page.
const detailed: FailureKind[] = ['invalid', 'refused', 'missing'];

/**
 * Returns a failure's message, with the server's detail where that helps to fix it. Browsers do not distinguish a server that
 * is down from one that refuses the page's origin. `first` is for a session that never began.
 */
export function failureText(failure: Failure, locale: string, first = false): string {
  const what = failure.kind === 'over' && first ? 'signIn' : failure.kind;
  return textWithDetail(what, detailed.includes(failure.kind) ? failure.message : '', locale, failure.retryAfter);
}

/**
 * Returns a message with the server's detail, which is English: in other languages the detail is logged to the console and
 * replaced by the time of the next try. `retryAfter` is in milliseconds, 0 when unknown.
 */
export function textWithDetail(what: FailureKind | 'signIn' | 'panel', detail: string, locale: string, retryAfter = 0): string {
  const words = inLanguage(failures, locale);
  const text = fill(words[what], { page: location.origin });
  if (detail && words === failures.en) return `${text} ${detail}`;
  if (detail) console.warn(`oriel: ${detail}`);
  if (retryAfter) return `${text} ${fill(words.again, { time: delayText(retryAfter, locale) })}`;
  return what === 'busy' ? `${text} ${words.soon}` : text;
}

/** Formats a delay, such as "in 15 seconds". */
function delayText(ms: number, locale: string): string {
  const seconds = Math.ceil(ms / 1000);
  const words = new Intl.RelativeTimeFormat(locale);
  return seconds < 100 ? words.format(seconds, 'second') : words.format(Math.ceil(seconds / 60), 'minute');
}

/** Returns an element's locale: its attribute, else the nearest `lang` of the page, else the browser's. */
export function localeOf(element: Element): string {
  const candidates = [element.getAttribute('lang'), element.closest('[lang]')?.getAttribute('lang'), navigator.language];
  for (const candidate of candidates) {
    if (!candidate) continue;
    try {
      const [canonical] = Intl.getCanonicalLocales(candidate);
      if (canonical) return canonical;
    } catch {
      // Not a language tag.
    }
  }
  return 'en';
}
