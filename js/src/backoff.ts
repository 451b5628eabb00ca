import type { Clock } from './clock.js';

/** Growing delays between attempts: doubled with each failure, ±50 % at random. In milliseconds. */
export class Backoff {
  private failures = 0;

  constructor(
    private readonly clock: Clock,
    private readonly first = 2_000,
    private readonly longest = 60_000,
  ) {}

  /** Counts a failure and returns the delay before the next attempt. */
  next(): number {
    return Math.min(this.first * 2 ** this.failures++, this.longest) * (0.5 + this.clock.random());
  }

  reset(): void {
    this.failures = 0;
  }
}
