import type { V3Failure } from '../data/v3.js';

/** Status of an answer that never came, as Google's client had it. */
export const NETWORK = -1;

/** The body of a v3 error that this script says itself. */
export function v3Error(code: number, reason: string, message: string): V3Failure {
  return { error: { code, message, errors: [{ domain: 'global', reason, message }] } };
}

/** What nobody who may see figures is signed in to hear. */
export function notAuthorized(message: string): V3Failure {
  const body = v3Error(401, 'authError', message);
  Object.assign(body.error.errors?.[0] ?? {}, { location: 'Authorization', locationType: 'header' });
  return body;
}

/** True for the body of an error. */
export function isV3Error(body: unknown): body is V3Failure {
  return typeof body === 'object' && body !== null && typeof (body as V3Failure).error === 'object' && (body as V3Failure).error !== null;
}
