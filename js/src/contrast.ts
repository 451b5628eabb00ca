/** True if an element's background, or that of its nearest ancestor with one, is dark. */
export function isOnDark(element: Element): boolean {
  for (let node: Element | null = element; node; node = node.parentElement) {
    const light = lightnessOf(getComputedStyle(node).backgroundColor);
    if (light !== undefined) return light < 0.5;
  }
  return false;
}

/** True if an element's text is dark on a dark background. */
export function isUnreadable(element: Element): boolean {
  return isOnDark(element) && (lightnessOf(getComputedStyle(element).color) ?? 1) < 0.5;
}

/** Returns a text colour that is readable on a computed background; empty for a translucent one. */
export function textColorOn(color: string): string {
  const light = lightnessOf(color);
  return light === undefined ? '' : light < 0.5 ? '#e8ecf2' : '#1c2430';
}

// The lightness of a computed colour, 0 to 1; undefined if it is more than half transparent, or in another colour space.
function lightnessOf(color: string): number | undefined {
  const [, space, parts = ''] = /^(rgba?\(|color\(srgb )(.*)\)$/.exec(color) ?? [];
  const [red, green, blue, alpha = 1] = parts.split(/[\s,/]+/).map(Number);
  if (red === undefined || green === undefined || blue === undefined || alpha < 0.5) return undefined;
  return (0.299 * red + 0.587 * green + 0.114 * blue) / (space?.startsWith('rgb') ? 255 : 1);
}
