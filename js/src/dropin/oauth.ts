// gapi.auth, Google's first sign-in library, as far as pages use it.

import type { Auth } from './auth.js';
import type { Authorization } from './authorization.js';
import { setToken } from './client.js';
import { call, later } from './callbacks.js';
import { globalNamed } from './loader.js';
import { optionsOf } from './merge.js';
import type { Options } from './merge.js';
import { tokenOf } from './token.js';

const DENIED = { error: 'immediate_failed', error_subtype: 'access_denied' };

/** gapi.auth. */
export function oauthOf(auth: Auth, authorization: Authorization): Options {
  // Signs in with a token among the parameters, else publicly; true on success.
  const enter = async (parameters: unknown): Promise<boolean> => {
    const token = tokenOf(parameters) ?? tokenOf(optionsOf(parameters)['serverAuth']);
    if (token) authorization.enter(token);
    else if (!authorization.current) authorization.enterPublic();
    await authorization.settled();
    return authorization.current !== null;
  };

  const authorize = (parameters: unknown, callback: unknown): void => {
    void enter(parameters).then((entered) => later(() => call(callback, entered ? tokenObject(auth) : { ...DENIED })));
  };

  return {
    init: (callback: unknown) => later(() => call(callback)),
    authorize,
    signIn: (parameters: unknown) => authorize(parameters, functionOf(optionsOf(parameters)['callback'])),
    signOut: () => void auth.signOut(),
    getToken: () => (authorization.current ? tokenObject(auth) : null),
    setToken: (token: unknown) => setToken(authorization, token),
    checkSessionState: (_parameters: unknown, callback: unknown) => later(() => call(callback, authorization.current !== null)),
  };
}

/** The token as gapi.auth and gapi.client return it, with numbers as strings. */
export function tokenObject(auth: Auth): Options {
  const response = auth.getAuthResponse();
  const status = { signed_in: true, method: 'AUTO' };
  return { ...response, expires_in: String(response?.expires_in ?? ''), error: undefined, state: '', status };
}

// The button's callback may be a function or a global's name.
function functionOf(callback: unknown): unknown {
  return typeof callback === 'string' ? globalNamed(callback) : callback;
}
