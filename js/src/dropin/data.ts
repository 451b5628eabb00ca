import { refusal } from './errors.js';
import { failureBody, isGood, refusedReply } from './asker.js';
import type { Asker, Reply } from './asker.js';
import { Component, EventType, define } from './component.js';
import type { ComponentClass } from './component.js';
import type { Options } from './merge.js';
import { address, apiOf, queryOf } from './query.js';

/** Asks what a component's options ask: `query`, of the API that `reportType` names. */
export function askReport(asker: Asker, options: Options): Promise<Reply> {
  const api = apiOf(options['reportType']);
  if (api === 'mcf') return Promise.resolve(refusedReply(noFunnels()));
  return asker.ask({ path: address(`v3/data/${api}`, queryOf(options['query'], api)) });
}

/** What is said about multi-channel funnels. */
export function noFunnels(): object {
  return refusal(400, 'badRequest', 'Multi-Channel Funnels reports have no counterpart in Google Analytics 4.');
}

/** gapi.analytics.report.Data. */
export function dataClass(asker: Asker): ComponentClass {
  // Answers are told in the order in which they were asked for: the last one is the last question's.
  const told = new WeakMap<object, Promise<unknown>>();

  return define(
    {
      execute(this: Component): Component {
        const before = told.get(this) ?? Promise.resolve();
        const answer = askReport(asker, this.get());
        told.set(
          this,
          before.then(async () => {
            const reply = await answer;
            if (isGood(reply)) this.emit(EventType.SUCCESS, reply.result);
            else this.emit(EventType.ERROR, failureBody(reply));
          }),
        );
        return this;
      },
    },
    Component,
  );
}
