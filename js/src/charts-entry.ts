// What the elements load when there is something to draw.

export { draw, styles } from './charts/index.js';
export { CsvExport } from './csv-export.js';
export { footnotes } from './footnotes.js';
export { loadShapes } from './map-shapes.js';
export { titleOf, viewModelOf } from './view-model.js';
