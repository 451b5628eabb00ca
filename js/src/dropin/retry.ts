import type { Clock } from '../session.js';

const FIRST = 2_000;
const LAST = 60_000;

/** Tries again what failed for now, less and less often. */
export class Retry {
  private failures = 0;
  private cancel: () => void = () => {};

  constructor(private readonly clock: Clock) {}

  /** Counts a failure and plans the next try. Returns whether it is the first since `stop`. */
  plan(again: () => void): boolean {
    this.cancel();
    const wait = Math.min(FIRST * 2 ** this.failures, LAST) * (0.5 + this.clock.random());
    this.cancel = this.clock.after(wait, again);
    return this.failures++ === 0;
  }

  stop(): void {
    this.cancel();
    this.failures = 0;
  }
}
