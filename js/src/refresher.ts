import type { Clock, Wakeups } from './clock.js';

/** Runs something again after a while, but only while the page is seen; at once on waking up when it is late. */
export class Refresher {
  private due = 0;
  private cancelTimer: () => void = () => {};
  private stopWatching: (() => void) | null = null;

  constructor(
    private readonly run: () => void,
    private readonly clock: Clock,
    private readonly wakeups: Wakeups,
  ) {}

  /** Runs once after so many milliseconds, give or take a tenth; 0 for never. Replaces what was planned. */
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
