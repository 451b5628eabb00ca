// Listeners hang on any object, also frozen ones; nothing is written into the objects of pages.

type Callback = (...args: any[]) => void;

/** What `addListener` gives and `removeListener` takes. */
export interface Listener {
  source: object;
  name: string;
  callback: Callback;
  once: boolean;
}

const heard = new WeakMap<object, Listener[]>();

function add(source: object, name: string, callback: Callback, once: boolean): Listener {
  if (!source || !['object', 'function'].includes(typeof source)) throw new Error(`There is no object to listen to for "${name}".`);
  const listener = { source, name, callback, once };
  heard.set(source, [...(heard.get(source) ?? []), listener]);
  return listener;
}

/** google.visualization.events. */
export const events = {
  addListener: (source: any, name: string, callback: Callback): Listener => add(source, name, callback, false),

  addOneTimeListener: (source: any, name: string, callback: Callback): Listener => add(source, name, callback, true),

  removeListener(listener: Listener | null | undefined): void {
    if (!listener?.source) return;
    heard.set(
      listener.source,
      (heard.get(listener.source) ?? []).filter((one) => one !== listener),
    );
  },

  removeAllListeners(source: object): void {
    heard.delete(source);
  },

  /** Calls the listeners in their order. One that throws does not silence the others. */
  trigger(source: object, name: string, args?: unknown): void {
    for (const listener of heard.get(source) ?? []) {
      if (listener.name !== name) continue;
      if (listener.once) events.removeListener(listener);
      try {
        listener.callback.call(null, args);
      } catch (error) {
        setTimeout(() => {
          throw error;
        });
      }
    }
  },
};

/** Those of the page's google.visualization, which may be Google's own. */
export function pageEvents(): typeof events {
  const page = (globalThis as { google?: { visualization?: { events?: typeof events } } }).google?.visualization?.events;
  return typeof page?.trigger === 'function' ? page : events;
}

/** Tells everybody who listens, through our events or the page's. */
export function tell(source: object, name: string, args?: unknown): void {
  events.trigger(source, name, args);
  const page = pageEvents();
  if (page !== events) page.trigger(source, name, args);
}
