import { loadOnce } from '../load-once.js';
import type * as Visualization from '../visualization/index.js';

/** The module that draws, and its own google.visualization. */
export interface Drawing {
  module: typeof Visualization;
  own: Record<string, unknown>;
}

/** Returns what loads google.visualization from below the base and adds it to the page's namespaces. */
export function drawingLoader(base: string): () => Promise<Drawing> {
  return loadOnce(async () => {
    const module = (await import(new URL(ORIEL_VISUALIZATION, base).href)) as typeof Visualization;
    return { module, own: module.install(window) };
  });
}

/** Loads ahead of use. The caller that needs the module later reports a failure. */
export function warm(load: () => Promise<unknown>): void {
  load().catch(() => {});
}
