// The components' markup: the page's template or ours, with a label for every field.

import { findContainer, missingContainer } from '../dropin/container.js';

/** Returns the element that an option `container` names. */
export function containerOf(where: unknown): Element {
  const container = findContainer(where);
  if (!container) throw new Error(missingContainer(where));
  return container;
}

/**
 * Fills a container with a template. A template is markup of the page's author; it never contains report data.
 */
export function mount(container: Element, template: string): void {
  const { head, body } = new DOMParser().parseFromString(template.trim(), 'text/html');
  container.replaceChildren(...head.childNodes, ...body.childNodes);
}

type Field = HTMLSelectElement | HTMLInputElement;

/**
 * Returns the first fields of a container, one per name. A field is labelled by the label beside it, or else by its name
 * as aria-label.
 */
export function fieldsOf<K extends 'select' | 'input'>(container: Element, tag: K, names: string[]): HTMLElementTagNameMap[K][] {
  const fields = [...container.querySelectorAll(tag)].slice(0, names.length);
  if (fields.length < names.length) throw new Error(`The template needs ${names.length} elements <${tag}>.`);
  fields.forEach((field, i) => name(field, names[i] ?? ''));
  return fields;
}

function name(field: Field, text: string): void {
  if (field.labels?.length || field.hasAttribute('aria-label') || field.hasAttribute('aria-labelledby')) return;
  const label = field.parentElement?.querySelector('label:not([for])');
  if (label instanceof HTMLLabelElement) label.htmlFor = field.id ||= freeId(text);
  else field.setAttribute('aria-label', text);
}

// A page may hold several of one component.
function freeId(text: string): string {
  const stem = `oriel-${text.toLowerCase().replaceAll(' ', '-')}`;
  let n = 1;
  while (document.getElementById(`${stem}-${n}`)) n++;
  return `${stem}-${n}`;
}
