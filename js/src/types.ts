// The types that several modules share: the JSON that the server answers, as docs/http-api.md has it, and what is drawn of it.

import type { GoogleReport } from './data/report.js';
import type { Messages } from './i18n/index.js';

/** RFC 6749 section 5.1, as /token answers it. `expires_in` is in seconds. */
export interface Token {
  access_token: string;
  expires_in: number;
  token_type?: string;
}

export type Freshness = 'final' | 'settling' | 'intraday' | 'realtime';
export type Stale = '' | 'quota' | 'unavailable';
export type KnownNotice = 'sampled' | 'thresholded' | 'other' | 'truncated' | 'max_rows';
/** Others are what Google says in its own words: `google:emptyReason=NO_DATA`. */
export type Notice = KnownNotice | `google:${string}`;

export interface DateRange {
  startDate: string;
  endDate: string;
  name?: string;
}

/** How old an answer is and what Google says about it. */
export interface Age {
  asOf?: string;
  age?: number;
  freshness?: Freshness;
  stale?: Stale;
  notices?: Notice[];
}

export interface ApiPanel extends Age {
  name: string;
  title?: string;
  type: string;
  width?: number;
  realtime?: boolean;
  compare?: boolean;
  options?: { stacked?: boolean; region?: string; colors?: string[] };
  dateRanges?: DateRange[];
  report?: GoogleReport;
  /** `retryAfter` is in seconds. */
  error?: { message?: string; retryAfter?: number };
}

export interface ApiView {
  name: string;
  title?: string;
  timeZone?: string;
  currencyCode?: string;
}

export interface ApiDashboard {
  name: string;
  title?: string;
  view: ApiView;
  views?: ApiView[];
  range: DateRange & { name: string };
  today: string;
  expiresIn?: number;
  panels: ApiPanel[];
}

/** What the embed page holds in its `#oriel-data`. */
export interface ApiEmbed extends ApiDashboard {
  token?: Token;
  base?: string;
}

/** What a panel shows: a wire panel that has a report. */
export type PanelData = Pick<ApiPanel, 'title' | 'type' | 'options' | 'dateRanges' | 'realtime'> & Age & { report: GoogleReport };

/** How a panel writes: language, and the calendar that times are read in. */
export interface Setting {
  locale: string;
  words: Messages;
  timeZone: string | undefined;
  /** The ISO day that it is in the time zone. */
  today: string;
}
