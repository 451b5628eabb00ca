/** A component's options: whatever the page writes. */
export type Options = Record<string, unknown>;

/**
 * Puts the options into the target, deeply: plain objects are merged and copied, all else is taken by reference:
 * arrays, DOM nodes, instances of the page's classes.
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

/** The value as options, to be read; an empty object when it is none. */
export function optionsOf(value: unknown): Options {
  return typeof value === 'object' && value !== null ? (value as Options) : {};
}
