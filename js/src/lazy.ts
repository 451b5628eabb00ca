// What pages load when there is something to draw. Its own imports that are dynamic are loaded later still.

export { draw, styles } from './charts/index.js';
export { pictureOf, titleOf } from './picture.js';
export { Saver } from './saving.js';
export { smallPrint } from './smallprint.js';
export { loadShapes } from './shapes.js';
