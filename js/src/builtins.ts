// Built-ins that still work where a page's libraries have replaced them, as Prototype.js does.

/**
 * JSON of a value, whatever libraries of the page have put on the prototypes of arrays and objects: Prototype.js up to 1.6
 * has an Array.prototype.toJSON that makes text of arrays. A `toJSON` of an object's own or of its class counts.
 */
export function stringify(value: unknown): string {
  return JSON.stringify(bare(value));
}

// A copy of arrays and objects that inherits nothing. JSON.stringify knows an array by its kind, not by its prototype.
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

/**
 * What `make` gives for 0, 1, … up to `count`, which is left out. Not Array.from: pages of old have libraries that put a
 * function of one argument in its place.
 */
export function mapRange<T>(count: number, make: (i: number) => T): T[] {
  const made: T[] = [];
  for (let i = 0; i < count; i += 1) made.push(make(i));
  return made;
}
