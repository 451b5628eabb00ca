import { ownBase } from './base.js';
import { loadOnce } from './load-once.js';

/** The module with the charts, which pages load when there is something to draw. */
export type Charts = typeof import('./charts-entry.js');

/** Loads the module with the charts. */
export const loadCharts = loadOnce(() => import(new URL(ORIEL_CHARTS, ownBase).href) as Promise<Charts>);
