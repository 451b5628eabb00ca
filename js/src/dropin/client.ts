import { stringify } from '../builtins.js';
import { errorReply } from './requester.js';
import type { Requester, ApiRequest, Reply } from './requester.js';
import type { Authorization } from './authorization.js';
import { Batch } from './batch.js';
import { noFunnels } from './data.js';
import { call, later } from './callbacks.js';
import { isV3Error, v3Error } from './v3-errors.js';
import { optionsOf } from './merge.js';
import type { Options } from './merge.js';
import { fill, served, unserved } from './methods.js';
import type { Method } from './methods.js';
import { neutralPath, withoutDropped } from './paths.js';
import { address, parametersOf } from './query.js';
import { HttpRequest } from './request.js';
import { tokenOf } from './token.js';

type Send = (request: ApiRequest) => Promise<Reply>;

/** gapi.client: requests as objects, and the tree of methods. */
export function clientOf(requester: Requester, authorization: Authorization, getToken: () => unknown): Options {
  // A page that sends requests without authorizing is public.
  const send: Send = (request) => {
    if (authorization.state === 'none') authorization.enterPublic();
    return requester.send(request);
  };

  const client: Options = {
    init: (options?: unknown) => {
      if (optionsOf(options)['clientId'] && authorization.state === 'none') authorization.enterPublic();
      return authorization.settled();
    },
    load: (...args: unknown[]) => loaded(args),
    request: (options: unknown) => request(optionsOf(options), requester.base, send),
    rpcRequest: (method: unknown, _version?: unknown, parameters?: unknown) =>
      methodRequest(String(method), optionsOf(parameters), undefined, send),
    newBatch: () => new Batch(),
    newHttpBatch: () => new Batch(),
    newRpcBatch: () => new Batch(),
    register: () => {},
    setApiKey: () => {},
    setApiVersions: () => {},
    getToken,
    setToken: (token: unknown) => setToken(authorization, token),
    HttpRequest,
    RpcRequest: HttpRequest,
    HttpBatch: Batch,
  };
  for (const name of [...Object.keys(served), ...unserved]) {
    define(client, name, (parameters?: unknown, body?: unknown) => methodRequest(name, optionsOf(parameters), body, send));
  }
  return client;
}

/** Takes a token as gapi.auth and gapi.client do: without an event, null for none. */
export function setToken(authorization: Authorization, value: unknown): void {
  const token = tokenOf(value);
  if (token) authorization.enter(token, true);
  else authorization.exit(true);
}

// load(name, version, callback) or load(urlOrDocument): everything is already loaded.
function loaded(args: unknown[]): Promise<void> {
  const callback = args.find((arg) => typeof arg === 'function');
  return new Promise((resolve) => {
    later(() => {
      call(callback);
      resolve();
    });
  });
}

// Defines a method at a dotted path.
function define(root: Options, name: string, method: unknown): void {
  const path = name.split('.');
  const last = path.pop() ?? '';
  let node = root;
  for (const part of path) node = (node[part] ??= {}) as Options;
  node[last] = method;
}

function request(options: Options, base: string, send: Send): HttpRequest | undefined {
  const { path, params, body, callback } = options;
  const asked = neutralPath(String(path ?? ''), base);
  const made = new HttpRequest(() => {
    if (!asked) return Promise.resolve(errorReply(foreign(path)));
    const parameters = withoutDropped({ ...asked.parameters, ...parametersOf(params) });
    const method = String(options['method'] ?? (body === undefined ? 'GET' : 'POST')).toUpperCase();
    return send({ path: address(asked.path, parameters), method, ...bodyOf(method, body) });
  });
  if (typeof callback !== 'function') return made;
  made.execute(callback);
  return undefined;
}

function foreign(path: unknown): object {
  return v3Error(400, 'badRequest', `This server only answers requests to Google Analytics APIs, not to ${String(path)}.`);
}

// The page's own headers are left out: the session authorizes the request.
function bodyOf(method: string, body: unknown): Partial<ApiRequest> {
  if (body === undefined || body === null || method === 'GET') return {};
  return { body: typeof body === 'string' ? body : stringify(body), headers: { 'Content-Type': 'application/json' } };
}

function methodRequest(name: string, parameters: Options, body: unknown, send: Send): HttpRequest {
  const method = served[name];
  if (!method) return new HttpRequest(() => Promise.resolve(errorReply(noMethod(name))));
  return new HttpRequest(() => sendMethod(method, parameters, body, send));
}

async function sendMethod(method: Method, parameters: Options, body: unknown, send: Send): Promise<Reply> {
  if (method.post) {
    const content = parameters['resource'] ?? body ?? parameters;
    return send({ path: method.path, method: 'POST', ...bodyOf('POST', content) });
  }
  const given = withoutDropped(parametersOf(parameters));
  const { path, rest } = fill(method.path, given);
  if (!method.item) return send({ path: address(path, rest) });
  const wanted = given[method.item] ?? '';
  return pick(await send({ path }), wanted);
}

// The server serves lists only: `get` picks its item from the list.
function pick(reply: Reply, id: string): Reply {
  if (reply.status !== 200 || isV3Error(reply.result)) return reply;
  const item = (reply.result as { items?: { id: string }[] }).items?.find((one) => one.id === id);
  if (!item) return errorReply(v3Error(404, 'notFound', `There is no item with the id "${id}" in this session.`));
  return { ...reply, result: item, body: stringify(item) };
}

function noMethod(name: string): object {
  if (name === 'analytics.data.mcf.get') return noFunnels();
  const why = 'Universal Analytics has been shut down, and this server only serves reports.';
  return v3Error(501, 'notImplemented', `${name} is no longer available: ${why}`);
}
