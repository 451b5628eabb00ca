// What the footer of a panel says about the age and the honesty of its figures. Loaded with the charts.

import { momentText } from './age.js';
import { fill, inLanguage } from './i18n/index.js';
import { footnoteTexts } from './i18n/panel.js';
import type { Age, KnownNotice, Notice, PanelData, Setting } from './types.js';

type Words = typeof footnoteTexts.en;

/** What realtime figures are of. */
export function realtimeText(locale: string): string {
  return inLanguage(footnoteTexts, locale).realtime;
}

/** The sentences below a chart. `stale` is empty unless an old answer stands in for a newer one. */
export interface Footnotes {
  asOf: string;
  stale: string;
  notices: { name: string; why: string }[];
}

/** What must be said with these figures. */
export function footnotes(data: PanelData, setting: Setting): Footnotes {
  const words = inLanguage(footnoteTexts, setting.locale);
  return { asOf: asOfText(data, setting, words), stale: staleText(data, setting, words), notices: noticesOf(data.notices, words) };
}

function asOfText(age: Age, { locale, timeZone, today }: Setting, words: Words): string {
  if (!age.asOf) return '';
  const time = momentText(age.asOf, locale, timeZone, today, age.freshness === 'realtime');
  if (!time) return '';
  return timeZone ? fill(words.asOf, { time, zone: timeZone.replaceAll('_', ' ') }) : fill(words.asOfPlain, { time });
}

function staleText({ stale, asOf }: Age, { locale, timeZone, today }: Setting, words: Words): string {
  if (!stale || !asOf) return '';
  const time = momentText(asOf, locale, timeZone, today);
  return fill(stale === 'quota' ? words.staleQuota : words.staleUnavailable, { time });
}

function noticesOf(notices: Notice[] | undefined, words: Words): Footnotes['notices'] {
  const known: Record<KnownNotice, Footnotes['notices'][number]> = {
    sampled: { name: words.sampled, why: words.sampledWhy },
    thresholded: { name: words.thresholded, why: words.thresholdedWhy },
    other: { name: words.other, why: words.otherWhy },
    truncated: { name: words.truncated, why: words.truncatedWhy },
    max_rows: { name: words.maxRows, why: words.maxRowsWhy },
  };
  const listed = notices ?? [];
  const own = listed.filter((notice): notice is KnownNotice => Object.hasOwn(known, notice)).map((notice) => known[notice]);
  const google = listed.flatMap((notice) => googleNotice.exec(notice)?.[1] ?? []).slice(0, maxGoogleNotices);
  return [...own, ...google.map((notice) => ({ name: fill(words.google, { notice: plain(notice) }), why: words.googleWhy }))];
}

/** What only Google knows the meaning of, as the server passes it on. */
const googleNotice = /^google:([A-Za-z0-9_=/]{1,300})$/;
const maxGoogleNotices = 4;

/** `emptyReason=NO_DATA` as `emptyReason NO_DATA`, no longer than a line. */
function plain(notice: string): string {
  const text = notice.replace('=', ' ').replaceAll('/', ', ');
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
