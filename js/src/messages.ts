// What the elements say when something goes wrong, and in which language.

import type { Failure, FailureKind } from './failure.js';
import { failures, fill, inLanguage } from './i18n/index.js';

// The server's own sentence tells more about these, and is meant for whoever set the page up.
const explained: FailureKind[] = ['invalid', 'refused', 'missing'];

/**
 * A failure in a sentence that a visitor can read, with the server's own where it helps to set things right. A browser does not
 * tell a server that is down from one that refuses this page's origin.
 */
export function sentence(failure: Failure, locale: string): string {
  return withOwn(failure.kind, explained.includes(failure.kind) ? failure.message : '', locale);
}

/** What went wrong, with the server's own sentence, which is English: beside other languages it is for the console alone. */
export function withOwn(what: FailureKind | 'panel', own: string, locale: string): string {
  const words = inLanguage(failures, locale);
  const text = fill(words[what], { page: location.origin });
  if (!own) return text;
  if (words === failures.en) return `${text} ${own}`;
  console.warn(`oriel: ${own}`);
  return text;
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
