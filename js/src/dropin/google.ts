// google.load and google.charts.load, for pages that draw themselves; they load our google.visualization.

import { call, report } from './callbacks.js';
import { optionsOf } from './merge.js';
import type { Options } from './merge.js';
import type { Drawing } from './visualization.js';

/** Adds the loaders of google.visualization to a window, unless it has them. */
export function installGoogle(target: object, load: () => Promise<Drawing>): void {
  const google = child(target as Options, 'google');
  const charts = child(google, 'charts');
  const loaded = async (...args: unknown[]): Promise<void> => {
    const { module } = await load();
    const language = find(args, 'language');
    if (language) void module.loader.load({ language });
    call(args.find((arg) => typeof arg === 'function') ?? find(args, 'callback'));
  };
  // These return no promise, so a failure is reported here.
  const wait = (...args: unknown[]): void => void loaded(...args).catch(report);

  complete(google, {
    load: (name: unknown, ...args: unknown[]) => {
      if (String(name).toLowerCase() === 'visualization') wait(...args);
    },
    setOnLoadCallback: wait,
  });
  // load('current', {packages, callback}), load('current', {packages}, callback), load({…}), load(callback)
  complete(charts, { load: loaded, safeLoad: loaded, setOnLoadCallback: wait });
}

function find(args: unknown[], name: string): unknown {
  return args.map((arg) => optionsOf(arg)[name]).find(Boolean);
}

// `window.google` may also be an element with that id.
function child(parent: Options, name: string): Options {
  const own = optionsOf(parent[name]);
  if (parent[name] === own && !('nodeType' in own)) return own;
  return (parent[name] = {});
}

function complete(target: Options, members: Options): void {
  for (const [name, member] of Object.entries(members)) target[name] ??= member;
}
