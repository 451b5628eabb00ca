import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChartOptions } from '../src/charts/options.js';
import { tableOf } from '../src/visualization/convert.js';
import { DataTable } from '../src/visualization/datatable.js';
import type { ChartKind } from '../src/visualization/types.js';
import { chartOptionsOf } from '../src/visualization/options.js';

const kinds: ChartKind[] = ['LINE', 'AREA', 'COLUMN', 'BAR', 'PIE', 'TABLE', 'GEO'];
const of = (kind: ChartKind, options?: unknown): ChartOptions => chartOptionsOf(kind, options, { locale: 'en' });

test('without options a chart is as Google Charts draws it', () => {
  const line = of('LINE', {});
  assert.equal(line.ground?.fill, '#fff');
  assert.equal(line.theme, 'light');
  assert.equal(line.legend, 'right');
  assert.equal(line.fontFamily, 'Arial, sans-serif');
  assert.deepEqual(line.fallback, { width: 400, height: 200 });
  assert.deepEqual(line.colors?.slice(0, 3), ['#3366cc', '#dc3912', '#ff9900']);
  assert.equal(line.colors?.length, 20);
  assert.equal(line.vAxis?.format?.(1234.5), '1,234.5');
  assert.equal(line.hAxis?.format, undefined);
  assert.deepEqual(of('GEO').geo, {
    region: undefined,
    scale: { min: undefined, max: undefined },
    colors: ['#efe6dc', '#109618'],
    emptyColor: '#f5f5f5',
  });
  assert.equal(of('PIE').colors?.at(-1), '#ccc');
});

// What the options of a chart of the kind become: the values at the paths.
const cases: [string, ChartKind, unknown, Record<string, unknown>][] = [
  ['sizes', 'LINE', { width: '500', height: 300 }, { width: 500, height: 300 }],
  ['sizes in pixels', 'PIE', { width: '500px', height: '100%' }, { width: 500, height: '100%' }],
  ['sizes in units of CSS', 'TABLE', { width: ' 50vw ', height: '12.5em' }, { width: '50vw', height: '12.5em' }],
  ['sizes in no units', 'LINE', { width: '-5%', height: 'calc(1px)' }, { width: undefined, height: undefined }],
  ['sizes that are none', 'LINE', { width: -4, height: Number.NaN }, { width: undefined, height: undefined }],
  [
    'title',
    'LINE',
    { title: 'Sessions', titleTextStyle: { color: 'red', fontSize: 18, bold: false, fontName: 'Georgia' } },
    { title: 'Sessions', showTitle: true, titleStyle: { color: 'red', fontSize: 18, bold: false, fontFamily: 'Georgia' } },
  ],
  ['title hidden', 'LINE', { title: 'Sessions', titlePosition: 'none' }, { title: 'Sessions', showTitle: false }],
  ['legend as a word', 'LINE', { legend: 'none' }, { legend: 'none' }],
  [
    'legend as an object',
    'PIE',
    { legend: { position: 'bottom', textStyle: { color: 'blue', fontSize: 9 } } },
    { legend: 'bottom', 'legendStyle.color': 'blue', 'legendStyle.fontSize': 9 },
  ],
  ['legend inside', 'LINE', { legend: { position: 'in' } }, { legend: 'top' }],
  ['legend unknown', 'LINE', { legend: 'constructor' }, { legend: 'right' }],
  ['colours', 'LINE', { colors: ['#e0440e', { color: 'gold', darker: 'x' }, 7] }, { colors: ['#e0440e', 'gold'] }],
  [
    'colours of series',
    'LINE',
    { colors: ['a', 'b'], series: { 0: { color: 'red' }, 3: { color: 'blue' } } },
    { colors: ['red', 'b', 'a', 'blue'] },
  ],
  [
    'series',
    'LINE',
    { series: [{ lineWidth: 4, pointSize: 6, lineDashStyle: [4, 2] }] },
    { 'series.0': { mark: undefined, axis: undefined, lineWidth: 4, pointSize: 6, dash: [4, 2] } },
  ],
  [
    'a series on the right',
    'LINE',
    {
      series: { 1: { targetAxisIndex: 1 } },
      vAxis: { format: '0' },
      vAxes: { 0: { title: 'Left' }, 1: { title: 'Right', format: 'percent' } },
    },
    { 'series.1.axis': 1, 'vAxis.title': 'Left', 'rightAxis.title': 'Right' },
  ],
  ['slices', 'PIE', { colors: ['a'], slices: { 1: { color: 'red', offset: 0.2 } } }, { colors: ['a', 'red', '#ccc'] }],
  ['background', 'LINE', { backgroundColor: { fill: '#eee', stroke: 'red' } }, { ground: { fill: '#eee' } }],
  [
    'background with an edge',
    'LINE',
    { backgroundColor: { stroke: 'red', strokeWidth: '2' } },
    { ground: { fill: '#fff', stroke: 'red', strokeWidth: 2 } },
  ],
  [
    'background that is seen through',
    'PIE',
    { backgroundColor: { fill: 'navy', fillOpacity: '0.25' } },
    { 'ground.fill': 'color-mix(in srgb, navy 25%, transparent)' },
  ],
  ['background of the plot', 'BAR', { chartArea: { backgroundColor: '#fafafa' } }, { 'area.ground': { fill: '#fafafa' } }],
  ['bars', 'COLUMN', { bar: { groupWidth: '61.8%' } }, { groupWidth: '61.8%' }],
  ['bars in pixels', 'BAR', { bar: { groupWidth: 30 } }, { groupWidth: 30 }],
  [
    'marks',
    'COLUMN',
    { seriesType: 'bars', series: { 1: { type: 'line' }, 2: { type: 'steppedArea' } } },
    { mark: 'bars', 'series.1.mark': 'line', 'series.2.mark': 'area' },
  ],
  ['annotations', 'LINE', { annotations: { textStyle: { color: 'red' } } }, { 'annotationStyle.color': 'red' }],
  ['no background', 'LINE', { backgroundColor: 'transparent' }, { 'ground.fill': 'transparent' }],
  ['no background in another word', 'PIE', { backgroundColor: 'none' }, { 'ground.fill': 'transparent' }],
  [
    'axis',
    'LINE',
    {
      vAxis: {
        title: 'Count',
        minValue: 0,
        maxValue: '400',
        viewWindow: { min: 5, max: 50 },
        gridlines: { color: '#ddd', count: 4 },
        baselineColor: 'red',
        textPosition: 'none',
      },
    },
    {
      'vAxis.title': 'Count',
      'vAxis.low': 0,
      'vAxis.high': 400,
      'vAxis.min': 5,
      'vAxis.max': 50,
      'vAxis.gridColor': '#ddd',
      'vAxis.ticks': 4,
      'vAxis.zeroColor': 'red',
      'vAxis.textPosition': 'none',
    },
  ],
  ['axis by place', 'LINE', { vAxis: { title: 'A', format: '0' }, vAxes: { 0: { title: 'B' } } }, { 'vAxis.title': 'B' }],
  [
    'text of an axis',
    'COLUMN',
    { hAxis: { textStyle: { color: '#888', fontSize: 10 }, titleTextStyle: { italic: false } } },
    { 'hAxis.textStyle.color': '#888', 'hAxis.textStyle.fontSize': 10, 'hAxis.titleStyle.italic': false },
  ],
  ['names aslant', 'COLUMN', { hAxis: { slantedText: false } }, { 'hAxis.slanted': false }],
  ['names by their room', 'COLUMN', { hAxis: { slantedText: 'yes' } }, { 'hAxis.slanted': undefined }],
  ['ticks', 'LINE', { vAxis: { ticks: [0, { v: 10, f: 'ten' }, 'x', null] } }, { 'vAxis.ticks': [0, 10] }],
  [
    'area',
    'LINE',
    { chartArea: { left: 50, width: '80%', top: '5', height: 'auto' } },
    { area: { left: 50, top: 5, width: '80%', height: undefined, ground: { fill: undefined } } },
  ],
  ['smooth', 'LINE', { curveType: 'function', lineWidth: 0, pointSize: 5 }, { curve: 'smooth', lineWidth: 0, pointSize: 5 }],
  ['no points', 'LINE', { pointsVisible: false, pointSize: 5 }, { pointSize: 0 }],
  ['stacked', 'COLUMN', { isStacked: true }, { stacked: true }],
  ['stacked absolutely', 'AREA', { isStacked: 'absolute' }, { stacked: true }],
  ['stacked to one', 'BAR', { isStacked: 'relative' }, { stacked: 'percent' }],
  ['hole', 'PIE', { pieHole: 4 / 9, is3D: true }, { 'pie.hole': 4 / 9, 'pie.label': 'percentage', 'pie.threshold': 1 / 720 }],
  [
    'slices’ texts',
    'PIE',
    {
      pieSliceText: 'value-and-percentage',
      pieSliceTextStyle: { color: 'black' },
      sliceVisibilityThreshold: 0.1,
      pieResidueSliceLabel: 'Rest',
      pieResidueSliceColor: 'grey',
    },
    { 'pie.label': 'both', 'pie.labelStyle.color': 'black', 'pie.threshold': 0.1, 'pie.other': 'Rest' },
  ],
  ['font', 'LINE', { fontName: 'Georgia', fontSize: '14' }, { fontFamily: 'Georgia', fontSize: 14 }],
  [
    'table',
    'TABLE',
    {
      page: 'enable',
      pageSize: 5,
      showRowNumber: true,
      firstRowNumber: 11,
      sort: 'disable',
      sortColumn: 1,
      sortAscending: false,
      allowHtml: true,
    },
    {
      'table.pageSize': 5,
      'table.rowNumbers': true,
      'table.firstRowNumber': 11,
      'table.sortable': false,
      'table.sortColumn': 1,
      'table.sortAscending': false,
      'table.markup': true,
      'table.bars': false,
    },
  ],
  ['all rows of a table', 'TABLE', { pageSize: 5 }, { 'table.pageSize': 0, 'table.sortColumn': undefined, 'ground.fill': undefined }],
  [
    'classes of a table',
    'TABLE',
    { cssClassNames: { headerCell: 'my-th', oddTableRow: 7 }, alternatingRowStyle: false },
    {
      'table.classes.head': 'my-th',
      'table.classes.cell': 'google-visualization-table-td',
      'table.classes.oddRow': 'google-visualization-table-tr-even',
    },
  ],
  [
    'map',
    'GEO',
    {
      region: 'FR',
      resolution: 'provinces',
      displayMode: 'regions',
      colorAxis: { colors: ['white', 'red', 'black'], minValue: 0, maxValue: 10 },
      datalessRegionColor: 'blue',
    },
    { geo: { region: 'FR', colors: ['white', 'red', 'black'], scale: { min: 0, max: 10 }, emptyColor: 'blue' } },
  ],
  [
    'map of one colour',
    'GEO',
    { colorAxis: { colors: ['red'], values: [1, 5] } },
    { 'geo.colors': ['#efe6dc', 'red'], 'geo.scale': { min: 1, max: 5 } },
  ],
];

test('options become ours', () => {
  for (const [name, kind, options, want] of cases) {
    const made = of(kind, options);
    for (const [path, value] of Object.entries(want)) {
      const got = path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], made);
      assert.deepEqual(got, value, `${name}: ${path}`);
    }
  }
});

test('axes write numbers and dates by their patterns', () => {
  const utc = new Date(Date.UTC(2020, 0, 31, 15));
  for (const [format, value, want] of [
    ['#,###', 12_345.6, '12,346'],
    ['#%', 0.5, '50%'],
    ['percent', 0.5, '50%'],
    ['short', 12_000, '12K'],
    ['decimal', 1234.5, '1,234.5'],
    ['0.00', 1, '1.00'],
    ['MMM d h', utc, 'Jan 31 3'],
    ['dd/MM/yyyy', utc, '31/01/2020'],
    ['MMM d, yyyy', utc, 'Jan 31, 2020'],
    ['', 1234, '1,234'],
    ['nonsense', 5, '5'],
    ['', 0.00012, '0.00012'],
    ['', -0.0003, '-0.0003'],
    ['', 0, '0'],
    ['decimal', 0.00012, '0'],
  ] as [string, number | Date, string][]) {
    const axis = value instanceof Date ? of('LINE', { hAxis: { format } }).hAxis : of('LINE', { vAxis: { format } }).vAxis;
    assert.equal(axis?.format?.(value), want, format);
  }
  assert.equal(of('LINE', { vAxis: { ticks: [{ v: 10, f: 'ten' }] } }).vAxis?.format?.(10), 'ten');
  assert.equal(of('BAR').hAxis?.format?.(1500), '1,500');
  assert.equal(of('COLUMN', { isStacked: 'percent' }).vAxis?.format?.(0.25), '25%');
  assert.equal(of('BAR', {}).vAxis?.format, undefined);
});

// Deterministic nonsense: every name that is known, with values of every type.
test('no options throw', () => {
  const odd: unknown[] = [
    null,
    undefined,
    0,
    -1,
    Number.NaN,
    Infinity,
    '',
    'x',
    '100%',
    true,
    [],
    [null],
    {},
    () => 1,
    Symbol('s'),
    10n,
    new Date(Number.NaN),
    Object.create(null),
  ];
  const names = [
    'width',
    'height',
    'title',
    'titleTextStyle',
    'legend',
    'colors',
    'series',
    'slices',
    'backgroundColor',
    'hAxis',
    'vAxis',
    'hAxes',
    'vAxes',
    'chartArea',
    'curveType',
    'pointSize',
    'lineWidth',
    'isStacked',
    'pieHole',
    'pieSliceText',
    'pieSliceTextStyle',
    'sliceVisibilityThreshold',
    'pieResidueSliceLabel',
    'fontName',
    'fontSize',
    'page',
    'pageSize',
    'showRowNumber',
    'sort',
    'sortColumn',
    'cssClassNames',
    'allowHtml',
    'region',
    'displayMode',
    'resolution',
    'colorAxis',
    'datalessRegionColor',
    'animation',
    'enableInteractivity',
    'tooltip',
    '__proto__',
  ];
  const parts = [
    'position',
    'textStyle',
    'fill',
    'color',
    'colors',
    'title',
    'format',
    'ticks',
    'gridlines',
    'viewWindow',
    'minValue',
    'left',
    'fontSize',
    '0',
    'values',
    'headerRow',
  ];
  for (const kind of kinds) {
    for (const value of odd) {
      assert.ok(of(kind, value));
      for (const name of names) assert.ok(of(kind, { [name]: value }), name);
      for (const name of ['legend', 'series', 'hAxis', 'vAxes', 'colorAxis', 'cssClassNames']) {
        for (const part of parts) assert.ok(of(kind, { [name]: { [part]: value } }), `${name}.${part}`);
      }
    }
  }
});

const dataOf = (columns: [string, string, string?][], rows: unknown[][]): DataTable => {
  const data = new DataTable();
  for (const [type, label, role] of columns) data.addColumn({ type, label, role: role ?? '' });
  data.addRows(rows);
  return data;
};

test('dates become the calendar’s', () => {
  const data = dataOf(
    [
      ['date', 'ga:date'],
      ['number', 'ga:sessions'],
    ],
    [
      [new Date(2020, 0, 1), 5],
      [new Date(2020, 0, 8), null],
    ],
  );
  const { table, type, columns, rows } = tableOf('LINE', data);
  assert.equal(type, 'line');
  assert.deepEqual(
    table.columns.map(({ label, role, type: of }) => [label, role, of]),
    [
      ['Date', 'dimension', 'date'],
      ['Sessions', 'metric', 'integer'],
    ],
  );
  assert.deepEqual(table.rows, [
    [new Date(Date.UTC(2020, 0, 1)), 5],
    [new Date(Date.UTC(2020, 0, 8)), null],
  ]);
  assert.equal(table.written?.(0, 0), 'Jan 1, 2020');
  assert.deepEqual(
    [columns, rows],
    [
      [0, 1],
      [0, 1],
    ],
  );
});

test('columns are what their values say', () => {
  const typeOf = (kind: ChartKind, type: string, ...values: unknown[]): string | undefined =>
    tableOf(
      kind,
      dataOf(
        [
          [type, 'x'],
          ['number', 'y'],
        ],
        values.map((value) => [value, 1]),
      ),
    ).table.columns[0]?.type;
  assert.equal(typeOf('LINE', 'date', new Date(2020, 0, 1), new Date(2020, 1, 1)), 'yearMonth');
  assert.equal(typeOf('LINE', 'date', new Date(2020, 0, 1, 5)), 'dateHour');
  assert.equal(typeOf('LINE', 'datetime', new Date(2020, 0, 1)), 'dateHour');
  assert.equal(typeOf('LINE', 'number', 3), 'float');
  assert.equal(typeOf('LINE', 'string', 'a'), 'text');
  assert.equal(typeOf('PIE', 'date', new Date(2020, 0, 1)), 'text');
  assert.equal(typeOf('GEO', 'string', 'DE'), 'country');
  assert.equal(typeOf('TABLE', 'date', new Date(2020, 0, 2)), 'date');
});

test('a lone number is a value, and a table of it has one cell', () => {
  for (const kind of ['TABLE', 'COLUMN'] as const) {
    const { table } = tableOf(kind, dataOf([['number', 'ga:pageviews']], [[1234]]));
    assert.deepEqual(
      table.columns.map(({ label, role }) => [label, role]),
      [['Pageviews', 'metric']],
    );
    assert.deepEqual(table.rows, [[1234]]);
    assert.equal(table.written?.(0, 0), '1,234');
  }
});

test('columns that explain others are left out, and positions are theirs', () => {
  const data = dataOf(
    [
      ['string', 'Page'],
      ['string', 'tip', 'tooltip'],
      ['number', 'Views'],
      ['number', 'low', 'interval'],
      ['number', 'Users'],
    ],
    [['/', 't', 5, 1, 6]],
  );
  const { table, columns } = tableOf('COLUMN', data);
  assert.deepEqual(columns, [0, 2, 4]);
  assert.deepEqual(table.rows, [['/', 5, 6]]);
  assert.equal(table.written?.(0, 2), '6');
});

test('several columns of words are for tables only', () => {
  const data = dataOf(
    [
      ['string', 'Page'],
      ['string', 'Title'],
      ['number', 'Views'],
      ['boolean', 'New'],
    ],
    [['/', 'Home', 5, true]],
  );
  assert.deepEqual(tableOf('TABLE', data).columns, [0, 1, 2, 3]);
  assert.equal(tableOf('TABLE', data).table.written?.(0, 3), '✔');
  assert.deepEqual(tableOf('PIE', data).columns, [0, 2]);
});

test('fields’ names become words, labels of pages stay', () => {
  const label = (text: string): string | undefined => tableOf('TABLE', dataOf([['string', text]], [])).table.columns[0]?.label;
  assert.equal(label('ga:pagePathLevel1'), 'Page path level 1');
  assert.equal(label('rt:activeUsers'), 'Active users');
  assert.equal(label('ga:avgSessionDuration'), 'Avg session duration');
  assert.equal(label('Sessions: all of them'), 'Sessions: all of them');
  assert.equal(label('ga: x'), 'ga: x');
});

test('what the page wrote is shown, and countries without words get their names', () => {
  const data = dataOf(
    [
      ['string', 'Country'],
      ['number', 'n'],
    ],
    [
      ['DE', { v: 5, f: 'five' }],
      [{ v: 'FR', f: 'La France' }, 6],
    ],
  );
  const { table } = tableOf('GEO', data);
  assert.deepEqual([table.written?.(0, 0), table.written?.(0, 1), table.written?.(1, 0)], [undefined, 'five', 'La France']);
});

test('values that are none are null', () => {
  const data = dataOf(
    [
      ['string', 'a'],
      ['number', 'b'],
    ],
    [
      ['x', 1],
      ['y', 2],
    ],
  );
  data.setValue(0, 1, Number.NaN);
  assert.deepEqual(tableOf('COLUMN', data).table.rows, [
    ['x', null],
    ['y', 2],
  ]);
});

test('bars have the colours of the style behind them', () => {
  const data = dataOf(
    [
      ['string', 'a'],
      ['number', 'b'],
      ['string', '', 'style'],
    ],
    [
      ['x', 1, 'gold'],
      ['y', 2, 'opacity: 0.2; color: #f00'],
      ['z', 3, null],
    ],
  );
  const { table } = tableOf('COLUMN', data);
  assert.deepEqual(
    [0, 1, 2].map((row) => table.tint?.(row, 1)),
    ['gold', '#f00', undefined],
  );
  assert.equal(table.tint?.(0, 0), undefined);
});
