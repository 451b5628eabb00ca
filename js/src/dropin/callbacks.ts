// How code of the page is called: its errors are its own.

/** Shows an error of the page's own code in its console, without ending what goes on here. */
export function report(error: unknown): void {
  if (typeof reportError === 'function') reportError(error);
  else console.error(error);
}

/** Calls back in a task of its own: handlers that are registered until then are called too. */
export function later(callback: () => void): void {
  setTimeout(callback, 0);
}

/** Calls what a page gave, when it is a function; an error in it stays its own. */
export function call(callback: unknown, ...args: unknown[]): void {
  if (typeof callback !== 'function') return;
  try {
    callback(...args);
  } catch (error) {
    report(error);
  }
}
