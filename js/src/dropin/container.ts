/** The element that an option `container` means: an id, an element, or a collection of a library that holds one. */
export function findContainer(container: unknown): Element | null {
  if (typeof container === 'string') return document.getElementById(container.replace(/^#/, ''));
  if (isElement(container)) return container;
  const first: unknown = (container as ArrayLike<unknown> | null | undefined)?.[0];
  return isElement(first) ? first : null;
}

// By its kind and not by its class: pages hand over elements of their frames.
function isElement(value: unknown): value is Element {
  return typeof value === 'object' && value !== null && (value as Node).nodeType === 1;
}

/** What is said of a container that is not there. */
export function missingContainer(container: unknown): string {
  if (typeof container === 'string') return `No element has the id "${container}", given as the option "container".`;
  return 'The option "container" must be an element or the id of one.';
}
