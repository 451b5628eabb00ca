import type { Clock, Wakeups } from '../src/clock.js';

/** Lets everything that is already promised happen. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

/** Time that moves only when a test says so. */
export class FakeClock implements Clock {
  chance = 0.5;
  private time = 1_000;
  private timers: { at: number; callback: () => void }[] = [];

  now(): number {
    return this.time;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.time + ms, callback };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  random(): number {
    return this.chance;
  }

  /** How many timers wait. */
  get waiting(): number {
    return this.timers.length;
  }

  /** Moves on, running what falls due in its order and letting promises settle between. */
  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    for (;;) {
      const next = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.timers = this.timers.filter((timer) => timer !== next);
      this.time = Math.max(this.time, next.at);
      next.callback();
      await settle();
    }
    this.time = end;
  }

  /** Moves on as a sleeping machine does: no timer runs. */
  sleep(ms: number): void {
    this.time += ms;
  }
}

/** A page that tests hide, show and wake. */
export class FakePage implements Wakeups {
  isHidden = false;
  private readonly callbacks = new Set<() => void>();

  hidden(): boolean {
    return this.isHidden;
  }

  onWake(callback: () => void): () => void {
    this.callbacks.add(callback);
    return () => this.callbacks.delete(callback);
  }

  get watchers(): number {
    return this.callbacks.size;
  }

  async wake(): Promise<void> {
    this.isHidden = false;
    for (const callback of [...this.callbacks]) callback();
    await settle();
  }
}
