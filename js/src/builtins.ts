// Built-ins that still work where a page's libraries have replaced them, as Prototype.js does.

/**
 * JSON.stringify without a `toJSON` that a library added to the prototypes of arrays and objects: the one of Prototype.js up
 * to 1.6 turns arrays into strings. An object's own `toJSON`, or its class's, applies.
 */
export function stringify(value: unknown): string {
  return JSON.stringify(bare(value));
}

// Copies arrays and objects without prototypes. JSON.stringify recognizes an array without its prototype.
function bare(value: unknown): unknown {
  if (typeof value === 'function') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  const { toJSON } = value as { toJSON?: unknown };
  const list = Array.isArray(value);
  if (!list && typeof toJSON === 'function' && toJSON !== (Object.prototype as { toJSON?: unknown }).toJSON) return value;
  const copy = (list ? [] : {}) as Record<string, unknown>;
  for (const key of Object.keys(value)) copy[key] = bare((value as Record<string, unknown>)[key]);
  return Object.setPrototypeOf(copy, null) as unknown;
}

/** Returns make(0), …, make(count - 1). Not Array.from, which old libraries replace by a function of one argument. */
export function mapRange<T>(count: number, make: (i: number) => T): T[] {
  const made: T[] = [];
  for (let i = 0; i < count; i += 1) made.push(make(i));
  return made;
}
