/**
 * JSON of a value, whatever libraries of the page have put on the prototypes of arrays and objects: Prototype.js up to 1.6
 * has an Array.prototype.toJSON that makes text of arrays. A `toJSON` of an object's own or of its class counts.
 */
export function jsonOf(value: unknown): string {
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
