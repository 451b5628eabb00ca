import shapes from 'world-atlas/countries-110m.json';
import { loadOnce } from './load-once.js';

/** Fetches the map's shapes, a file beside this module. */
export const loadShapes = loadOnce(async (): Promise<unknown> => {
  const response = await fetch(new URL(shapes as unknown as string, import.meta.url), { credentials: 'omit' });
  if (!response.ok) throw new Error(`The map's shapes: HTTP ${response.status}`);
  return response.json();
});
