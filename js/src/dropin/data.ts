import { v3Error } from './v3-errors.js';
import { errorBodyOf, isGood, errorReply } from './requester.js';
import type { Requester, Reply } from './requester.js';
import { Component, EventType, define } from './component.js';
import type { ComponentClass } from './component.js';
import type { Options } from './merge.js';
import { address, apiOf, queryOf } from './query.js';

/** Asks what a component's options ask: `query`, of the API that `reportType` names. */
export function askReport(requester: Requester, options: Options): Promise<Reply> {
  const api = apiOf(options['reportType']);
  if (api === 'mcf') return Promise.resolve(errorReply(noFunnels()));
  return requester.ask({ path: address(`v3/data/${api}`, queryOf(options['query'], api)) });
}

/** What is said about multi-channel funnels. */
export function noFunnels(): object {
  return v3Error(400, 'badRequest', 'Multi-Channel Funnels reports have no counterpart in Google Analytics 4.');
}

/** gapi.analytics.report.Data. */
export function dataClass(requester: Requester): ComponentClass {
  // Answers are told in the order in which they were asked for: the last one is the last question's.
  const told = new WeakMap<object, Promise<unknown>>();

  return define(
    {
      execute(this: Component): Component {
        const before = told.get(this) ?? Promise.resolve();
        const answer = askReport(requester, this.get());
        told.set(
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
