import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authOf } from '../src/dropin/auth.js';
import { lifeOf, tokenOf } from '../src/dropin/token.js';
import { heard, until, world } from './dropin-server.js';

/** A token whose claims say how long it lives; its signature is nobody's business here. */
function jwt(iat: number, exp: number): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'HS256' })}.${part({ iat, exp, name: '¿üñ?' })}.sig`;
}

test('how long a token lives: what it came with, at most what it says itself', () => {
  const five = jwt(1_000, 1_300);
  assert.equal(lifeOf(five), 300);
  for (const text of ['', 'ya29.x', 'a.b.c', jwt(5, 1)]) assert.equal(lifeOf(text), 0, text);
  assert.equal(tokenOf({ access_token: five })?.expires_in, 300);
  assert.equal(tokenOf({ access_token: five, expires_in: '120' })?.expires_in, 120);
  assert.equal(tokenOf({ access_token: five, expires_in: 3600 })?.expires_in, 300);
  assert.equal(tokenOf({ access_token: 'opaque' })?.expires_in, 3600);
  for (const none of [undefined, null, {}, { access_token: '' }, { access_token: 7 }]) assert.equal(tokenOf(none), null);
});

test('with serverAuth one is authorized at once, and told so later', async (t) => {
  const { authorization, seen } = await world(t);
  const auth = authOf(authorization);
  assert.equal(auth.isAuthorized(), false);
  assert.equal(auth.getAuthResponse(), null);
  assert.equal(auth.getUserProfile(), null);
  const early: unknown[] = [];
  auth.on('signIn', (...args: unknown[]) => early.push(args));
  assert.equal(auth.authorize({ clientid: 'x', serverAuth: { access_token: 'first', state: 'mine' }, scopes: ['a', 'b'] }), auth);
  assert.equal(auth.isAuthorized(), true);
  assert.deepEqual(early, [], 'not before authorize has returned');
  const [response] = await heard(auth, 'success');
  assert.deepEqual(early, [[]]);
  assert.deepEqual(response, {
    access_token: 'first',
    token_type: 'Bearer',
    expires_in: 3600,
    state: 'mine',
    scope: 'https://www.googleapis.com/auth/analytics.readonly a b',
  });
  assert.deepEqual(Object.keys(auth.getUserProfile() ?? {}), ['name', 'email', 'image', 'imageUrl']);
  assert.deepEqual(seen, [], 'nobody was asked');
});

test("a page with a client id alone becomes its origin's public visitor", async (t) => {
  const { authorization, answers, seen } = await world(t);
  answers['token'] = () => [200, { access_token: 'open', expires_in: 300 }];
  const auth = authOf(authorization);
  auth.authorize({ clientid: 'x' });
  assert.equal(auth.isAuthorized(), false);
  const waiting = authorization.token();
  await heard(auth, 'signIn');
  assert.equal(auth.isAuthorized(), true);
  assert.equal(await waiting, 'open', 'who asked before is answered now');
  assert.deepEqual(seen, ['GET token']);
});

test('where nothing is public, needsAuthorization; with a token later, signIn', async (t) => {
  const { authorization, answers } = await world(t);
  answers['token'] = () => [403, { error: { code: 403, message: 'Nothing is public here.' } }];
  const auth = authOf(authorization);
  auth.authorize({ clientid: 'x' });
  const waiting = assert.rejects(authorization.token(), /Nothing is public here/);
  assert.deepEqual(await heard(auth, 'needsAuthorization'), []);
  await waiting;
  await assert.rejects(authorization.token(), /Nothing is public here/, 'and who asks afterwards does not wait');
  auth.authorize({ serverAuth: { access_token: 'mine' } });
  await heard(auth, 'signIn');
  assert.equal(await authorization.token(), 'mine');
});

test('a server that is down is an error, and is asked again', async (t) => {
  const { authorization, answers, clock, seen } = await world(t);
  answers['token'] = () => [503, 'a page of a proxy'];
  const auth = authOf(authorization);
  auth.authorize({ clientid: 'x' });
  const early = assert.rejects(authorization.token(), { kind: 'server' });
  const [body] = (await heard(auth, 'error')) as [{ error: { code: number; message: string } }];
  await early;
  assert.equal(body.error.code, 503);
  assert.ok(body.error.message);
  await assert.rejects(authorization.token(), { kind: 'server' }, 'and nobody waits for it');
  await authorization.settled();
  answers['token'] = () => [200, { access_token: 'open', expires_in: 300 }];
  const signedIn = heard(auth, 'signIn');
  await clock.advance(4_000);
  await signedIn;
  assert.deepEqual(seen, ['GET token', 'GET token']);
});

test("a host's token is renewed with itself before it ends, and pages that ask for it get the new one", async (t) => {
  const { authorization, answers, clock, seen } = await world(t);
  let n = 1;
  answers['v1/tokens:renew'] = () => [200, { access_token: `t${++n}`, expires_in: 300 }];
  const auth = authOf(authorization).authorize({ serverAuth: { access_token: 't1', expires_in: 300 } });
  await clock.advance(240_000);
  await until(() => auth.getAuthResponse()?.access_token === 't2');
  await clock.advance(240_000);
  await until(() => auth.getAuthResponse()?.access_token === 't3');
  assert.deepEqual(seen, ['POST v1/tokens:renew Bearer t1', 'POST v1/tokens:renew Bearer t2']);
});

test('the same token again keeps the session that has renewed it', async (t) => {
  const { authorization, answers, clock } = await world(t);
  answers['v1/tokens:renew'] = () => [200, { access_token: 't2', expires_in: 300 }];
  const auth = authOf(authorization).authorize({ serverAuth: { access_token: 't1', expires_in: 300 } });
  await clock.advance(240_000);
  await until(() => auth.getAuthResponse()?.access_token === 't2');
  auth.authorize({ serverAuth: { access_token: 't1', expires_in: 300 } });
  await heard(auth, 'signIn');
  assert.equal(await authorization.token(), 't2');
  auth.authorize({ serverAuth: { access_token: 'other' } });
  assert.equal(await authorization.token(), 'other');
});

test('after signOut nobody asks, until somebody is authorized again', async (t) => {
  const { authorization } = await world(t);
  const auth = authOf(authorization).authorize({ serverAuth: { access_token: 'mine' } });
  await heard(auth, 'signIn');
  assert.equal(auth.signOut(), auth);
  assert.equal(auth.isAuthorized(), false);
  assert.equal(auth.getAuthResponse(), null);
  await heard(auth, 'signOut');
  await assert.rejects(authorization.token(), /authorize/);
  auth.authorize({ serverAuth: { access_token: 'mine' } });
  assert.equal(await authorization.token(), 'mine');
});
