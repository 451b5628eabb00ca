import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timeText, periodText, refreshAfter, todayIn } from '../src/age.js';
import { Failure } from '../src/failure.js';
import { labelOf } from '../src/labels.js';
import { failures, inLanguage, messages } from '../src/i18n/index.js';
import { failureText, textWithDetail } from '../src/failure-text.js';
import { footnotes } from '../src/footnotes.js';
import type { Age } from '../src/types.js';

(globalThis as Record<string, unknown>)['location'] = { origin: 'https://page.example' };

function print(age: Age, timeZone: string | undefined, locale = 'en-GB') {
  const setting = { locale, words: inLanguage(messages, locale), timeZone, today: '2026-11-24' };
  return footnotes({ ...age, type: 'line', report: {} }, setting);
}

test('fields have the names of GA4, in the page’s language where we know them', () => {
  const cases: [string, string, string][] = [
    ['activeUsers', 'en', 'Active users'],
    ['activeUsers', 'de-AT', 'Aktive Nutzer'],
    ['city', 'en-GB', 'Town/City'],
    ['sessionDefaultChannelGroup', 'es', 'Canal'],
    ['dayOfWeekName', 'de', 'Wochentag'],
    ['keyEvents', 'de', 'Schlüsselereignisse'],
    ['itemListClickThroughRate', 'en', 'Item list click through rate'],
    ['customEvent:price_group', 'en', 'Price group'],
    ['sessions', 'pt-BR', 'Sessions'],
    ['constructor', 'en', 'Constructor'],
  ];
  for (const [name, locale, want] of cases) assert.equal(labelOf(name, locale), want);
});

test('where no answer is read, the page’s address may be why', () => {
  for (const language of ['en', 'de', 'fr', 'es']) {
    assert.match(failureText(new Failure('offline', 'Failed to fetch'), language), /https:\/\/page\.example.*\.$/, language);
  }
});

test('a failure is a sentence; the server’s own is added where it helps to set things right', () => {
  assert.equal(failureText(new Failure('server', 'panic: goroutine 1'), 'en'), failures.en.server);
  assert.match(failureText(new Failure('refused', 'Add the origin.'), 'en'), /can’t be shown.* Add the origin\.$/);
});

test('the server’s own failureText, which is English, does not stand beside another language', (t) => {
  const told = t.mock.method(console, 'warn', () => {});
  assert.equal(failureText(new Failure('refused', 'Add the origin.'), 'de'), failures.de.refused);
  assert.equal(textWithDetail('panel', 'Google Analytics did not answer.', 'de'), failures.de.panel);
  assert.deepEqual(
    told.mock.calls.map((call) => call.arguments[0]),
    ['oriel: Add the origin.', 'oriel: Google Analytics did not answer.'],
  );
  assert.equal(textWithDetail('panel', 'B.', 'en-GB'), `${failures.en.panel} B.`);
});

test('a session that never began asks visitors to sign in; too many requests are tried again', () => {
  assert.equal(failureText(new Failure('over'), 'en', true), 'Sign in to see this dashboard.');
  assert.equal(failureText(new Failure('over'), 'en'), 'Your session has expired. Reload to continue.');
  assert.equal(failureText(new Failure('busy'), 'en'), 'Too many requests. Trying again shortly.');
});

test('when it is tried again is said in every language', (t) => {
  t.mock.method(console, 'warn', () => {});
  assert.equal(failureText(new Failure('server', 'x', 15_000), 'en'), `${failures.en.server} Next try in 15 seconds.`);
  assert.equal(failureText(new Failure('busy', '', 120_000), 'de-AT'), `${failures.de.busy} Nächster Versuch in 2 Minuten.`);
  assert.equal(
    textWithDetail('panel', 'Try again in 15 seconds.', 'fr', 15_000),
    `${failures.fr.panel} Nouvelle tentative dans 15 secondes.`,
  );
  assert.equal(textWithDetail('panel', 'Try again in 15 seconds.', 'en', 15_000), `${failures.en.panel} Try again in 15 seconds.`);
});

test('times are the property’s, not the viewer’s', () => {
  const age = { asOf: '2026-11-23T23:30:00Z', freshness: 'settling' } as const;
  assert.match(print(age, 'Europe/Berlin').asOf, /^Updated 0?0:30 \(Europe\/Berlin\)$/);
  assert.equal(print(age, 'America/New_York').asOf, 'Updated 23 Nov 2026, 18:30 (America/New York)');
  assert.doesNotMatch(print(age, 'Nowhere/Unknown').asOf, /undefined|null/);
  assert.equal(print({}, 'Europe/Berlin').asOf, '');
  assert.equal(timeText('no time', 'en', undefined, ''), '');
});

test('an old answer says so, and why', () => {
  const age = { asOf: '2026-11-22T16:04:00Z' };
  assert.equal(
    print({ ...age, stale: 'quota' }, 'Europe/Berlin').stale,
    'Google’s quota is used up. Showing data from 22 Nov 2026, 17:04.',
  );
  assert.match(print({ ...age, stale: 'unavailable' }, 'Europe/Berlin', 'de').stale, /^Google ist nicht erreichbar\..*22\. Nov\. 2026/);
  assert.equal(print({ ...age, stale: '' }, 'Europe/Berlin').stale, '');
});

test('the day in a zone comes from the server’s clock', () => {
  assert.equal(todayIn('Pacific/Auckland', { asOf: '2026-11-23T10:59:50Z', age: 0 }), '2026-11-23');
  assert.equal(todayIn('Pacific/Auckland', { asOf: '2026-11-23T10:59:50Z', age: 20 }), '2026-11-24');
});

test('periods', () => {
  assert.match(periodText('2026-10-26', '2026-11-22', 'en-GB'), /^26 Oct\s–\s22 Nov 2026$/);
  assert.equal(periodText('x', 'y', 'en'), '');
});

test('notices that we do not know are left out', () => {
  const { notices } = print({ notices: ['sampled', 'constructor' as 'other', 'other'] }, undefined, 'de');
  assert.deepEqual(
    notices.map(({ name }) => name),
    ['Stichprobe', 'Zeile „(other)“'],
  );
});

test('fresh figures are asked for often, final ones seldom', () => {
  assert.equal(refreshAfter([{ freshness: 'final' }, { freshness: 'realtime' }]), 30_000);
  assert.ok(refreshAfter([{ freshness: 'intraday' }]) > 60_000);
  assert.ok(refreshAfter([{ freshness: 'realtime', stale: 'quota' }]) >= 60_000, 'an empty quota is not hammered');
  assert.equal(refreshAfter([]), 0);
});

test('the small print says what Google left out, and passes on what only Google understands', () => {
  const notices: Age['notices'] = ['truncated', 'max_rows', 'google:emptyReason=NO_DATA/NO_ACCESS', 'google:<b>', 'google:news'];
  for (const [locale, names] of [
    ['en', ['Incomplete data', 'Not all rows shown', 'Note from Google: emptyReason NO_DATA, NO_ACCESS', 'Note from Google: news']],
    ['de', ['Unvollständige Daten', 'Nicht alle Zeilen', 'Hinweis von Google: emptyReason NO_DATA, NO_ACCESS', 'Hinweis von Google: news']],
    [
      'fr',
      ['Données incomplètes', 'Lignes non affichées', 'Remarque de Google : emptyReason NO_DATA, NO_ACCESS', 'Remarque de Google : news'],
    ],
    ['es', ['Datos incompletos', 'No todas las filas', 'Nota de Google: emptyReason NO_DATA, NO_ACCESS', 'Nota de Google: news']],
  ] as const) {
    const said: { name: string; why: string }[] = print({ notices }, undefined, locale).notices;
    assert.deepEqual(
      said.map(({ name }) => name),
      names,
    );
    assert.ok(
      said.every(({ why }) => why.endsWith('.')),
      locale,
    );
  }
  const long = print({ notices: Array.from({ length: 9 }, (_, i) => `google:n${i}=${'A'.repeat(200)}` as const) }, undefined).notices;
  assert.equal(long.length, 4);
  assert.ok(long.every(({ name }) => name.length < 110));
});
