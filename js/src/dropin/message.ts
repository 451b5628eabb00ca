import { h } from '../dom.js';
import { isLost } from '../ground.js';
import { sentenceOf } from './words.js';

const CLASS = 'gapi-analytics-data-chart-message';

/** Says beside what a container holds why there is nothing new in it. */
export function sayIn(container: Element, body: object): void {
  const text = sentenceOf(body, container);
  const old = messageIn(container);
  if (old) old.textContent = text;
  else container.append(noted(h('div', { class: CLASS, role: 'alert' }, text), container));
}

// In the page's own colour, but for a dark ground whose page colours its charts alone.
function noted(node: HTMLElement, container: Element): HTMLElement {
  node.style.cssText = `padding:.5em .75em;border:1px solid;border-radius:4px${isLost(container) ? ';color:#e8ecf2' : ''}`;
  return node;
}

/** Takes the sentence away again. */
export function unsay(container: Element): void {
  messageIn(container)?.remove();
}

function messageIn(container: Element): Element | undefined {
  return [...container.children].find((child) => child.classList.contains(CLASS));
}
