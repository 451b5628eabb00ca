/** The kinds of errors that callers distinguish. */
export type FailureKind =
  | 'offline' // the server could not be reached
  | 'over' // the session has ended and cannot be renewed
  | 'refused' // not allowed
  | 'missing' // no such view or dashboard
  | 'invalid' // the query or the element's attributes are wrong
  | 'busy' // rate-limited, or Google's quota is used up
  | 'server'; // the server, or Google behind it, failed

/** An error with a message for visitors. `message` is the server's message, if it sent one. */
export class Failure extends Error {
  readonly kind: FailureKind;
  /** Milliseconds to wait before a retry; 0 when unknown. */
  readonly retryAfter: number;

  constructor(kind: FailureKind, message = '', retryAfter = 0) {
    super(message);
    this.name = 'OrielError';
    this.kind = kind;
    this.retryAfter = retryAfter;
  }

  /** True if a retry may succeed. */
  get transient(): boolean {
    return this.kind === 'offline' || this.kind === 'busy' || this.kind === 'server';
  }
}

/** Returns any thrown value as a Failure. Network errors, which fetch throws as TypeError, are "offline". */
export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof TypeError) return new Failure('offline', error.message);
  return new Failure('server', error instanceof Error ? error.message : String(error));
}

const kinds: Record<number, FailureKind> = { 400: 'invalid', 401: 'over', 403: 'refused', 404: 'missing', 413: 'invalid', 429: 'busy' };

/** Returns the Failure for an HTTP error response: Google's error envelope, or anything from a proxy. */
export async function failureFrom(response: Response): Promise<Failure> {
  let message = '';
  try {
    const body = (await response.json()) as { error?: { message?: unknown } };
    if (typeof body.error?.message === 'string') message = body.error.message;
  } catch {
    // Not JSON: a proxy's page, which means nothing to visitors.
  }
  return new Failure(kinds[response.status] ?? 'server', message, retryAfterOf(response.headers.get('Retry-After')));
}

const HOUR = 3_600_000;

// Only the form in seconds: the date form depends on the visitor's clock.
function retryAfterOf(header: string | null): number {
  const seconds = header !== null && /^\d{1,9}$/.test(header.trim()) ? Number(header) : 0;
  return Math.min(seconds * 1000, HOUR);
}
