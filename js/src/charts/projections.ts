// What maps alone need of libraries: loaded when the first map is drawn.

export { geoEqualEarth, geoMercator, geoPath } from 'd3-geo';
export { feature } from 'topojson-client';
