// Errors that the drop-in shows in a page.

import type { V3Failure } from '../data/v3.js';
import { h } from '../dom.js';
import { isUnreadable } from '../contrast.js';
import { Failure } from '../failure.js';
import type { FailureKind } from '../failure.js';
import { localeOf, failureText, textWithDetail } from '../failure-text.js';

const CLASS = 'gapi-analytics-data-chart-message';

/** Shows an error in a container, beside its content. */
export function showError(container: Element, body: object): void {
  const text = errorText(body, container);
  const old = messageIn(container);
  if (old) old.textContent = text;
  else container.append(styled(h('div', { class: CLASS, role: 'alert' }, text), container));
}

// In the page's text colour, unless that is unreadable on the background.
function styled(node: HTMLElement, container: Element): HTMLElement {
  node.style.cssText = `padding:.5em .75em;border:1px solid;border-radius:4px${isUnreadable(container) ? ';color:#e8ecf2' : ''}`;
  return node;
}

/** Removes the error. */
export function clearError(container: Element): void {
  messageIn(container)?.remove();
}

function messageIn(container: Element): Element | undefined {
  return [...container.children].find((child) => child.classList.contains(CLASS));
}

/** Returns the message for visitors of a v3 error. */
export function errorText(body: object, element: Element): string {
  const locale = localeOf(element);
  const { code = 0, message = '' } = (body as Partial<V3Failure>).error ?? {};
  const kind = kindOf(code);
  // Details of an invalid query are for the page's author.
  return kind === 'invalid' && !message ? textWithDetail('panel', '', locale) : failureText(new Failure(kind, message), locale);
}

function kindOf(code: number): FailureKind {
  if (code < 0) return 'offline';
  if (code === 429) return 'busy';
  if (code >= 500) return 'server';
  return code === 401 || code === 403 ? 'refused' : 'invalid';
}
