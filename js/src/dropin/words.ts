// The few sentences that the drop-in writes into a page by itself.

import { localeOf, messagesFor } from '../messages.js';
import type { V3Failure } from '../data/v3.js';

/** The sentence for visitors of a page that nobody may see figures on, or for any other v3 error. */
export function sentenceOf(body: object, element: Element): string {
  const words = messagesFor(localeOf(element));
  const { code = 0, message = '' } = (body as Partial<V3Failure>).error ?? {};
  if (code < 0) return words.offline;
  if (code === 429) return words.busy;
  if (code >= 500) return words.server;
  if (code === 401 || code === 403) return words.refused;
  // What is wrong with the question is for whoever wrote the page.
  return message ? `${words.invalid} ${message}` : words.panel;
}
