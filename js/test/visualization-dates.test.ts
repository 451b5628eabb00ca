import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { V3Answer } from '../src/data/v3.js';
import { dataOf } from '../src/visualization/answer.js';
import { arrayToDataTable } from '../src/visualization/arrays.js';
import { tableOf } from '../src/visualization/convert.js';
import { DataTable } from '../src/visualization/datatable.js';
import { dateOfJson, jsonOfDate, localDate, localOf, utcOf } from '../src/visualization/dates.js';

const home = process.env['TZ'];
// Zones whose clocks skip midnight, or a whole day, and both ends of the world.
const zones = [
  'UTC',
  'America/Sao_Paulo',
  'Asia/Beirut',
  'Africa/Cairo',
  'America/Havana',
  'Pacific/Apia',
  'Pacific/Kiritimati',
  'Pacific/Pago_Pago',
  'Asia/Kathmandu',
];

function everywhere(check: (zone: string) => void): void {
  for (const zone of zones) {
    process.env['TZ'] = zone;
    check(zone);
  }
  if (home === undefined) delete process.env['TZ'];
  else process.env['TZ'] = home;
}

after(() => everywhere(() => {}));

test('a calendar day is the same day as a local date and back, in every zone', () =>
  everywhere((zone) => {
    for (let day = Date.UTC(2010, 0, 1); day < Date.UTC(2020, 0, 1); day += 86_400_000) {
      const utc = new Date(day);
      const local = localOf(utc);
      // Samoa went from 29 to 31 December 2011; the day between is nobody's.
      if (zone === 'Pacific/Apia' && utc.toISOString().startsWith('2011-12-30')) continue;
      assert.equal(
        `${local.getFullYear()}-${local.getMonth()}-${local.getDate()}`,
        `${utc.getUTCFullYear()}-${utc.getUTCMonth()}-${utc.getUTCDate()}`,
        zone,
      );
      assert.equal(utcOf(local, true).getTime(), day, zone);
    }
  }));

test('an hour is the same hour, save for those that the clocks skip', () =>
  everywhere((zone) => {
    for (let hour = Date.UTC(2018, 9, 1); hour < Date.UTC(2018, 11, 1); hour += 3_600_000) {
      const back = utcOf(localOf(new Date(hour))).getTime();
      assert.ok(back === hour || back === hour + 3_600_000, `${zone} ${new Date(hour).toISOString()} ${new Date(back).toISOString()}`);
    }
  }));

test('early years and rolled over fields', () => {
  assert.equal(localDate(99, 0, 1).getFullYear(), 99);
  assert.equal(utcOf(localDate(50, 1, 3)).toISOString(), '0050-02-03T00:00:00.000Z');
  assert.deepEqual(localDate(2020, 1, 29, 5), new Date(2020, 1, 29, 5));
  assert.deepEqual(localDate(2019, 12, 32), new Date(2019, 12, 32));
});

test('dates of JSON', () => {
  for (const [text, date] of [
    ['Date(2020, 0, 31)', new Date(2020, 0, 31)],
    ['Date(2020,0,31,4,5,6,7)', new Date(2020, 0, 31, 4, 5, 6, 7)],
    ['Date(2020, 5)', new Date(2020, 5, 1)],
    ['Date(1577836800000)', new Date(1_577_836_800_000)],
    [' Date(2020, 0, 1, 0, 30) ', new Date(2020, 0, 1, 0, 30)],
  ] as const)
    assert.deepEqual(dateOfJson(text), date, text);
  for (const text of ['', 'Date()', '2020-01-01', 'Date(a)', 'Date(2020, 0, 1);alert(1)', 'new Date(2020,0,1)'])
    assert.equal(dateOfJson(text), undefined, text);
  for (const date of [new Date(2020, 0, 31), new Date(2020, 0, 31, 1), new Date(2020, 0, 31, 0, 0, 0, 9)])
    assert.deepEqual(dateOfJson(jsonOfDate(date)), date);
});

const answer = (names: string[], rows: string[][] | undefined): V3Answer => ({
  kind: 'analytics#gaData',
  id: '',
  query: {},
  totalResults: rows?.length ?? 0,
  selfLink: '',
  profileInfo: {},
  totalsForAllResults: {},
  columnHeaders: names.map((name, i) => ({ name, columnType: i < names.length - 1 ? 'DIMENSION' : 'METRIC', dataType: 'STRING' })),
  ...(rows ? { rows } : {}),
});

test('an answer by day is a table of local dates and numbers, in every zone', () =>
  everywhere((zone) => {
    const data = dataOf(
      answer(
        ['ga:date', 'ga:sessions'],
        [
          ['20181104', '12'],
          ['20181105', '3.5'],
          ['20181106', ''],
        ],
      ),
    );
    assert.deepEqual(data.cols, [
      { id: 'ga:date', label: 'ga:date', type: 'date' },
      { id: 'ga:sessions', label: 'ga:sessions', type: 'number' },
    ]);
    assert.deepEqual(
      data.rows.map(({ c }) => (c[0]?.v as Date).getDate()),
      [4, 5, 6],
      zone,
    );
    assert.deepEqual(
      data.rows.map(({ c }) => c[1]?.v),
      [12, 3.5, null],
    );
    const again = new DataTable(JSON.stringify(data));
    assert.equal((again.getValue(0, 0) as Date).getDate(), 4, zone);
    assert.equal(new DataTable(data).getFormattedValue(0, 0), 'Nov 4, 2018', zone);
  }));

test('a day that begins at one o’clock is a day, and its axis one of days', () =>
  everywhere((zone) => {
    for (const [year, month, day] of [
      [2018, 10, 4],
      [2018, 2, 25],
      [2024, 3, 26],
      [2018, 2, 11],
    ] as const) {
      const rows = [-1, 0, 1].map((more) => [localDate(year, month, day + more), 5]);
      const table = arrayToDataTable([['Day', 'Visits'], ...rows]);
      assert.equal(table.getColumnType(0), 'date', `${zone} ${year}`);
      assert.equal(tableOf('LINE', table).table.columns[0]?.type, 'date', `${zone} ${year}`);
    }
    const hours = arrayToDataTable([
      ['Hour', 'Visits'],
      [new Date(2018, 5, 4), 1],
      [new Date(2018, 5, 4, 1), 2],
    ]);
    assert.equal(hours.getColumnType(0), 'datetime', zone);
  }));

test('which dimension is an axis of time', () => {
  const typeOf = (name: string, ...values: string[]): unknown =>
    dataOf(
      answer(
        [name, 'ga:users'],
        values.map((value) => [value, '1']),
      ),
    ).cols[0]?.type;
  assert.equal(typeOf('ga:dateHour', '2020013123'), 'datetime');
  assert.equal(typeOf('ga:dateHourMinute', '202001312359'), 'datetime');
  assert.equal(typeOf('ga:yearMonth', '202012'), 'date');
  assert.equal(typeOf('ga:DATE', '20201231'), 'date');
  assert.equal(typeOf('ga:date'), 'date', 'without rows too');
  assert.equal(typeOf('ga:date', '20200131', '(other)'), 'string');
  for (const wrong of ['20200230', '20201301', '20200100', '2020013', '00000000', 'constructor'])
    assert.equal(typeOf('ga:date', wrong), 'string', wrong);
  assert.equal(typeOf('ga:dateHour', '2020013124'), 'string');
  assert.equal(typeOf('ga:hour', '05'), 'string');
  assert.equal(typeOf('ga:constructor', '20200131'), 'string');
  const second = dataOf(answer(['ga:country', 'ga:date', 'ga:users'], [['Peru', '20200131', '1']]));
  assert.deepEqual(
    second.cols.map(({ type }) => type),
    ['string', 'string', 'number'],
  );
  const other = dataOf(
    answer(
      ['ga:date', 'ga:users'],
      [
        ['20200131', '1'],
        ['(other)', 'NaN'],
      ],
    ),
  );
  assert.deepEqual(
    other.rows.map(({ c }) => c.map((cell) => cell?.v)),
    [
      ['20200131', 1],
      ['(other)', NaN],
    ],
  );
  assert.deepEqual(other.rows[1]?.c[1], { v: NaN, f: 'NaN' }, 'as Google wrote it');
  assert.deepEqual(dataOf(answer(['ga:users'], [['Infinity']])).rows[0]?.c, [{ v: Infinity, f: 'Infinity' }]);
  assert.deepEqual(dataOf(answer(['ga:date', 'ga:users'], undefined)).rows, []);
  assert.deepEqual(dataOf(answer(['ga:users'], [['7']])).rows, [{ c: [{ v: 7 }] }]);
  // An empty answer may leave out its headers; numbers without dimensions are then what the totals say, else zero.
  const query = { dimensions: 'ga:date', metrics: ['ga:users', 'ga:sessions'] };
  assert.deepEqual(dataOf({ query }), {
    cols: [
      { id: 'ga:date', label: 'ga:date', type: 'date' },
      { id: 'ga:users', label: 'ga:users', type: 'number' },
      { id: 'ga:sessions', label: 'ga:sessions', type: 'number' },
    ],
    rows: [],
  });
  assert.deepEqual(dataOf({ query: { metrics: ['ga:users', 'ga:sessions'] }, totalsForAllResults: { 'ga:users': '3' } }).rows, [
    { c: [{ v: 3 }, { v: 0 }] },
  ]);
  assert.deepEqual(dataOf({}), { cols: [], rows: [] });
});
