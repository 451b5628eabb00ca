import { bodyOf } from './requester.js';
import { AuthBox } from './auth-box.js';
import type { Authorization, AuthorizationListener } from './authorization.js';
import { Component, EventType, define } from './component.js';
import { notAuthorized } from './v3-errors.js';
import { findContainer } from './container.js';
import { optionsOf } from './merge.js';
import { tokenOf } from './token.js';
import { errorText } from './error-message.js';

const SCOPE = 'https://www.googleapis.com/auth/analytics.readonly';

/** OAuth's token response, as pages read it. */
export interface AuthResponse {
  access_token: string;
  token_type: string;
  expires_in: number;
  scope: string;
  [more: string]: unknown;
}

export interface Profile {
  name: string;
  email: string;
  image: string;
  imageUrl: string;
}

/** gapi.analytics.auth. */
export interface Auth extends Component {
  authorize(options?: unknown): this;
  isAuthorized(): boolean;
  signOut(): this;
  /** Null while nobody is signed in. */
  getAuthResponse(): AuthResponse | null;
  getUserProfile(): Profile | null;
}

/** The profile of every visitor: an embed token names no person. */
const GUEST: Profile = { name: 'Guest', email: '', image: '', imageUrl: '' };

/** The auth component of a page. */
export function authOf(authorization: Authorization): Auth {
  const container = new AuthContainer();
  const methods = {
    authorize(this: Auth, options?: unknown): Auth {
      this.set(options);
      container.mount(this);
      const token = tokenOf(optionsOf(options)['serverAuth']);
      if (token) authorization.enter(token);
      else authorization.enterPublic();
      return this;
    },
    isAuthorized: () => authorization.current !== null,
    signOut(this: Auth): Auth {
      if (authorization.current) authorization.exit();
      return this;
    },
    getAuthResponse(this: Auth): AuthResponse | null {
      const token = authorization.current;
      return token && { scope: scopeOf(this), ...optionsOf(this.get()['serverAuth']), token_type: 'Bearer', ...token };
    },
    getUserProfile: () => (authorization.current ? { ...GUEST } : null),
  };
  const auth = new (define(methods, Component))() as Auth;
  authorization.listen(reporterOf(auth, authorization, container));
  return auth;
}

/** Reports the authorization in the page's container and with events. */
function reporterOf(auth: Auth, authorization: Authorization, container: AuthContainer): AuthorizationListener {
  return {
    signedIn() {
      container.box?.show(authorization.isPublic ? greeting(auth.get()['userInfoLabel']) : '');
      auth.emit(EventType.SIGNIN);
      auth.emit(EventType.SUCCESS, auth.getAuthResponse());
    },
    signedOut() {
      container.box?.showButton();
      auth.emit(EventType.SIGNOUT);
    },
    needed(failure) {
      container.showError(auth, notAuthorized(failure.message));
      auth.emit(EventType.NEEDS_AUTHORIZATION);
    },
    failed(failure) {
      const body = bodyOf(failure);
      container.showError(auth, body);
      auth.emit(EventType.ERROR, body);
    },
  };
}

/** The auth component's container, if the page gave one. */
class AuthContainer {
  box: AuthBox | null = null;

  /** Mounts in the current container: the page may have emptied it, or named another. */
  mount(auth: Auth): void {
    const element = findContainer(auth.get()['container']);
    if (element && this.box?.isIn(element)) return;
    this.box?.remove();
    this.box = element && new AuthBox(element, () => auth.authorize({ serverAuth: auth.get()['serverAuth'] }));
  }

  showError(auth: Auth, body: object): void {
    const element = findContainer(auth.get()['container']);
    if (element) this.box?.show(errorText(body, element));
  }
}

function scopeOf(auth: Auth): string {
  const { scopes, overwriteDefaultScopes } = auth.get();
  const own = Array.isArray(scopes) ? scopes.map(String) : [];
  const all = overwriteDefaultScopes === true && own.length > 0 ? own : [SCOPE, ...own];
  return [...new Set(all)].join(' ');
}

// Pages search for this text to tell whether they are signed in.
function greeting(label: unknown): string {
  const words = typeof label === 'string' ? label : 'You are logged in as: ';
  return words && words + GUEST.name;
}
