// Answers of the Core Reporting API v3 and the Real Time Reporting API v3, as the server's façade gives them.

/** A column of a response; `name` as in the query (`ga:sessions`). */
export interface V3Header {
  name: string;
  columnType: 'DIMENSION' | 'METRIC';
  dataType: string;
}

/** `analytics#gaData` or `analytics#realtimeData`. `rows` is absent where there are none; all cells are strings. */
export interface V3Answer {
  kind: string;
  id: string;
  query: Record<string, unknown>;
  itemsPerPage?: number;
  totalResults: number;
  selfLink: string;
  previousLink?: string;
  nextLink?: string;
  profileInfo: Record<string, string>;
  containsSampledData?: boolean;
  sampleSize?: string;
  sampleSpace?: string;
  columnHeaders: V3Header[];
  totalsForAllResults: Record<string, string>;
  rows?: string[][];
}

/** The body of a refusal. */
export interface V3Failure {
  error: {
    code: number;
    message: string;
    errors?: { domain?: string; reason?: string; message?: string; location?: string; locationType?: string }[];
    status?: string;
  };
}
