import type * as Visualization from '../visualization/index.js';

/** The module that draws, and the namespace google.visualization of its own. */
export interface Drawing {
  module: typeof Visualization;
  own: Record<string, unknown>;
}

/**
 * What loads the module with google.visualization from below the base, once, and completes the page's namespaces with
 * it. After a failure the next call tries again.
 */
export function drawingLoader(base: string): () => Promise<Drawing> {
  let loading: Promise<Drawing> | null = null;
  return () => {
    loading ??= (import(new URL(ORIEL_VISUALIZATION, base).href) as Promise<typeof Visualization>)
      .then((module) => ({ module, own: module.install(window) }))
      .catch((error: unknown) => {
        loading = null;
        throw error;
      });
    return loading;
  };
}

/** Loads ahead; a failure is said when the module is needed. */
export function warm(load: () => Promise<unknown>): void {
  load().catch(() => {});
}
