import type { V3Failure } from '../data/v3.js';

/** The status of a request without a response, as in Google's client. */
export const NETWORK = -1;

/** Returns the body of a v3 error. */
export function v3Error(code: number, reason: string, message: string): V3Failure {
  return { error: { code, message, errors: [{ domain: 'global', reason, message }] } };
}

/** Returns the v3 error for a page without access. */
export function notAuthorized(message: string): V3Failure {
  const body = v3Error(401, 'authError', message);
  Object.assign(body.error.errors?.[0] ?? {}, { location: 'Authorization', locationType: 'header' });
  return body;
}

/** True for the body of an error. */
export function isV3Error(body: unknown): body is V3Failure {
  return typeof body === 'object' && body !== null && typeof (body as V3Failure).error === 'object' && (body as V3Failure).error !== null;
}
