import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chartTexts, failures, fill, inLanguage, labels, messages } from '../src/i18n/index.js';
import { csvTexts, footnoteTexts } from '../src/i18n/panel.js';

type Table = Record<'de' | 'en' | 'es' | 'fr', Record<string, string>>;

const tables: Record<string, Table> = { chartTexts, failures, labels, messages, csvTexts, footnoteTexts };

test('all languages have all words, with the same values in them', () => {
  const holes = (text = '') => (text.match(/\{\w+\}/g) ?? []).sort().join();
  for (const [name, { en, ...others }] of Object.entries(tables)) {
    assert.deepEqual(Object.keys(others).sort(), ['de', 'es', 'fr']);
    for (const [language, words] of Object.entries(others)) {
      assert.notEqual(words, en);
      assert.deepEqual(Object.keys(words).sort(), Object.keys(en).sort(), `${language}: ${name}`);
      for (const [key, text] of Object.entries(en)) assert.equal(holes(words[key]), holes(text), `${language}: ${name}.${key}`);
    }
  }
});

test('the language of a locale counts, and without it English', () => {
  assert.equal(inLanguage(messages, 'de-AT'), messages.de);
  assert.equal(inLanguage(messages, 'FR'), messages.fr);
  for (const locale of ['en-GB', 'pt-BR', 'xx', 'constructor', '__proto__', ''])
    assert.equal(inLanguage(messages, locale), messages.en, locale);
});

test('what saves is read out with the word that is seen', () => {
  for (const { save } of Object.values(csvTexts)) assert.match(save, /CSV/);
});

test('values in words are not read as words', () => {
  assert.equal(fill('{a} and {b}', { a: '{b}', b: '<b>$&</b>' }), '{b} and <b>$&</b>');
  assert.equal(fill('{constructor} {a}', { a: 1 }), '{constructor} 1');
});
