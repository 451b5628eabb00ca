// Types that modules share: the server's JSON, as in docs/http-api.md, and what is drawn from it.

import type { GoogleReport } from './data/report.js';
import type { Messages } from './i18n/index.js';

/** The response of /token, as in RFC 6749 section 5.1. `expires_in` is in seconds. */
export interface Token {
  access_token: string;
  expires_in: number;
  token_type?: string;
}

export type Freshness = 'final' | 'settling' | 'intraday' | 'realtime';
export type Stale = '' | 'quota' | 'unavailable';
export type KnownNotice = 'sampled' | 'thresholded' | 'other' | 'truncated' | 'max_rows';
/** Others are Google's own notes: `google:emptyReason=NO_DATA`. */
export type Notice = KnownNotice | `google:${string}`;

export interface DateRange {
  startDate: string;
  endDate: string;
  name?: string;
}

/** The age of a report and Google's notes about it. */
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
  /** The ranges to choose from; any days if `anyRange`. */
  ranges?: string[];
  anyRange?: boolean;
  today: string;
  expiresIn?: number;
  panels: ApiPanel[];
}

/** The JSON in the embed page's `#oriel-data`. */
export interface ApiEmbed extends ApiDashboard {
  token?: Token;
  base?: string;
}

/** A panel of the API that has a report. */
export type PanelData = Pick<ApiPanel, 'title' | 'type' | 'options' | 'dateRanges' | 'realtime'> & Age & { report: GoogleReport };

/** The locale and the time zone of a panel. */
export interface Setting {
  locale: string;
  words: Messages;
  timeZone: string | undefined;
  /** The current ISO day in the time zone. */
  today: string;
}
