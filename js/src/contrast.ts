/** True where an element stands on a dark ground: its own, else the nearest one around it. */
export function isOnDark(element: Element): boolean {
  for (let at: Element | null = element; at; at = at.parentElement) {
    const light = lightnessOf(getComputedStyle(at).backgroundColor);
    if (light !== undefined) return light < 0.5;
  }
  return false;
}

/** True where an element's words, in the page's own colour, are dark on dark. */
export function isUnreadable(element: Element): boolean {
  return isOnDark(element) && (lightnessOf(getComputedStyle(element).color) ?? 1) < 0.5;
}

/** The colour of words that are read on a computed colour; empty for one that does not hide what is behind it. */
export function textColorOn(color: string): string {
  const light = lightnessOf(color);
  return light === undefined ? '' : light < 0.5 ? '#e8ecf2' : '#1c2430';
}

// Of a computed colour, 0 to 1; undefined for one that lets more than half through, or is written in another space.
function lightnessOf(color: string): number | undefined {
  const [, space, parts = ''] = /^(rgba?\(|color\(srgb )(.*)\)$/.exec(color) ?? [];
  const [red, green, blue, alpha = 1] = parts.split(/[\s,/]+/).map(Number);
  if (red === undefined || green === undefined || blue === undefined || alpha < 0.5) return undefined;
  return (0.299 * red + 0.587 * green + 0.114 * blue) / (space?.startsWith('rgb') ? 255 : 1);
}
