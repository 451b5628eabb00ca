interface Shared {
  waiting: number;
  controller: AbortController;
  result: Promise<unknown>;
}

/** Shares one request among concurrent identical ones. It is aborted when the last caller aborts, not when the first does. */
export class RequestDedup {
  private readonly requests = new Map<string, Shared>();

  /** Joins the request under `key`, or starts it. Rejects with the signal's reason when the signal aborts. */
  join<T>(key: string, signal: AbortSignal | undefined, start: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const shared = this.requests.get(key) ?? this.begin(key, start);
    shared.waiting++;
    return new Promise<T>((resolve, reject) => {
      const leave = () => {
        reject(signal?.reason);
        if (--shared.waiting > 0) return;
        this.forget(key, shared);
        shared.controller.abort();
      };
      signal?.addEventListener('abort', leave, { once: true });
      shared.result.then((result) => resolve(result as T), reject).finally(() => signal?.removeEventListener('abort', leave));
    });
  }

  private begin(key: string, start: (signal: AbortSignal) => Promise<unknown>): Shared {
    const controller = new AbortController();
    const result = start(controller.signal).finally(() => this.forget(key, shared));
    const shared: Shared = { waiting: 0, controller, result };
    this.requests.set(key, shared);
    return shared;
  }

  // A later request may have taken the key.
  private forget(key: string, shared: Shared): void {
    if (this.requests.get(key) === shared) this.requests.delete(key);
  }
}
