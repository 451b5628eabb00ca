import { ownBase } from './base.js';

/** The module with the charts, which pages load when there is something to draw. */
export type Charts = typeof import('./charts-entry.js');

let loading: Promise<Charts> | null = null;

/** Loads the charts, once. After a failure the next call tries again. */
export function loadCharts(): Promise<Charts> {
  loading ??= (import(new URL(ORIEL_CHARTS, ownBase).href) as Promise<Charts>).catch((error: unknown) => {
    loading = null;
    throw error;
  });
  return loading;
}
