// Calls to the page's code, whose errors must not affect the library.

/** Reports an error of the page's code in the console, without throwing. */
export function report(error: unknown): void {
  if (typeof reportError === 'function') reportError(error);
  else console.error(error);
}

/** Calls back in a task of its own, so that handlers registered until then are called too. */
export function later(callback: () => void): void {
  setTimeout(callback, 0);
}

/** Calls a page's callback, if it is a function, and reports its errors. */
export function call(callback: unknown, ...args: unknown[]): void {
  if (typeof callback !== 'function') return;
  try {
    callback(...args);
  } catch (error) {
    report(error);
  }
}
