// The map's shapes, which lie beside the modules that draw.

import shapes from 'world-atlas/countries-110m.json';

let shapesLoading: Promise<unknown> | null = null;

/** Fetches the map's shapes, which lie beside this module; once for all maps, again after a failure. */
export function loadShapes(): Promise<unknown> {
  shapesLoading ??= fetchShapes().catch((error: unknown) => {
    shapesLoading = null;
    throw error;
  });
  return shapesLoading;
}

async function fetchShapes(): Promise<unknown> {
  const response = await fetch(new URL(shapes as unknown as string, import.meta.url), { credentials: 'omit' });
  if (!response.ok) throw new Error(`The map's shapes: HTTP ${response.status}`);
  return response.json();
}
