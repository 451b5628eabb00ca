import { browserClock } from '../clock.js';
import { errorBodyOf, isGood, isTransient } from './requester.js';
import type { Requester } from './requester.js';
import { Component, EventType, define } from './component.js';
import type { ComponentClass } from './component.js';
import { later, report } from './callbacks.js';
import { v3Error } from './v3-errors.js';
import { findContainer, missingContainer } from './container.js';
import type { Options } from './merge.js';
import { showError, clearError } from './error-message.js';
import { Retry } from './retry.js';
import { choose, idsOf } from './summaries.js';
import type { AccountSummary, Choice, Wanted } from './summaries.js';
import { ViewLists } from './view-lists.js';

/** gapi.analytics.ViewSelector: three lists, of accounts, properties and views. */
export function viewSelectorClass(requester: Requester, clock = browserClock): ComponentClass {
  const shown = new WeakMap<object, Element>();
  /** The last selection, which the next execute shows again unless the page names another. */
  const last = new WeakMap<object, Choice>();
  const generations = new WeakMap<object, number>();
  const retries = new WeakMap<object, Retry>();

  async function run(selector: Component, generation: number): Promise<void> {
    const reply = await requester.send({ path: 'v3/management/accountSummaries' });
    if (generations.get(selector) !== generation) return;
    const retry = retryOf(selector);
    if (!isGood(reply)) {
      const emittedBefore =
        isTransient(reply) && !retry.plan(() => findContainer(selector.get()['container'])?.isConnected && begin(selector));
      return fail(selector, errorBodyOf(reply), emittedBefore);
    }
    retry.stop();
    const accounts = (reply.result as { items?: AccountSummary[] }).items ?? [];
    const choice = choose(accounts, wantedOf(selector.get()) ?? lastOf(last.get(selector)));
    const container = findContainer(selector.get()['container']);
    if (!container) return fail(selector, v3Error(400, 'badRequest', missingContainer(selector.get()['container'])));
    if (!choice.view) return fail(selector, v3Error(403, 'insufficientPermissions', 'There are no views to choose from.'));
    clearError(container);
    last.set(selector, choice);
    const lists = new ViewLists(accounts, choice, (chosen) => {
      last.set(selector, chosen);
      later(() => tell(selector, chosen));
    });
    show(selector, container, lists.element);
    tell(selector, choice);
  }

  function retryOf(selector: Component): Retry {
    const retry = retries.get(selector) ?? new Retry(clock);
    retries.set(selector, retry);
    return retry;
  }

  function begin(selector: Component): void {
    const generation = (generations.get(selector) ?? 0) + 1;
    generations.set(selector, generation);
    run(selector, generation).catch(report);
  }

  function show(selector: Component, container: Element, element: Element): void {
    const before = shown.get(selector);
    if (before?.parentNode === container) before.replaceWith(element);
    else {
      before?.remove();
      container.append(element);
    }
    shown.set(selector, element);
  }

  return define(
    {
      execute(this: Component): Component {
        retryOf(this).stop();
        begin(this);
        return this;
      },
    },
    Component,
  );
}

function wantedOf(options: Options): Wanted | null {
  const text = (...names: string[]) => String(names.map((name) => options[name]).find(Boolean) ?? '');
  const [account, property, view] = [text('accountId'), text('propertyId', 'webPropertyId'), text('ids', 'viewId')];
  return account || property || view ? { account, property, view: view && `ga:${view.replace(/^ga:/, '')}` } : null;
}

function lastOf({ account, property, view }: Choice = {}): Wanted {
  return { account: account?.id ?? '', property: property?.id ?? '', view: view ? idsOf(view) : '' };
}

function tell(selector: Component, { account, property, view }: Choice): void {
  if (!view) return;
  const ids = idsOf(view);
  selector.emit(EventType.CHANGE, ids);
  selector.emit('viewChange', { account, property, view, ids });
}

function fail(selector: Component, body: object, quietly = false): void {
  const container = findContainer(selector.get()['container']);
  if (container) showError(container, body);
  if (!quietly) selector.emit(EventType.ERROR, body);
}
