// A page of every chart with every kind of data, for visual review. Not part of the product.
import shapes from 'world-atlas/countries-110m.json';
import { fillDates } from '../data/report.js';
import type { Cell, Column, ColumnType, Table } from '../data/table.js';
import { draw, styles } from './index.js';
import type { ChartOptions, ChartType } from './index.js';

const column = (name: string, label: string, type: ColumnType, role: Column['role'] = 'metric'): Column => ({
  name,
  label,
  role,
  type,
  currency: type === 'currency' ? 'EUR' : undefined,
});
const date = column('date', 'Date', 'date', 'dimension');
const text = (name: string, label: string): Column => column(name, label, name === 'country' ? 'country' : 'text', 'dimension');
const sessions = column('sessions', 'Sessions', 'integer');
const users = column('activeUsers', 'Active users', 'integer');
const bounce = column('bounceRate', 'Bounce rate', 'percent');
const duration = column('averageSessionDuration', 'Average session duration', 'seconds');
const revenue = column('totalRevenue', 'Revenue', 'currency');

let seed = 7;
const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;

function days(count: number, metrics: Column[], end = '2026-11-22', level = 900): Table {
  const last = Date.parse(end);
  const rows = Array.from({ length: count }, (_, i): Cell[] => {
    const at = new Date(last - (count - 1 - i) * 86_400_000);
    const week = [0.62, 1, 1.08, 1.1, 1.05, 0.95, 0.66][at.getUTCDay()] ?? 1;
    const base = level * week * (0.9 + 0.25 * random()) * (1 + i / count / 3);
    return [
      at,
      ...metrics.map((m, j) => {
        if (m.type === 'percent') return 0.35 + random() * 0.2;
        if (m.type === 'seconds') return 90 + random() * 140;
        return Math.round(base / (j * 0.45 + 1));
      }),
    ];
  });
  return { columns: [date, ...metrics], rows };
}

const named = (dimension: Column, metric: Column, rows: [string, number][]): Table => ({ columns: [dimension, metric], rows });
const devices = named(text('deviceCategory', 'Device'), sessions, [
  ['desktop', 15_204],
  ['mobile', 13_870],
  ['tablet', 912],
  ['smart tv', 88],
]);
const channels = named(text('sessionDefaultChannelGroup', 'Channel'), sessions, [
  ['Organic Search', 18_220],
  ['Direct', 9120],
  ['Referral', 4410],
  ['Organic Social', 2210],
  ['Paid Search', 1822],
  ['Email', 940],
  ['Unassigned', 310],
  ['(other)', 88],
  ['Display', 20],
]);
const pages: Table = {
  columns: [text('pagePath', 'Page'), column('screenPageViews', 'Views', 'integer'), bounce, duration, revenue],
  rows: Array.from({ length: 1000 }, (_, i): Cell[] => [
    i === 0
      ? '/'
      : i === 3
        ? '/<img src=x onerror=alert(1)>'
        : i === 5
          ? '(other)'
          : `/guides/${['pricing', 'getting-started-with-a-rather-long-address-in-it', 'faq'][i % 3]}/${i}`,
    Math.round(42_000 / (i + 1)),
    0.2 + random() * 0.5,
    30 + random() * 300,
    Math.round(random() * 90_000) / 100,
  ]),
  totals: [null, 312_004, 0.412, 182, 43_120.5],
};
const countries: Table = named(text('country', 'Country'), users, [
  ['United States', 41_200],
  ['Germany', 12_800],
  ['India', 9900],
  ['United Kingdom', 8700],
  ['France', 5100],
  ['Brazil', 4700],
  ['Türkiye', 2100],
  ['Canada', 3900],
  ['Australia', 3300],
  ['Japan', 2900],
  ['Côte d’Ivoire', 300],
  ['Myanmar (Burma)', 120],
  ['South Korea', 1500],
  ['Czechia', 900],
  ['Mexico', 1800],
  ['(not set)', 77],
  ['Hong Kong', 400],
]);
const hours = named(
  text('hour', 'Hour'),
  sessions,
  Array.from({ length: 24 }, (_, i): [string, number] => [
    String(i).padStart(2, '0'),
    Math.round(300 + 900 * Math.sin((i / 24) * Math.PI) ** 2),
  ]).concat([['(other)', 40]]),
);
const byDevice: Table = {
  columns: [date, text('deviceCategory', 'Device'), sessions],
  rows: days(28, [sessions]).rows.flatMap(([at, n]) =>
    [
      ['desktop', 0.5],
      ['mobile', 0.43],
      ['tablet', 0.07],
    ].map(([name, share]): Cell[] => [at as Date, name as string, Math.round((n as number) * (share as number))]),
  ),
};
const single: Table = { columns: [sessions, users, bounce, duration], rows: [[1_284_412, 96_200, 0.4123, 192]] };
const before: Table = { columns: single.columns, rows: [[1_142_000, 98_020, 0.4523, 192]] };
const empty: Table = { columns: [date, sessions], rows: [] };
const undated: Table = { columns: [date, sessions], rows: [...days(14, [sessions]).rows, ['(other)', 420]] };
const months: Table = {
  columns: [column('yearMonth', 'Month', 'yearMonth', 'dimension'), revenue],
  rows: Array.from({ length: 26 }, (_, i): Cell[] => [new Date(Date.UTC(2024, 9 + i, 1)), 42_000 + 9000 * Math.sin(i) + i * 900]),
};
const negative: Table = {
  columns: [date, column('change', 'Change', 'float')],
  rows: Array.from({ length: 20 }, (_, i): Cell[] => [new Date(Date.UTC(2026, 10, 1 + i)), Math.round(Math.sin(i / 2) * 120)]),
};
const dayHours: Table = {
  columns: [column('dateHour', 'Hour', 'dateHour', 'dimension'), sessions],
  rows: Array.from({ length: 48 }, (_, i): Cell[] => [new Date(Date.UTC(2026, 10, 21, i)), 20 + Math.round(60 * random())]),
};
const gaps: Table = {
  columns: [date, bounce],
  rows: days(20, [bounce]).rows.map((row, i): Cell[] => ([4, 5, 9, 11].includes(i) ? [row[0] as Date, null] : row)),
};
const arabic: Table = named(text('pageTitle', 'الصفحة'), column('screenPageViews', 'المشاهدات', 'integer'), [
  ['الصفحة الرئيسية للموقع الإلكتروني', 8200],
  ['اتصل بنا', 3100],
  ['الأسعار', 1900],
]);

const world = { loadShapes: () => Promise.resolve(shapes as unknown) };
const cards: [string, ChartType, Table, ChartOptions?, string?][] = [
  [
    'Scorecards',
    'scorecard',
    single,
    { previous: before, scorecard: { period: '24 Oct – 20 Nov', sparkline: days(28, [sessions, users, bounce, duration]) } },
    'wide',
  ],
  ['One scorecard', 'scorecard', { columns: [users], rows: [[412]] }, { previous: { columns: [users], rows: [[0]] } }],
  ['Line', 'line', days(28, [sessions, users]), {}, 'wide'],
  ['Line against the period before', 'line', days(28, [sessions]), { previous: days(28, [sessions], '2026-10-25', 800) }],
  ['Area', 'area', days(90, [sessions]), { curve: 'smooth' }],
  ['Area, stacked', 'area', byDevice, { stacked: true }],
  ['Columns', 'column', days(28, [sessions])],
  ['Columns, stacked, a share', 'column', byDevice, { stacked: 'percent' }],
  ['Columns against the period before', 'column', days(7, [sessions]), { previous: days(7, [sessions], '2026-11-15', 800) }],
  ['Hours', 'column', hours],
  [
    'Realtime',
    'column',
    named(
      text('minutesAgo', 'Minutes ago'),
      users,
      Array.from({ length: 30 }, (_, i): [string, number] => [String(i).padStart(2, '0'), Math.round(random() * 40)]),
    ),
  ],
  ['Months, money', 'column', months],
  ['Two units', 'line', days(28, [sessions, bounce, duration])],
  ['Bars', 'bar', channels],
  [
    'Bars, 1000 rows',
    'bar',
    pages.columns.length ? { columns: pages.columns.slice(0, 2), rows: pages.rows.map((row) => row.slice(0, 2)) } : pages,
  ],
  [
    'Bars, two metrics',
    'bar',
    {
      columns: [text('deviceCategory', 'Device'), sessions, users],
      rows: [
        ['desktop', 1500, 1200],
        ['mobile', 1300, 990],
        ['tablet', 90, 70],
      ],
    },
  ],
  ['Pie', 'pie', devices],
  ['Donut', 'donut', channels],
  ['Map', 'geo', countries, world, 'wide'],
  ['Europe', 'geo', countries, { ...world, geo: { region: '150' } }],
  ['Map without shapes', 'geo', countries, { loadShapes: () => Promise.reject(new Error('offline')) }],
  ['Table', 'table', pages, {}, 'wide'],
  ['Nothing', 'line', empty],
  ['Nothing in a table', 'table', empty],
  ['No number', 'scorecard', { columns: [sessions], rows: [] }],
  ['One day', 'line', days(1, [sessions])],
  ['One column', 'column', days(1, [sessions])],
  ['All zero', 'line', fillDates(empty, '2026-11-01', '2026-11-14')],
  ['A row without a date', 'line', undated],
  ['Gaps in a rate', 'line', gaps],
  ['Below zero', 'column', negative],
  ['Below zero, line', 'area', negative],
  ['Two years of days', 'line', days(730, [sessions])],
  ['Two years of columns', 'column', days(730, [sessions])],
  ['Hours of days', 'line', dayHours],
  ['Long names', 'column', { columns: pages.columns.slice(0, 2), rows: pages.rows.slice(0, 8).map((row) => row.slice(0, 2)) }],
  [
    'Google’s options',
    'line',
    days(28, [sessions, users]),
    {
      title: 'Traffic',
      showTitle: true,
      colors: ['#8a2be2', 'orange'],
      legend: 'bottom',
      hAxis: { title: 'Day' },
      vAxis: { title: 'Count', min: 0, max: 2000 },
      curve: 'smooth',
      pointSize: 6,
      lineWidth: 3,
      height: 320,
    },
  ],
  ['Deutsch', 'line', days(28, [revenue]), { locale: 'de' }],
  ['العربية', 'bar', arabic, { locale: 'ar' }, 'rtl'],
];

const sheet = new CSSStyleSheet();
sheet.replaceSync(styles);
const wanted = new URLSearchParams(location.search);
const gallery = document.getElementById('gallery') as HTMLElement;
if (wanted.get('theme')) document.documentElement.style.colorScheme = wanted.get('theme') as string;
for (const [title, type, table, options, how] of cards.slice(Number(wanted.get('from') ?? 0), Number(wanted.get('to') ?? cards.length))) {
  if (wanted.get('only') && !title.startsWith(wanted.get('only') as string)) continue;
  const section = document.createElement('section');
  section.className = how ?? '';
  if (how === 'rtl') section.dir = 'rtl';
  const heading = document.createElement('h2');
  heading.textContent = title;
  const host = document.createElement('div');
  section.append(heading, host);
  gallery.append(section);
  const shadow = host.attachShadow({ mode: 'open' });
  shadow.adoptedStyleSheets = [sheet];
  const holder = document.createElement('div');
  shadow.append(holder);
  draw(holder, type, table, { locale: 'en-GB', title, ...options });
  // Shows each chart with a highlighted value.
  if (wanted.get('keys')) {
    const stage = holder.querySelector<HTMLElement>('.oriel-stage');
    for (let i = 0; i < Number(wanted.get('keys')); i += 1) stage?.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight' }));
  }
}
