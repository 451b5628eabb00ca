import type { Clock, Wakeups } from './clock.js';

/** Runs a callback after a delay, but only while the page is visible; an overdue one runs on wake-up. */
export class Refresher {
  private due = 0;
  private cancelTimer: () => void = () => {};
  private stopWatching: (() => void) | null = null;

  constructor(
    private readonly run: () => void,
    private readonly clock: Clock,
    private readonly wakeups: Wakeups,
  ) {}

  /** Schedules one run after `ms` ±10 %, 0 for none. Replaces an earlier schedule. */
  plan(ms: number): void {
    this.stop();
    if (ms <= 0) return;
    this.due = this.clock.now() + ms * (0.9 + 0.2 * this.clock.random());
    this.stopWatching = this.wakeups.onWake(() => this.check());
    this.check();
  }

  stop(): void {
    this.cancelTimer();
    this.stopWatching?.();
    this.stopWatching = null;
  }

  private check(): void {
    this.cancelTimer();
    if (this.wakeups.hidden()) return;
    const left = this.due - this.clock.now();
    if (left > 0) {
      this.cancelTimer = this.clock.after(left, () => this.check());
      return;
    }
    this.stop();
    this.run();
  }
}
