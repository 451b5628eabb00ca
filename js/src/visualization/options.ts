// Maps google.visualization's options to those of our charts. Pages pass whatever they like: what is unknown or malformed
// is left out, and nothing here throws.

import type {
  AreaOptions,
  AxisOptions,
  ChartOptions,
  GeoOptions,
  Ground,
  LegendPosition,
  Mark,
  SeriesOptions,
  TableClasses,
  TextStyle,
} from '../charts/options.js';
import { isDate, utcOf } from './dates.js';
import type { ChartKind } from './types.js';
import { axisNumber, datePattern, dateStyle, numberPattern } from './patterns.js';
import { mapRange } from '../builtins.js';

/** What a chart needs beside its options. */
export interface Context {
  /** BCP 47. */
  locale: string;
  /** Fetches the map's shapes. */
  loadShapes?: () => Promise<unknown>;
  /** How many there are to draw. */
  rows?: number;
}

type Bag = Record<string, unknown>;

// The colours of Google Charts, by which pages are known.
const palette = (
  '3366cc dc3912 ff9900 109618 990099 0099c6 dd4477 66aa00 b82e2e 316395 994499 22aa99 aaaa11 6633cc e67300 ' +
  '8b0707 651067 329262 5574a6 3b3eac'
)
  .split(' ')
  .map((hex) => `#${hex}`);

const bag = (value: unknown): Bag => (typeof value === 'object' && value !== null ? (value as Bag) : {});
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

// "500" and "500px" are numbers; "100%" is none.
function amount(value: unknown): number | undefined {
  const n = typeof value === 'string' && /^\s*-?[\d.]+(px)?\s*$/.test(value) ? Number.parseFloat(value) : value;
  return typeof n === 'number' && Number.isFinite(n) ? n : undefined;
}

const size = (value: unknown): number | undefined => {
  const n = amount(value);
  return n !== undefined && n > 0 ? n : undefined;
};

// Pixels, or a length of CSS as it is.
function extent(value: unknown): number | string | undefined {
  const unit = typeof value === 'string' && /^\s*\d*\.?\d+(%|r?em|v[wh]|vmin|vmax|[cm]m|in|p[tc])\s*$/i.test(value);
  return unit ? value.trim() : size(value);
}

function styleOf(value: unknown): TextStyle | undefined {
  const { color, fontName, fontSize, bold, italic } = bag(value);
  const style: TextStyle = { color: text(color), fontFamily: text(fontName), fontSize: size(fontSize) };
  if (typeof bold === 'boolean') style.bold = bold;
  if (typeof italic === 'boolean') style.italic = italic;
  return Object.values(style).some((part) => part !== undefined) ? style : undefined;
}

/** Returns our chart's options for those of Google's chart. */
export function chartOptionsOf(kind: ChartKind, given: unknown, context: Context): ChartOptions {
  const options = bag(given);
  const made: ChartOptions = {
    locale: context.locale,
    loadShapes: context.loadShapes,
    theme: 'light',
    everyRow: true,
    fullLegend: true,
    width: extent(options['width']),
    height: extent(options['height']),
    fallback: { width: kind === 'GEO' ? 556 : 400 },
    fontFamily: text(options['fontName']) ?? 'Arial, sans-serif',
    fontSize: size(options['fontSize']),
  };
  if (kind === 'TABLE') return { ...made, ground: groundOf(options['backgroundColor']), table: tableOptions(options) };
  const title = text(options['title']);
  const whole: ChartOptions = {
    ...made,
    title,
    showTitle: title !== undefined && options['titlePosition'] !== 'none',
    titleStyle: { bold: true, ...styleOf(options['titleTextStyle']) },
    ground: groundOf(options['backgroundColor'], '#fff'),
    padding: kind === 'GEO' ? 0 : 8,
    legend: legendPosition(options['legend']),
    legendStyle: styleOf(bag(options['legend'])['textStyle'] ?? options['legendTextStyle']),
  };
  if (kind === 'GEO') {
    const geo = geoOptions(options);
    return { ...whole, geo, colors: geo.colors?.slice(-1) };
  }
  whole.fallback = { width: 400, height: 200 };
  if (kind === 'PIE') return { ...whole, pie: pieOptions(options), colors: sliceColors(options, context.rows ?? 0) };
  return { ...whole, ...axesOptions(kind, options, context.locale), colors: colorsOf(options['colors'], options['series']) };
}

// A colour, or {fill, fillOpacity, stroke, strokeWidth}.
function groundOf(value: unknown, otherwise?: string): Ground {
  const { fill, fillOpacity, stroke, strokeWidth } = bag(value);
  const color = text(value) ?? text(fill) ?? otherwise;
  const shown = amount(fillOpacity);
  const seen = color === 'none' ? 'transparent' : color;
  return {
    fill: seen && shown !== undefined && shown < 1 ? `color-mix(in srgb, ${seen} ${Math.max(0, shown) * 100}%, transparent)` : seen,
    ...(size(strokeWidth) && { stroke: text(stroke) ?? '#666', strokeWidth: size(strokeWidth) }),
  };
}

function legendPosition(legend: unknown): LegendPosition {
  const position = text(legend) ?? text(bag(legend)['position']) ?? '';
  const known: Record<string, LegendPosition> = { none: 'none', top: 'top', in: 'top', bottom: 'bottom', left: 'left' };
  return Object.hasOwn(known, position) ? (known[position] as LegendPosition) : 'right';
}

// The palette, with the colours that single series or slices have of their own.
function colorsOf(colors: unknown, parts: unknown): string[] {
  const given = Array.isArray(colors) ? colors : [];
  const list = given.map((color) => text(color) ?? text(bag(color)['color'])).filter((color) => color !== undefined);
  const base = list.length > 0 ? list : palette;
  const made = [...base];
  for (const [place, part] of partsOf(parts)) {
    const color = text(bag(part)['color']);
    if (color === undefined) continue;
    while (made.length <= place) made.push(base[made.length % base.length] as string);
    made[place] = color;
  }
  return made;
}

// One per row, and last the one of the "Other" slice, which has no row.
function sliceColors(options: Bag, rows: number): string[] {
  const own = colorsOf(options['colors'], options['slices']);
  const all = mapRange(Math.max(rows, own.length), (row) => own[row % own.length] as string);
  return [...all, text(options['pieResidueSliceColor']) ?? '#ccc'];
}

// An array, or an object by index: {0: …, 3: …}.
function partsOf(parts: unknown): [number, Bag][] {
  return Object.entries(bag(parts))
    .filter(([place]) => /^\d{1,3}$/.test(place))
    .map(([place, part]) => [Number(place), bag(part)]);
}

function axesOptions(kind: ChartKind, options: Bag, locale: string): ChartOptions {
  const how = options['isStacked'];
  const percent = how === 'percent' || how === 'relative';
  const lying = kind === 'BAR';
  const axis = (name: 'h' | 'v'): Bag => ({ ...bag(options[`${name}Axis`]), ...bag(bag(options[`${name}Axes`])['0']) });
  const hAxis = axisOptions(axis('h'), lying, percent, locale);
  const vAxis = axisOptions(axis('v'), !lying, percent, locale);
  const rightAxis = axisOptions({ ...bag(options['vAxis']), title: undefined, ...bag(bag(options['vAxes'])['1']) }, true, percent, locale);
  const { left, top, width, height, backgroundColor } = bag(options['chartArea']);
  const area: AreaOptions = {
    left: extent(left),
    top: extent(top),
    width: extent(width),
    height: extent(height),
    ground: groundOf(backgroundColor),
  };
  return {
    hAxis,
    vAxis,
    rightAxis,
    area,
    stacked: percent ? 'percent' : how === true || how === 'absolute' || how === 'true',
    curve: options['curveType'] === 'function' ? 'smooth' : 'straight',
    lineWidth: amount(options['lineWidth']) ?? 2,
    mark: markOf(options['seriesType']),
    groupWidth: extent(bag(options['bar'])['groupWidth']),
    annotationStyle: styleOf(bag(options['annotations'])['textStyle']),
    pointSize: options['pointsVisible'] === false ? 0 : amount(options['pointSize']),
    series: Object.fromEntries(
      partsOf(options['series']).map(([place, { type, lineWidth, pointSize, lineDashStyle, targetAxisIndex }]): [number, SeriesOptions] => [
        place,
        {
          mark: markOf(type),
          axis: targetAxisIndex === 1 ? 1 : undefined,
          lineWidth: amount(lineWidth),
          pointSize: amount(pointSize),
          dash: Array.isArray(lineDashStyle) ? lineDashStyle.map(amount).filter((part) => part !== undefined) : undefined,
        },
      ]),
    ),
  };
}

/** What a series' type is drawn as; undefined for none. */
export function markOf(type: unknown): Mark | undefined {
  const name = text(type);
  return name === undefined ? undefined : name === 'bars' ? 'bars' : /area/i.test(name) ? 'area' : 'line';
}

function axisOptions(axis: Bag, ofValues: boolean, percent: boolean, locale: string): AxisOptions {
  const window = bag(axis['viewWindow']);
  const lines = bag(axis['gridlines']);
  const made: AxisOptions = {
    title: text(axis['title']),
    titleStyle: { italic: true, ...styleOf(axis['titleTextStyle']) },
    textStyle: styleOf(axis['textStyle']),
    gridColor: text(lines['color']),
    zeroColor: text(axis['baselineColor']),
    textPosition: axis['textPosition'] === 'none' ? 'none' : 'out',
    slanted: typeof axis['slantedText'] === 'boolean' ? axis['slantedText'] : undefined,
    ticks: ticksOf(axis['ticks']) ?? gridCount(lines['count']),
    format: formatOf(axis, ofValues, percent, locale),
  };
  if (!ofValues) return made;
  return { ...made, low: amount(axis['minValue']), high: amount(axis['maxValue']), min: amount(window['min']), max: amount(window['max']) };
}

function gridCount(value: unknown): number | undefined {
  const count = amount(value);
  return count !== undefined && count >= 2 ? Math.min(count, 50) : undefined;
}

// Ticks are values, or values with labels.
function ticksOf(ticks: unknown): (number | Date)[] | undefined {
  if (!Array.isArray(ticks)) return undefined;
  const values = ticks
    .map((tick) => placeOf(isDate(tick) || typeof tick === 'number' ? tick : bag(tick)['v']))
    .filter((place) => place !== undefined);
  return values.length > 0 ? values : undefined;
}

function placeOf(value: unknown): number | Date | undefined {
  return isDate(value) ? utcOf(value) : amount(value);
}

type Write = NonNullable<AxisOptions['format']>;

// Axes of values show all digits by default; axes of dates and names choose their format.
function formatOf(axis: Bag, ofValues: boolean, percent: boolean, locale: string): Write | undefined {
  const pattern = text(axis['format']);
  const ticks: unknown[] = Array.isArray(axis['ticks']) ? axis['ticks'] : [];
  const said = new Map(ticks.map((tick) => [Number(placeOf(bag(tick)['v'])), text(bag(tick)['f'])]));
  if (!ofValues && pattern === undefined && said.size === 0) return undefined;
  const number = numberPattern(pattern ?? (percent ? 'percent' : ''), locale) ?? ((value: number) => axisNumber(value, locale));
  const style = (['short', 'medium', 'long', 'full'] as const).find((name) => name === pattern);
  const date = style ? dateStyle(style, false, locale) : datePattern(pattern ?? 'MMM d, y', locale);
  return (value) => {
    if (typeof value === 'string') return value;
    return said.get(Number(value)) ?? (isDate(value) ? date(value) : number(value));
  };
}

function pieOptions(options: Bag): ChartOptions['pie'] {
  const labels = { percentage: 'percentage', value: 'value', label: 'label', none: 'none', 'value-and-percentage': 'both' } as const;
  const asked = text(options['pieSliceText']) ?? '';
  return {
    hole: Math.max(0, Math.min(0.95, amount(options['pieHole']) ?? 0)),
    slices: Infinity,
    bare: true,
    label: Object.hasOwn(labels, asked) ? labels[asked as keyof typeof labels] : 'percentage',
    labelStyle: styleOf(options['pieSliceTextStyle']),
    threshold: amount(options['sliceVisibilityThreshold']) ?? 1 / 720,
    other: text(options['pieResidueSliceLabel']),
  };
}

function geoOptions(options: Bag): GeoOptions {
  const { colors, minValue, maxValue, values } = bag(options['colorAxis']);
  const list = Array.isArray(colors) ? colors.map(text).filter((color) => color !== undefined) : [];
  const [first, last] = Array.isArray(values) ? ([values[0], values.at(-1)] as unknown[]) : [];
  return {
    region: text(options['region']),
    scale: { min: amount(minValue) ?? amount(first), max: amount(maxValue) ?? amount(last) },
    colors: list.length > 1 ? list : ['#efe6dc', list[0] ?? '#109618'],
    emptyColor: text(options['datalessRegionColor']) ?? '#f5f5f5',
  };
}

// google.visualization's own classes, which pages style where they set no others.
const classNames: Record<string, [keyof TableClasses, string]> = {
  headerRow: ['headRow', 'tr-head'],
  headerCell: ['head', 'th'],
  tableRow: ['row', 'tr-even'],
  oddTableRow: ['oddRow', 'tr-odd'],
  selectedTableRow: ['chosenRow', 'tr-sel'],
  hoverTableRow: ['overRow', 'tr-over'],
  tableCell: ['cell', 'td'],
  rowNumberCell: ['rowNumber', 'seq'],
};

function tableOptions(options: Bag): ChartOptions['table'] {
  const own = bag(options['cssClassNames']);
  const prefix = 'google-visualization-table';
  const classes: TableClasses = { table: `${prefix}-table`, number: `${prefix}-type-number` };
  for (const [name, [part, known]] of Object.entries(classNames)) classes[part] = text(own[name]) ?? `${prefix}-${known}`;
  if (options['alternatingRowStyle'] === false) classes.oddRow = classes.row;
  const column = amount(options['sortColumn']) ?? -1;
  return {
    classes,
    bars: false,
    rowNumbers: options['showRowNumber'] === true,
    firstRowNumber: amount(options['firstRowNumber']),
    pageSize: options['page'] === 'enable' ? (size(options['pageSize']) ?? 10) : 0,
    page: amount(options['startPage']),
    sortable: options['sort'] !== 'disable',
    sortColumn: column >= 0 ? column : undefined,
    sortAscending: options['sortAscending'] !== false,
    markup: options['allowHtml'] === true,
  };
}
