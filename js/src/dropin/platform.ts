// Replaces Google's platform.js, so that pages of the Embed API keep working.

import { browserClock, browserWakeups } from '../clock.js';
import { currentScript } from '../current-script.js';
import { Requester } from './requester.js';
import { authOf } from './auth.js';
import { auth2Of, signin2Of } from './auth2.js';
import { Authorization } from './authorization.js';
import { clientOf } from './client.js';
import { Component, EventType, define } from './component.js';
import { dataClass } from './data.js';
import { dataChartClass } from './datachart.js';
import { installGoogle } from './google.js';
import { ReadyQueue, callOnload, loaderOf, whenParsed } from './loader.js';
import type { Options } from './merge.js';
import { metadataOf } from './metadata.js';
import { oauthOf } from './oauth.js';
import { onloadOf, ownScriptURL, serverURLOf } from './script-url.js';
import { watchButtons } from './signin-buttons.js';
import { viewSelectorClass } from './viewselector.js';
import { drawingLoader } from './visualization.js';

/** The drop-in of a page. A script that is loaded again uses the first one's. */
interface DropIn {
  queue: ReadyQueue;
  /** Members of gapi.analytics, and the rest of gapi. */
  analytics: Options;
  others: Options;
}

const KEY = Symbol.for('oriel.dropin');

function build(base: string): DropIn {
  // Expired tokens can be renewed only for a short time, so hidden pages renew as well.
  const wakeups = { hidden: () => false, onWake: browserWakeups.onWake };
  const authorization = new Authorization(base, browserClock, wakeups);
  const requester = new Requester(base, authorization);
  const load = drawingLoader(base);
  const auth = authOf(authorization);
  const auth2 = auth2Of(auth, authorization);
  const oauth = oauthOf(auth, authorization);
  const signin2 = signin2Of(auth, auth2, authorization);
  const queue = new ReadyQueue();
  let look: (() => void) | undefined;
  const go = () => look?.();
  whenParsed(() => (look = watchButtons(signin2, oauth)));
  const ext: Options = {};
  installGoogle(window, load);
  return {
    queue,
    analytics: {
      ready: (callback: unknown) => queue.add(callback),
      EventType,
      Component,
      createComponent: (name: string, members: object) => (ext[name] = define(members, Component)),
      ext,
      auth,
      metadata: metadataOf(requester),
      report: { Data: dataClass(requester) },
      googleCharts: { DataChart: dataChartClass(requester, load) },
      ViewSelector: viewSelectorClass(requester),
    },
    others: {
      client: clientOf(requester, authorization, oauth['getToken'] as () => unknown),
      auth: oauth,
      auth2,
      signin2,
      signin: { go, render: (_id: unknown, options: unknown) => (oauth['signIn'] as (options: unknown) => void)(options) },
      platform: { go },
    },
  };
}

// The page's own objects are extended, never replaced: its loader keeps references to them. A snippet that runs after this
// script replaces `gapi.analytics` by its stub, which is extended on `load`.
function complete({ queue, analytics }: DropIn, gapi: Options): void {
  const stub = gapi['analytics'] as { q?: unknown[]; auth?: unknown } | undefined;
  if (stub?.auth === analytics['auth']) return;
  const q = stub?.q ?? [];
  gapi['analytics'] = Object.assign(stub ?? {}, analytics, { q });
  for (const callback of q.splice(0)) queue.add(callback);
}

function attach(dropIn: DropIn, gapi: Options): void {
  complete(dropIn, gapi);
  for (const [name, member] of Object.entries(dropIn.others)) gapi[name] ??= member;
  const open = () => {
    complete(dropIn, gapi);
    dropIn.queue.open();
  };
  gapi['load'] = loaderOf(gapi['load'], open);
  // Also for pages that wait without calling `load`.
  whenParsed(open);
}

function run(address: string): void {
  const page = window as unknown as Options & Record<symbol, DropIn | undefined>;
  const gapi = (page['gapi'] ??= {}) as Options;
  const first = page[KEY];
  const dropIn = (page[KEY] ??= build(serverURLOf(address)));
  if (!first || (gapi['analytics'] as Options | undefined)?.['auth'] !== dropIn.analytics['auth']) attach(dropIn, gapi);
  callOnload(onloadOf(address));
}

run(ownScriptURL(currentScript()));
