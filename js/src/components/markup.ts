// What the components put into a page: the page's own template or ours, with every field named for all who read by ear.

import { findContainer, missingContainer } from '../dropin/container.js';

/** The element that an option `container` means. */
export function containerOf(where: unknown): Element {
  const container = findContainer(where);
  if (!container) throw new Error(missingContainer(where));
  return container;
}

/**
 * Fills a container with a template. A template is markup that the author of the page wrote; nothing that a report holds
 * ever comes into it.
 */
export function mount(container: Element, template: string): void {
  const { head, body } = new DOMParser().parseFromString(template.trim(), 'text/html');
  container.replaceChildren(...head.childNodes, ...body.childNodes);
}

type Field = HTMLSelectElement | HTMLInputElement;

/**
 * The first fields of a container, one for each name. A field takes the label beside it; a template without labels gets
 * the names as what is read aloud.
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
