import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrayToDataTable } from '../src/visualization/arrays.js';
import type { DataTable } from '../src/visualization/datatable.js';
import { ArrowFormat, BarFormat, ColorFormat, DateFormat, NumberFormat, PatternFormat } from '../src/visualization/formatters.js';
import { setLanguage } from '../src/visualization/language.js';
import { datePattern, numberPattern } from '../src/visualization/patterns.js';

test('numbers by pattern', () => {
  for (const [pattern, value, want] of [
    ['#,##0.00', 1234567.891, '1,234,567.89'],
    ['#,##0.00', 0, '0.00'],
    ['0', 0.5, '1'],
    ['#', 0.4, '0'],
    ['#.##', 3.1449, '3.14'],
    ['#.##', 3, '3'],
    ['#,##0.00%', 0.285, '28.50%'],
    ['#,###%', 10, '1,000%'],
    ['#,###%', 7.5, '750%'],
    ['#%', 0.5, '50%'],
    ['0.0‰', 0.0125, '12.5‰'],
    ['$#,##0', -1234.5, '-$1,235'],
    ['£#,###', 1234, '£1,234'],
    ['#,##0 €', 12, '12 €'],
    ["#'%'", 0.5, '1%'],
    ["0 'o''clock'", 5, "5 o'clock"],
    ['000', 7, '007'],
    ['######.##', 1234.567, '1234.57'],
    ['#,##0;(#,##0)', -5, '(5)'],
    ['#,##0;(#,##0)', 5, '5'],
    ['#,##0.0', -0.01, '0.0'],
    ['0.0E00', 1234, '1.2E03'],
    ['0.##E0', 0.00012, '1.2E-4'],
    ['#,##0', Number.NaN, 'NaN'],
    ['#,##0', Infinity, '∞'],
    ["#,##0 'km'", 1200, '1,200 km'],
    ['decimal', 1234.5678, '1,234.568'],
    ['percent', 0.456, '46%'],
    ['currency', 12, '$12.00'],
    ['short', 1_234_567, '1.23M'],
    ['long', 2_000_000, '2 million'],
    ['scientific', 1200, '1.2E3'],
    ['none', 1234.5, '1234.5'],
  ] as const)
    assert.equal(numberPattern(pattern, 'en')?.(value), want, `${pattern} ${value}`);
  assert.equal(numberPattern('#,##0.0', 'de')?.(1234.5), '1.234,5');
  for (const pattern of ['MMM d', '', 'constructor', 'abc']) assert.equal(numberPattern(pattern, 'en'), undefined, pattern);
});

test('dates by pattern', () => {
  const date = new Date(Date.UTC(2016, 1, 8, 15, 4, 5, 67));
  for (const [pattern, want] of [
    ['MMM d', 'Feb 8'],
    ['yyyy-MM-dd', '2016-02-08'],
    ["EEE, MMM d, ''yy", "Mon, Feb 8, '16"],
    ['MMMM y', 'February 2016'],
    ['EEEE', 'Monday'],
    ['M/d/yy', '2/8/16'],
    ['MMM d h', 'Feb 8 3'],
    ['h:mm a', '3:04 PM'],
    ['HH:mm:ss.SSS', '15:04:05.067'],
    ["h 'o''clock' a", "3 o'clock PM"],
    ['d.M.yyyy', '8.2.2016'],
    ['Q', '1'],
    ['QQQ yyyy', 'Q1 2016'],
    ['MMMMM', 'F'],
    ['LLLL', 'February'],
    ['k K', '15 3'],
    ["'Date:' d", 'Date: 8'],
    ['z', 'UTC'],
    ['ZZZZ', 'GMT+00:00'],
    ['G', 'AD'],
    ["d '", "8 '"],
  ] as const)
    assert.equal(datePattern(pattern, 'en')(date, 0), want, pattern);
  assert.equal(datePattern('z Z', 'en')(date, -330), 'UTC-5:30 -0530');
  assert.equal(datePattern('d MMMM', 'ru')(date), '8 февраля', 'the month beside a day');
  assert.equal(datePattern('LLLL', 'ru')(date), 'февраль', 'the month alone');
  assert.equal(datePattern('h a', 'en')(new Date(0)), '12 AM');
});

const numbers = (): DataTable =>
  arrayToDataTable([
    ['Label', 'Value'],
    ['a', -1234.567],
    ['b', 8],
    ['c', null],
  ]);

test('NumberFormat', () => {
  for (const [options, value, want] of [
    [undefined, 1234.5, '1,234.50'],
    [{}, -1234.5, '(1,234.50)'],
    [{ negativeParens: false }, -1234.5, '-1,234.50'],
    [{ prefix: '$', suffix: ' net' }, -3, '($3.00 net)'],
    [{ fractionDigits: 0 }, 2.5, '3'],
    [{ fractionDigits: 4 }, 1.5, '1.5000'],
    [{ decimalSymbol: ',', groupingSymbol: '.' }, 1234567.8, '1.234.567,80'],
    [{ groupingSymbol: '' }, 1234567, '1234567.00'],
    [{ pattern: '#,##0.0%', prefix: 'x', fractionDigits: 9 }, 0.1234, '12.3%'],
    [{ pattern: 'short' }, 12_345, '12.3K'],
  ] as const)
    assert.equal(new NumberFormat(options).formatValue(value), want, JSON.stringify(options));
  const table = numbers();
  new NumberFormat({ negativeColor: 'red', fractionDigits: 1 }).format(table, 1);
  assert.equal(table.getFormattedValue(0, 1), '(1,234.6)');
  assert.equal(table.getProperty(0, 1, 'style'), 'color:red;');
  assert.equal(table.getFormattedValue(1, 1), '8.0');
  assert.equal(table.getProperty(1, 1, 'style'), null);
  assert.equal(table.getFormattedValue(2, 1), '');
  assert.equal(table.getValue(0, 1), -1234.567, 'the value stays');
  assert.throws(() => new NumberFormat({ pattern: 'nonsense' }), /pattern "nonsense"/);
});

test('DateFormat', () => {
  const date = new Date(2016, 1, 28, 17, 0);
  assert.equal(new DateFormat({ formatType: 'short' }).formatValue(date), '2/28/16');
  assert.equal(new DateFormat({ formatType: 'medium' }).formatValue(date), 'Feb 28, 2016');
  assert.equal(new DateFormat({ formatType: 'long' }).formatValue(date), 'February 28, 2016');
  assert.equal(new DateFormat({ pattern: "EEE, MMM d, ''yy" }).formatValue(date), "Sun, Feb 28, '16");
  assert.equal(new DateFormat({ pattern: 'd HH:mm', timeZone: -5 }).formatValue(new Date(Date.UTC(2016, 1, 28, 3))), '27 22:00');
  assert.equal(new DateFormat({ pattern: 'Z', timeZone: 5.5 }).formatValue(date), '+0530');
  const table = arrayToDataTable([
    ['d', { label: 't', type: 'datetime' }, { label: 'o', type: 'timeofday' }],
    [new Date(2016, 1, 28), date, [9, 5, 0]],
    [null, null, null],
  ]);
  const format = new DateFormat({ formatType: 'short' });
  for (const at of [0, 1]) format.format(table, at);
  new DateFormat({ pattern: 'h:mm a' }).format(table, 2);
  assert.deepEqual(
    [0, 1, 2].map((at) => table.getFormattedValue(0, at)),
    ['2/28/16', '2/28/16, 5:00 PM', '9:05 AM'],
  );
  assert.throws(() => new DateFormat({ pattern: 'd', formatType: 'short' }), /not both/);
});

test('the language of the page is that of its charts', () => {
  setLanguage('de_AT');
  assert.equal(new NumberFormat({ fractionDigits: 1 }).formatValue(1.5), '1,5');
  assert.equal(new DateFormat({ pattern: 'd. MMMM' }).formatValue(new Date(2020, 0, 1)), '1. Jänner');
  setLanguage('no such language!');
  assert.equal(new NumberFormat({ fractionDigits: 1 }).formatValue(1.5), '1,5');
  setLanguage('en');
});

test('cells are coloured, marked and joined', () => {
  const table = numbers();
  new ArrowFormat({ base: 0 }).format(table, 1);
  assert.deepEqual(
    [0, 1, 2].map((row) => table.getFormattedValue(row, 1)),
    ['▼ -1,234.567', '▲ 8', ''],
  );
  const colors = new ColorFormat();
  colors.addRange(null, 0, 'white', 'red');
  colors.addGradientRange(0, 16, 'black', '#fff', '#00f');
  const fresh = numbers();
  colors.format(fresh, 1);
  assert.equal(fresh.getProperty(0, 1, 'style'), 'color:white;background-color:red;');
  assert.equal(fresh.getProperty(1, 1, 'style'), 'color:black;background-color:color-mix(in srgb, #00f 50.0%, #fff);');
  assert.equal(fresh.getProperty(2, 1, 'style'), null);
  new BarFormat({ width: 50, showValue: false }).format(fresh, 1);
  assert.match(fresh.getProperty(1, 1, 'style') as string, /^color:black;.*linear-gradient/);
  assert.equal(fresh.getFormattedValue(1, 1), '');
  const joined = arrayToDataTable([
    ['Name', 'Mail', 'Link'],
    ['Ada', 'ada@x.org', ''],
  ]);
  new PatternFormat('{0} <{1}> \\{0\\} \\\\ {7}').format(joined, [0, 1], 2);
  assert.equal(joined.getFormattedValue(0, 2), 'Ada <ada@x.org> {0} \\ ');
  new PatternFormat('{1}').format(joined, [0, 1]);
  assert.equal(joined.getFormattedValue(0, 0), 'ada@x.org');
});
