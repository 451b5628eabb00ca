// What the footer of a panel says about the age and the honesty of its figures. Loaded with the charts.

import { momentText } from './age.js';
import { say } from './messages.js';
import type { Age, KnownNotice, Notice, PanelData, Setting } from './types.js';

const en = {
  realtime: 'in the last 30 minutes',
  asOf: 'Data as of {time}, {zone} time',
  asOfPlain: 'Data as of {time}',
  sampled: 'Sampled',
  sampledWhy: 'Google estimated these figures from a part of the data.',
  thresholded: 'Some rows withheld',
  thresholdedWhy: 'Google withholds rows about very few people, so that nobody can be recognised. Sums may be lower than they really are.',
  other: '“(other)” row',
  otherWhy: 'There are more different values than Google keeps apart. The rarest are summed up in the row “(other)”.',
  truncated: 'Incomplete data',
  truncatedWhy: 'Google left out a part of the data, for example days that it no longer keeps. Sums may be lower than they really are.',
  maxRows: 'Not all rows',
  maxRowsWhy: 'This site limits how many rows are shown. There are more.',
  google: 'Note from Google: {notice}',
  googleWhy: 'Google added this note to the data. It may mean that the data is incomplete or estimated.',
  staleQuota: 'Google’s quota is used up. These are the figures of {time}.',
  staleUnavailable: 'Google cannot be reached. These are the figures of {time}.',
};

type Words = typeof en;

const de: Words = {
  realtime: 'in den letzten 30 Minuten',
  asOf: 'Stand {time}, Zeitzone {zone}',
  asOfPlain: 'Stand {time}',
  sampled: 'Stichprobe',
  sampledWhy: 'Google hat diese Zahlen aus einem Teil der Daten hochgerechnet.',
  thresholded: 'Zeilen zurückgehalten',
  thresholdedWhy: 'Google hält Zeilen über sehr wenige Personen zurück, damit niemand erkannt werden kann. Summen können niedriger sein als in Wirklichkeit.',
  other: 'Zeile „(other)“',
  otherWhy: 'Es gibt mehr verschiedene Werte, als Google auseinanderhält. Die seltensten stehen zusammen in der Zeile „(other)“.',
  truncated: 'Unvollständige Daten',
  truncatedWhy: 'Google hat einen Teil der Daten weggelassen, zum Beispiel Tage, die es nicht mehr aufbewahrt. Summen können niedriger sein als in Wirklichkeit.',
  maxRows: 'Nicht alle Zeilen',
  maxRowsWhy: 'Diese Website begrenzt, wie viele Zeilen angezeigt werden. Es gibt weitere.',
  google: 'Hinweis von Google: {notice}',
  googleWhy: 'Google hat den Daten diesen Hinweis beigefügt. Die Daten können unvollständig oder geschätzt sein.',
  staleQuota: 'Googles Kontingent ist aufgebraucht. Das sind die Zahlen von {time}.',
  staleUnavailable: 'Google ist nicht erreichbar. Das sind die Zahlen von {time}.',
};

const fr: Words = {
  realtime: 'au cours des 30 dernières minutes',
  asOf: 'Données de {time}, heure de {zone}',
  asOfPlain: 'Données de {time}',
  sampled: 'Échantillon',
  sampledWhy: 'Google a estimé ces chiffres à partir d’une partie des données.',
  thresholded: 'Lignes masquées',
  thresholdedWhy: 'Google masque les lignes qui concernent très peu de personnes, pour que nul ne soit reconnu. Les totaux peuvent être inférieurs à la réalité.',
  other: 'Ligne « (other) »',
  otherWhy: 'Il y a plus de valeurs que Google n’en distingue. Les plus rares sont réunies dans la ligne « (other) ».',
  truncated: 'Données incomplètes',
  truncatedWhy: 'Google a omis une partie des données, par exemple des jours qu’il ne conserve plus. Les totaux peuvent être inférieurs à la réalité.',
  maxRows: 'Lignes non affichées',
  maxRowsWhy: 'Ce site limite le nombre de lignes affichées. Il y en a d’autres.',
  google: 'Remarque de Google : {notice}',
  googleWhy: 'Google a ajouté cette remarque aux données. Elles peuvent être incomplètes ou estimées.',
  staleQuota: 'Le quota de Google est épuisé. Voici les chiffres de {time}.',
  staleUnavailable: 'Google est injoignable. Voici les chiffres de {time}.',
};

const es: Words = {
  realtime: 'en los últimos 30 minutos',
  asOf: 'Datos de {time}, hora de {zone}',
  asOfPlain: 'Datos de {time}',
  sampled: 'Muestra',
  sampledWhy: 'Google ha estimado estas cifras a partir de una parte de los datos.',
  thresholded: 'Filas ocultas',
  thresholdedWhy: 'Google oculta las filas sobre muy pocas personas para que nadie sea reconocido. Las sumas pueden ser menores que las reales.',
  other: 'Fila «(other)»',
  otherWhy: 'Hay más valores distintos de los que Google separa. Los más raros se suman en la fila «(other)».',
  truncated: 'Datos incompletos',
  truncatedWhy: 'Google ha omitido una parte de los datos, por ejemplo días que ya no conserva. Las sumas pueden ser menores que las reales.',
  maxRows: 'No todas las filas',
  maxRowsWhy: 'Este sitio limita cuántas filas se muestran. Hay más.',
  google: 'Nota de Google: {notice}',
  googleWhy: 'Google ha añadido esta nota a los datos. Pueden estar incompletos o ser estimados.',
  staleQuota: 'La cuota de Google está agotada. Estas son las cifras de {time}.',
  staleUnavailable: 'No se puede contactar con Google. Estas son las cifras de {time}.',
};

const languages: Record<string, Words> = { en, de, fr, es };

function wordsFor(locale: string): Words {
  const language = locale.split('-')[0]?.toLowerCase() ?? 'en';
  return Object.hasOwn(languages, language) ? (languages[language] as Words) : en;
}

/** What realtime figures are of. */
export function realtimeText(locale: string): string {
  return wordsFor(locale).realtime;
}

/** The sentences below a chart. `stale` is empty unless an old answer stands in for a newer one. */
export interface SmallPrint {
  asOf: string;
  stale: string;
  notices: { name: string; why: string }[];
}

/** What must be said with these figures. */
export function smallPrint(data: PanelData, setting: Setting): SmallPrint {
  const words = wordsFor(setting.locale);
  return { asOf: asOfText(data, setting, words), stale: staleText(data, setting, words), notices: noticesOf(data.notices, words) };
}

function asOfText(age: Age, { locale, timeZone, today }: Setting, words: Words): string {
  if (!age.asOf) return '';
  const time = momentText(age.asOf, locale, timeZone, today, age.freshness === 'realtime');
  if (!time) return '';
  return timeZone ? say(words.asOf, { time, zone: timeZone.replaceAll('_', ' ') }) : say(words.asOfPlain, { time });
}

function staleText({ stale, asOf }: Age, { locale, timeZone, today }: Setting, words: Words): string {
  if (!stale || !asOf) return '';
  const time = momentText(asOf, locale, timeZone, today);
  return say(stale === 'quota' ? words.staleQuota : words.staleUnavailable, { time });
}

function noticesOf(notices: Notice[] | undefined, words: Words): SmallPrint['notices'] {
  const known: Record<KnownNotice, SmallPrint['notices'][number]> = {
    sampled: { name: words.sampled, why: words.sampledWhy },
    thresholded: { name: words.thresholded, why: words.thresholdedWhy },
    other: { name: words.other, why: words.otherWhy },
    truncated: { name: words.truncated, why: words.truncatedWhy },
    max_rows: { name: words.maxRows, why: words.maxRowsWhy },
  };
  const listed = notices ?? [];
  const own = listed.filter((notice): notice is KnownNotice => Object.hasOwn(known, notice)).map((notice) => known[notice]);
  const google = listed.flatMap((notice) => googleNotice.exec(notice)?.[1] ?? []).slice(0, maxGoogleNotices);
  return [...own, ...google.map((notice) => ({ name: say(words.google, { notice: plain(notice) }), why: words.googleWhy }))];
}

/** What only Google knows the meaning of, as the server passes it on. */
const googleNotice = /^google:([A-Za-z0-9_=/]{1,300})$/;
const maxGoogleNotices = 4;

/** `emptyReason=NO_DATA` as `emptyReason NO_DATA`, no longer than a line. */
function plain(notice: string): string {
  const text = notice.replace('=', ' ').replaceAll('/', ', ');
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
