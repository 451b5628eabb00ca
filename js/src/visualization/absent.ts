// What Google's google.visualization has and ours has not, on purpose. Everything else that @types/google.visualization
// declares is here; a test compares the two, so that a member can neither vanish nor come unnoticed.

/** Classes and functions of `google.visualization`, each with the reason why pages do not find it. */
export const absentClasses = {
  AnnotationChart: 'no drawing of ours has a range selector; LineChart shows the same values',
  BubbleChart: 'no drawing of ours places points by two measures',
  Calendar: 'no drawing of ours has a cell a day',
  CandlestickChart: 'no drawing of ours has ranges; reports have no opening and closing values',
  ControlWrapper: 'filters of a page ask the server, which narrows; see the date ranges of our own elements',
  Dashboard: 'binds ControlWrappers, which are absent',
  Gantt: 'draws tasks, not reports',
  Gauge: 'no drawing of ours has a dial; our own scorecards say more in less room',
  Histogram: 'reports are counted already: there are no single values to put into bins',
  Map: 'loads Google Maps, and no other host is ever asked; GeoChart shows the same values',
  OrgChart: 'draws hierarchies, not reports',
  Sankey: 'draws flows, which the reports do not have',
  ScatterChart: 'no drawing of ours has a numeric horizontal axis',
  Timeline: 'draws spans of time, not reports',
  TreeMap: 'draws hierarchies, not reports',
} as const;

/** Members that the chart classes here lack. */
export const absentMembers = {
  getImageURI: 'a picture of the drawing would lack its styles, which pages with a policy keep out of it',
  getChartLayoutInterface: 'our drawings follow the container, so that no coordinate stays true',
  getBoundingBox: 'see getChartLayoutInterface',
  getChartAreaBoundingBox: 'see getChartLayoutInterface',
  getHAxisValue: 'see getChartLayoutInterface',
  getVAxisValue: 'see getChartLayoutInterface',
  getXLocation: 'see getChartLayoutInterface',
  getYLocation: 'see getChartLayoutInterface',
  getAction: 'tooltips hold no buttons: they are gone when the pointer leaves for them',
  setAction: 'see getAction',
  removeAction: 'see getAction',
} as const;

/** Events that Google's charts have besides `ready`, `select`, `error` and a map's `regionClick`. */
export const absentEvents = {
  onmouseover: 'pointer and keyboard reach the same tooltip, of which the page is not told',
  onmouseout: 'see onmouseover',
  animationfinish: 'nothing is animated',
} as const;

/** What is taken and does nothing or less than Google's. */
export const differences = {
  'Query.send': 'answers with an error (reason `not_supported`): no other host is ever asked',
  ComboChart: 'draws bars, lines and areas; steps are areas, candles lines',
  SteppedAreaChart: 'is drawn as an AreaChart',
  allowHtml: 'text of cells is never read as HTML',
  'google.load': 'knows the module `visualization` only',
} as const;
