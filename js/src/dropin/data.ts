import { v3Error } from './v3-errors.js';
import { errorBodyOf, isGood, errorReply } from './requester.js';
import type { Requester, Reply } from './requester.js';
import { Component, EventType, define } from './component.js';
import type { ComponentClass } from './component.js';
import type { Options } from './merge.js';
import { address, apiOf, queryOf } from './query.js';

/** Sends a component's `query` to the API that its `reportType` names. */
export function sendReport(requester: Requester, options: Options): Promise<Reply> {
  const api = apiOf(options['reportType']);
  if (api === 'mcf') return Promise.resolve(errorReply(noFunnels()));
  return requester.send({ path: address(`v3/data/${api}`, queryOf(options['query'], api)) });
}

/** Returns the error for multi-channel funnels. */
export function noFunnels(): object {
  return v3Error(400, 'badRequest', 'Multi-Channel Funnels reports have no counterpart in Google Analytics 4.');
}

/** gapi.analytics.report.Data. */
export function dataClass(requester: Requester): ComponentClass {
  // Events are emitted in the order of the requests, so the last one belongs to the last request.
  const emitted = new WeakMap<object, Promise<unknown>>();

  return define(
    {
      execute(this: Component): Component {
        const before = emitted.get(this) ?? Promise.resolve();
        const answer = sendReport(requester, this.get());
        emitted.set(
          this,
          before.then(async () => {
            const reply = await answer;
            if (isGood(reply)) this.emit(EventType.SUCCESS, reply.result);
            else this.emit(EventType.ERROR, errorBodyOf(reply));
          }),
        );
        return this;
      },
    },
    Component,
  );
}
