// What pages load when there is something to draw. Its own imports that are dynamic are loaded later still.

export { draw, styles } from './charts/index.js';
export { viewModelOf, titleOf } from './view-model.js';
export { CsvExport } from './csv-export.js';
export { footnotes } from './footnotes.js';
export { loadShapes } from './shapes.js';
