/**
 * Answers that several ask for at once. Identical questions in flight share one request; it is aborted
 * when the last requester has left, not when the first does.
 */
export class RequestDedup {
  private readonly flights = new Map<string, { askers: number; controller: AbortController; answer: Promise<unknown> }>();

  /** Joins the request under `key`, or starts it. Rejects with the signal's reason when this requester leaves; without one nobody leaves. */
  join<T>(key: string, signal: AbortSignal | undefined, start: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    let flight = this.flights.get(key);
    if (!flight) {
      const controller = new AbortController();
      const answer = start(controller.signal).finally(() => {
        if (this.flights.get(key)?.controller === controller) this.flights.delete(key);
      });
      flight = { askers: 0, controller, answer };
      this.flights.set(key, flight);
    }
    const joined = flight;
    joined.askers++;
    return new Promise<T>((resolve, reject) => {
      const leave = () => {
        reject(signal?.reason);
        if (--joined.askers > 0) return;
        if (this.flights.get(key) === joined) this.flights.delete(key);
        joined.controller.abort();
      };
      signal?.addEventListener('abort', leave, { once: true });
      joined.answer.then((answer) => resolve(answer as T), reject).finally(() => signal?.removeEventListener('abort', leave));
    });
  }
}
