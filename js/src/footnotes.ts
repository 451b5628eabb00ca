// The footer of a panel: the age of its data, and what Google reports about its quality. Loaded with the charts.

import { timeText } from './age.js';
import { fill, inLanguage } from './i18n/index.js';
import { footnoteTexts } from './i18n/panel.js';
import type { Age, KnownNotice, Notice, PanelData, Setting } from './types.js';

type Words = typeof footnoteTexts.en;

/** Returns the period of realtime data. */
export function realtimeText(locale: string): string {
  return inLanguage(footnoteTexts, locale).realtime;
}

/** The texts below a chart. `stale` is empty unless the data is older than it should be. */
export interface Footnotes {
  asOf: string;
  stale: string;
  notices: { name: string; why: string }[];
}

/** Returns the footnotes of a panel. */
export function footnotes(data: PanelData, setting: Setting): Footnotes {
  const words = inLanguage(footnoteTexts, setting.locale);
  return { asOf: asOfText(data, setting, words), stale: staleText(data, setting, words), notices: noticesOf(data.notices, words) };
}

function asOfText(age: Age, { locale, timeZone, today }: Setting, words: Words): string {
  if (!age.asOf) return '';
  const time = timeText(age.asOf, locale, timeZone, today, age.freshness === 'realtime');
  if (!time) return '';
  return timeZone ? fill(words.asOf, { time, zone: timeZone.replaceAll('_', ' ') }) : fill(words.asOfPlain, { time });
}

function staleText({ stale, asOf }: Age, { locale, timeZone, today }: Setting, words: Words): string {
  if (!stale || !asOf) return '';
  const time = timeText(asOf, locale, timeZone, today);
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

/** A note that the server passes on from Google. */
const googleNotice = /^google:([A-Za-z0-9_=/]{1,300})$/;
const maxGoogleNotices = 4;

/** Formats `emptyReason=NO_DATA` as `emptyReason NO_DATA`, in one line. */
function plain(notice: string): string {
  const text = notice.replace('=', ' ').replaceAll('/', ', ');
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
