/** A monotonic clock, timers and randomness, which tests replace. */
export interface Clock {
  /** In milliseconds. */
  now(): number;
  /** Returns what cancels the call. */
  after(ms: number, callback: () => void): () => void;
  /** In [0, 1). */
  random(): number;
}

/** Tells when the page becomes visible or wakes from sleep. */
export interface Wakeups {
  hidden(): boolean;
  /** Returns what unsubscribes. */
  onWake(callback: () => void): () => void;
}

/** The browser's monotonic clock and timers. */
export const browserClock: Clock = {
  now: () => performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, Math.min(ms, 2 ** 31 - 1));
    return () => clearTimeout(timer);
  },
  random: Math.random,
};

const wakeEvents: [EventTarget, string][] =
  typeof window === 'undefined'
    ? []
    : [
        [document, 'visibilitychange'],
        [window, 'online'],
        [window, 'focus'],
        [window, 'pageshow'],
      ];

/** Wake-ups of this page. Timers of hidden and sleeping pages are unreliable; these events are not. */
export const browserWakeups: Wakeups = {
  hidden: () => document.hidden,
  onWake: (callback) => {
    const awake = () => {
      if (!document.hidden) callback();
    };
    for (const [target, name] of wakeEvents) target.addEventListener(name, awake);
    return () => {
      for (const [target, name] of wakeEvents) target.removeEventListener(name, awake);
    };
  },
};
