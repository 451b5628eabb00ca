/** Returns the element that an option `container` names: an id, an element, or a jQuery-like collection. */
export function findContainer(container: unknown): Element | null {
  if (typeof container === 'string') return document.getElementById(container.replace(/^#/, ''));
  if (isElement(container)) return container;
  const first: unknown = (container as ArrayLike<unknown> | null | undefined)?.[0];
  return isElement(first) ? first : null;
}

// Not by instanceof: pages pass elements of other frames.
function isElement(value: unknown): value is Element {
  return typeof value === 'object' && value !== null && (value as Node).nodeType === 1;
}

/** Returns the error message for a container that does not exist. */
export function missingContainer(container: unknown): string {
  if (typeof container === 'string') return `No element has the id "${container}", given as the option "container".`;
  return 'The option "container" must be an element or the id of one.';
}
