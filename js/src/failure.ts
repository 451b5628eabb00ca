/** What went wrong, coarse enough to act on. */
export type FailureKind =
  | 'offline' // the server could not be reached
  | 'over' // the session ended and cannot be renewed
  | 'refused' // known, and not allowed
  | 'missing' // no such view or dashboard
  | 'invalid' // the element asks for something that cannot be
  | 'busy' // asked too often, or Google's quota is used up
  | 'server'; // the server, or Google behind it, failed

/** An error that the elements know how to say. `message` is the server's message, if it sent one. */
export class Failure extends Error {
  readonly kind: FailureKind;
  /** Milliseconds after which asking again makes sense; 0 when unknown. */
  readonly retryAfter: number;

  constructor(kind: FailureKind, message = '', retryAfter = 0) {
    super(message);
    this.name = 'OrielError';
    this.kind = kind;
    this.retryAfter = retryAfter;
  }

  /** True when the same question may be answered later. */
  get transient(): boolean {
    return this.kind === 'offline' || this.kind === 'busy' || this.kind === 'server';
  }
}

/** Any thrown value as a Failure. Network errors, which fetch reports as TypeError, are "offline". */
export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof TypeError) return new Failure('offline', error.message);
  return new Failure('server', error instanceof Error ? error.message : String(error));
}

const kinds: Record<number, FailureKind> = { 400: 'invalid', 401: 'over', 403: 'refused', 404: 'missing', 413: 'invalid', 429: 'busy' };

/** The Failure that an HTTP answer means: Google's error envelope, or anything at all from a proxy between. */
export async function failureFrom(response: Response): Promise<Failure> {
  let message = '';
  try {
    const body = (await response.json()) as { error?: { message?: unknown } };
    if (typeof body.error?.message === 'string') message = body.error.message;
  } catch {
    // Not JSON: a proxy's page, which says nothing to a visitor.
  }
  return new Failure(kinds[response.status] ?? 'server', message, retryAfterOf(response.headers.get('Retry-After')));
}

const HOUR = 3_600_000;

// Only the form in seconds: the form with a date would compare the viewer's clock with the server's.
function retryAfterOf(header: string | null): number {
  const seconds = header !== null && /^\d{1,9}$/.test(header.trim()) ? Number(header) : 0;
  return Math.min(seconds * 1000, HOUR);
}
