// What the elements say when something goes wrong, and in which language.

import type { Failure, FailureKind } from './failure.js';
import { failures, fill, inLanguage } from './i18n/index.js';

// The server's own sentence tells more about these, and is meant for whoever set the page up.
const explained: FailureKind[] = ['invalid', 'refused', 'missing'];

/**
 * A failure in a sentence that a visitor can read, with the server's own where it helps to set things right. A browser does not
 * tell a server that is down from one that refuses this page's origin. `first` is for a session that never began.
 */
export function failureText(failure: Failure, locale: string, first = false): string {
  const what = failure.kind === 'over' && first ? 'signIn' : failure.kind;
  return textWithDetail(what, explained.includes(failure.kind) ? failure.message : '', locale, failure.retryAfter);
}

/**
 * What went wrong, with the server's own message, which is English: beside other languages it is for the console alone,
 * and what stays of it is when to ask again, in milliseconds, 0 when unknown.
 */
export function textWithDetail(what: FailureKind | 'signIn' | 'panel', own: string, locale: string, retryAfter = 0): string {
  const words = inLanguage(failures, locale);
  const text = fill(words[what], { page: location.origin });
  if (own && words === failures.en) return `${text} ${own}`;
  if (own) console.warn(`oriel: ${own}`);
  if (retryAfter) return `${text} ${fill(words.again, { time: inTime(retryAfter, locale) })}`;
  return what === 'busy' ? `${text} ${words.soon}` : text;
}

/** A time to come, such as "in 15 seconds", in the locale's words. */
function inTime(ms: number, locale: string): string {
  const seconds = Math.ceil(ms / 1000);
  const words = new Intl.RelativeTimeFormat(locale);
  return seconds < 100 ? words.format(seconds, 'second') : words.format(Math.ceil(seconds / 60), 'minute');
}

/** The locale in force: the attribute, else the nearest `lang` of the page, else the browser's. */
export function localeOf(element: Element): string {
  const candidates = [element.getAttribute('lang'), element.closest('[lang]')?.getAttribute('lang'), navigator.language];
  for (const candidate of candidates) {
    if (!candidate) continue;
    try {
      const [canonical] = Intl.getCanonicalLocales(candidate);
      if (canonical) return canonical;
    } catch {
      // Not a language tag: the next candidate.
    }
  }
  return 'en';
}
