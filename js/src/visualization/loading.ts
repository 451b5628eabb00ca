import { setLanguage } from './language.js';

interface LoadOptions {
  callback?: () => void;
  language?: string;
}

// Everything is here already: loading means calling back, never before the caller has returned.
function later(callback: unknown): Promise<void> {
  return Promise.resolve().then(() => {
    if (typeof callback === 'function') setTimeout(callback as () => void);
  });
}

/** google.charts.load: the language is taken, packages and versions are not looked at. */
export function load(...given: unknown[]): Promise<void> {
  const options = given.find((one) => typeof one === 'object' && one !== null) as LoadOptions | undefined;
  setLanguage(options?.language);
  return later(given.find((one) => typeof one === 'function') ?? options?.callback);
}

/** google.charts.setOnLoadCallback. */
export function setOnLoadCallback(callback: unknown): void {
  void later(callback);
}

/** google.load of the old loader; of its modules there is only `visualization`. */
export function loadModule(name: string, _version?: unknown, options?: unknown): void {
  if (String(name).toLowerCase() === 'visualization') void load(options);
}
