import { Backoff } from '../backoff.js';
import type { Clock } from '../clock.js';

/** Retries what failed for now, with growing delays. */
export class Retry {
  private readonly backoff: Backoff;
  private failed = false;
  private cancel: () => void = () => {};

  constructor(private readonly clock: Clock) {
    this.backoff = new Backoff(clock);
  }

  /** Counts a failure and schedules the next attempt. Returns whether it is the first failure since `stop`. */
  plan(retry: () => void): boolean {
    this.cancel();
    this.cancel = this.clock.after(this.backoff.next(), retry);
    const first = !this.failed;
    this.failed = true;
    return first;
  }

  stop(): void {
    this.cancel();
    this.backoff.reset();
    this.failed = false;
  }
}
