import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeOfShape, countryCode, shapeId } from '../src/charts/countries.js';
import { Formatter } from '../src/charts/format.js';
import type { Style } from '../src/charts/format.js';
import { changeOf } from '../src/charts/scorecard.js';
import type { Cell, Column, ColumnType } from '../src/data/table.js';
import shapes from 'world-atlas/countries-110m.json';

const column = (type: ColumnType, name = 'x'): Column => ({ name, label: '', role: 'metric', type, currency: 'EUR' });
// Intl separates with spaces of several widths.
const plain = (text: string): string => text.replace(/[\u00a0\u202f]/g, ' ');

test('cells are written in the locale', () => {
  const sunday = new Date(Date.UTC(2026, 10, 22, 15));
  for (const [locale, value, col, style, want] of [
    ['en-US', 1204, column('integer'), 'full', '1,204'],
    ['de', 1204, column('integer'), 'full', '1.204'],
    ['fr', 1204, column('integer'), 'full', '1 204'],
    ['en-US', 1_284_412, column('integer'), 'compact', '1.28M'],
    ['en-US', 1500, column('integer'), 'axis', '1.5K'],
    ['en-US', 9999, column('integer'), 'compact', '9,999'],
    ['en-US', 0.4123, column('percent'), 'full', '41.23%'],
    ['de', 0.4123, column('percent'), 'compact', '41,2 %'],
    ['en-US', 192, column('seconds'), 'full', '3m 12s'],
    ['en-US', 3660, column('seconds'), 'full', '1h 1m'],
    ['en-US', 0, column('seconds'), 'full', '0s'],
    ['en-US', 4.24, column('seconds'), 'full', '4.2s'],
    ['en-US', 59.7, column('seconds'), 'full', '1m'],
    ['en-US', -75, column('seconds'), 'full', '-1m 15s'],
    ['en-US', 12.5, column('currency'), 'full', '€12.50'],
    ['de', 12.5, column('currency'), 'full', '12,50 €'],
    ['en-US', 0, column('currency'), 'axis', '€0'],
    ['en-GB', sunday, column('date'), 'full', 'Sun, 22 Nov 2026'],
    ['de', sunday, column('date'), 'compact', '22. Nov.'],
    ['en-GB', sunday, column('dateHour'), 'compact', '22 Nov, 15:00'],
    ['en-US', sunday, column('yearMonth'), 'full', 'November 2026'],
    ['de', 'Germany', column('country'), 'full', 'Deutschland'],
    ['de', 'FR', column('country'), 'full', 'Frankreich'],
    ['de', '(not set)', column('country'), 'full', '(not set)'],
    ['en-GB', '07', column('text', 'hour'), 'full', '7:00'],
    ['en-GB', '(other)', column('text', 'hour'), 'full', '(other)'],
    ['en-US', '0', column('text', 'dayOfWeek'), 'full', 'Sun'],
    ['en-US', '11', column('text', 'month'), 'full', 'Nov'],
    ['en-US', '202647', column('text', 'isoYearIsoWeek'), 'full', '2026-W47'],
    ['en-US', '07', column('text', 'pagePath'), 'full', '07'],
    ['en-US', '(other)', column('date'), 'full', '(other)'],
    ['en-US', null, column('integer'), 'full', '–'],
  ] as [string, Cell, Column, Style, string][]) {
    assert.equal(plain(new Formatter(locale).cell(value, col, style)), want, `${locale} ${String(value)} ${col.type} ${style}`);
  }
});

test('minutes ago are counted back from now', () => {
  // How "minutes" is shortened differs between versions of ICU.
  assert.match(new Formatter('en-US').cell('05', column('text', 'minutesAgo')), /^5 ?m\w* ago$/);
});

test('no value from outside finds what objects inherit', () => {
  for (const value of ['constructor', '__proto__', 'toString']) {
    assert.equal(new Formatter('en-US').cell(value, column('text', 'deviceCategory')), value);
  }
  assert.equal(new Formatter('en-US').cell('mobile', column('text', 'deviceCategory')), 'Mobile');
});

test('changes carry a sign', () => {
  const format = new Formatter('en-US');
  assert.equal(format.change(0.124), '+12.4%');
  assert.equal(format.change(-0.05), '-5%');
  assert.equal(format.change(0), '0%');
});

test('an unknown locale is English, not an error', () => {
  assert.equal(new Formatter('not a locale').cell(1204, column('integer')), '1,204');
});

test('countries are known by code and by the names that Google writes', () => {
  for (const [text, want] of [
    ['United States', 'US'],
    ['DE', 'DE'],
    ['Türkiye', 'TR'],
    ['Turkey', 'TR'],
    ['Côte d’Ivoire', 'CI'],
    ["Côte d'Ivoire", 'CI'],
    ['Myanmar (Burma)', 'MM'],
    ['Czechia', 'CZ'],
    ['Hong Kong', 'HK'],
    ['Macao', 'MO'],
    ['South Korea', 'KR'],
    ['North Macedonia', 'MK'],
    ['Bosnia & Herzegovina', 'BA'],
    ['Congo - Kinshasa', 'CD'],
    ['Congo - Brazzaville', 'CG'],
    ['Trinidad & Tobago', 'TT'],
    ['Kosovo', 'XK'],
    ['Eswatini', 'SZ'],
    ['Palestine', 'PS'],
    ['St. Lucia', 'LC'],
    ['Curaçao', 'CW'],
    ['Reunion', 'RE'],
    ['São Tomé & Príncipe', 'ST'],
    ['Aland Islands', 'AX'],
    ['Timor-Leste', 'TL'],
    ['China', 'CN'],
    ['U.S. Virgin Islands', 'VI'],
    ['Hong Kong SAR China', 'HK'],
    ['St. Vincent and Grenadines', 'VC'],
    ['Micronesia', 'FM'],
    ['Saint Lucia', 'LC'],
    ['Russia', 'RU'],
    ['(not set)', undefined],
    ['', undefined],
    ['ZZ', undefined],
    ['constructor', undefined],
  ] as const) {
    assert.equal(countryCode(text), want, text);
  }
});

test('every shape of the map has a country, but for lands without a code', () => {
  const topology = shapes as unknown as { objects: { countries: { geometries: { id?: string; properties: { name: string } }[] } } };
  const without = topology.objects.countries.geometries
    .filter(({ id, properties }) => !codeOfShape(id, properties.name))
    .map(({ properties }) => properties.name);
  assert.deepEqual(without.sort(), ['Antarctica', 'N. Cyprus', 'Somaliland']);
  assert.equal(shapeId('US'), '840');
});

test('what a language cannot shorten is not rounded', () => {
  const count = { type: 'integer' } as const;
  assert.equal(new Formatter('de').number(14_681, count, 'compact'), '14.681');
  assert.equal(new Formatter('de').number(1_468_100, count, 'compact').replace(/\s/g, ' '), '1,47 Mio.');
  assert.equal(new Formatter('en').number(14_681, count, 'compact'), '14.7K');
});

test('a ratio changes by percentage points', () => {
  const format = new Formatter('en');
  assert.equal(format.points(0.008), '+0.8');
  assert.equal(format.points(-0.1234), '-12.3');
  assert.equal(format.points(0), '0');
  assert.equal(new Formatter('de').points(0.3), '+30');
});

test('a change that is written as none is none', () => {
  assert.equal(changeOf(0.47841, 0.4782, true), 0);
  assert.equal(changeOf(0.75, 0.5, true), 0.25);
  assert.equal(changeOf(10_001, 10_000, false), 0);
  assert.equal(changeOf(0.5, 0, true), 0.5);
  assert.equal(changeOf(3, 0, false), 3);
});
