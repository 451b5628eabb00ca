/** A component's options, as the page writes them. */
export type Options = Record<string, unknown>;

/**
 * Merges options into the target, deeply. Plain objects are copied; arrays, DOM nodes and instances of classes are
 * shared.
 */
export function merge(target: Options, options: unknown): Options {
  if (typeof options !== 'object' || options === null || options === target) return target;
  for (const [key, value] of Object.entries(options)) {
    if (key === '__proto__') continue;
    if (!isPlain(value)) target[key] = value;
    else {
      const own = target[key];
      target[key] = merge(isPlain(own) ? own : {}, value);
    }
  }
  return target;
}

/** True for object literals, of other frames too. */
export function isPlain(value: unknown): value is Options {
  if (Object.prototype.toString.call(value) !== '[object Object]') return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Returns the value as options; an empty object when it is not an object. */
export function optionsOf(value: unknown): Options {
  return typeof value === 'object' && value !== null ? (value as Options) : {};
}
