// gapi.auth2 and gapi.signin2, Google's second sign-in library, as far as pages use it.

import type { Auth } from './auth.js';
import type { Authorization } from './authorization.js';
import { bodyOf } from './requester.js';
import { call } from './callbacks.js';
import { findContainer } from './container.js';
import { optionsOf } from './merge.js';
import type { Options } from './merge.js';
import { showError, clearError } from './error-message.js';
import { tokenObject } from './oauth.js';

const DENIED = { error: 'access_denied' };

/** A value that pages read and listen to. */
class Watched<T> {
  private readonly listeners: unknown[] = [];

  constructor(readonly get: () => T) {}

  listen(listener: unknown): void {
    this.listeners.push(listener);
  }

  changed(): void {
    for (const listener of this.listeners) call(listener, this.get());
  }
}

/** gapi.auth2. */
export function auth2Of(auth: Auth, authorization: Authorization): Options {
  const user = userOf(auth);
  const isSignedIn = new Watched(() => auth.isAuthorized());
  const currentUser = new Watched(() => user);
  const changed = () => {
    isSignedIn.changed();
    currentUser.changed();
  };
  authorization.listen({ signedIn: changed, signedOut: changed, needed: changed });

  const signIn = async (): Promise<Options> => {
    if (!authorization.current) authorization.enterPublic();
    await authorization.settled();
    if (authorization.current) return user;
    throw { ...DENIED };
  };
  const signOut = async (): Promise<void> => void auth.signOut();

  const instance: Options = {
    isSignedIn,
    currentUser,
    signIn,
    signOut,
    disconnect: signOut,
    grantOfflineAccess: () => Promise.reject({ ...DENIED }),
    attachClickHandler: (container: unknown, _options: unknown, good: unknown, bad: unknown) => {
      const element = typeof container === 'string' ? document.getElementById(container) : (container as Element | null);
      element?.addEventListener(
        'click',
        () =>
          void signIn().then(
            (signed) => call(good, signed),
            (error: unknown) => call(bad, error),
          ),
      );
    },
  };

  return {
    init: () => initialized(instance, authorization),
    // Pages that call this have called `init`, or assume so.
    getAuthInstance: () => {
      if (authorization.state === 'none') authorization.enterPublic();
      return instance;
    },
    authorize: (_parameters: unknown, callback: unknown) => {
      void signIn().then(
        () => call(callback, tokenObject(auth)),
        (error: unknown) => call(callback, error),
      );
    },
  };
}

/** gapi.signin2: no button is drawn, since there is no one to sign in; without access an error message takes its place. */
export function signin2Of(auth: Auth, auth2: Options, authorization: Authorization): Options {
  return {
    render: (id: unknown, options: unknown) => {
      const { onsuccess, onfailure } = optionsOf(options);
      const { signIn, currentUser } = (auth2['getAuthInstance'] as () => { signIn(): Promise<Options>; currentUser: Watched<Options> })();
      const place = findContainer(id);
      signIn().then(
        (user) => call(onsuccess, user),
        (error: unknown) => {
          if (place) showError(place, bodyOf(authorization.denial));
          auth.once('signIn', () => {
            if (place) clearError(place);
            call(onsuccess, currentUser.get());
          });
          call(onfailure, error);
        },
      );
    },
  };
}

/** Returns the instance with a `then`. What it resolves to has none, so that awaiting it ends. */
function initialized(instance: Options, authorization: Authorization): Options {
  if (authorization.state === 'none') authorization.enterPublic();
  const ready = authorization.settled().then(() => instance);
  return Object.assign(Object.create(instance) as Options, { then: ready.then.bind(ready) });
}

/** The one user of this page. */
function userOf(auth: Auth): Options {
  const scopes = () => auth.getAuthResponse()?.scope ?? '';
  return {
    getId: () => null,
    isSignedIn: () => auth.isAuthorized(),
    getHostedDomain: () => '',
    getGrantedScopes: scopes,
    hasGrantedScopes: (wanted: unknown) =>
      String(wanted ?? '')
        .split(' ')
        .every((scope) => scopes().split(' ').includes(scope)),
    getBasicProfile: () => profileOf(auth),
    getAuthResponse: () => auth.getAuthResponse() ?? {},
    reloadAuthResponse: async () => auth.getAuthResponse() ?? {},
    grant: () => Promise.reject({ ...DENIED }),
    grantOfflineAccess: () => Promise.reject({ ...DENIED }),
    disconnect: () => void auth.signOut(),
  };
}

function profileOf(auth: Auth): Options | undefined {
  const profile = auth.getUserProfile();
  if (!profile) return undefined;
  const { name, email, imageUrl } = profile;
  return {
    getId: () => '',
    getName: () => name,
    getGivenName: () => name,
    getFamilyName: () => '',
    getImageUrl: () => imageUrl,
    getEmail: () => email,
  };
}
