// The few sentences that the drop-in writes into a page by itself.

import type { V3Failure } from '../data/v3.js';
import { Failure } from '../failure.js';
import type { FailureKind } from '../failure.js';
import { localeOf, sentence, withOwn } from '../messages.js';

/** The sentence for visitors of a page that nobody may see figures on, or for any other v3 error. */
export function sentenceOf(body: object, element: Element): string {
  const locale = localeOf(element);
  const { code = 0, message = '' } = (body as Partial<V3Failure>).error ?? {};
  const kind = kindOf(code);
  // What is wrong with the question is for whoever wrote the page.
  return kind === 'invalid' && !message ? withOwn('panel', '', locale) : sentence(new Failure(kind, message), locale);
}

function kindOf(code: number): FailureKind {
  if (code < 0) return 'offline';
  if (code === 429) return 'busy';
  if (code >= 500) return 'server';
  return code === 401 || code === 403 ? 'refused' : 'invalid';
}
