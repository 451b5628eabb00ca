// ViewSelector2: three menus, of accounts, properties and views, as in the Embed API demos.

import type { Component, EmbedApi, Listing } from './embed-api.js';
import { errorOf, register, whenAuthorized } from './embed-api.js';
import type { Account, Selection, Wanted } from './hierarchy.js';
import { accountsOf, choose, eventsOf, WANTED, wantedOf } from './hierarchy.js';
import { containerOf, fieldsOf, mount } from './markup.js';

interface Options extends Wanted {
  container?: string | Element;
  template?: string;
}

/** The component, with the members that pages read. */
interface ViewSelector2 extends Component<Options>, Partial<Selection> {
  template: string;
  container?: Element;
}

const item = (label: string): string => `<div class="ViewSelector2-item"><label>${label}</label><select class="FormField"></select></div>`;

const TEMPLATE = `<div class="ViewSelector2">${['Account', 'Property', 'View'].map(item).join('')}</div>`;

/** The methods of the component. */
export function viewSelector2(api: EmbedApi): object & ThisType<ViewSelector2> {
  const selectors = new WeakMap<ViewSelector2, Selector>();
  const selectorOf = (component: ViewSelector2): Selector => {
    const selector = selectors.get(component) ?? new Selector(component, api);
    selectors.set(component, selector);
    return selector;
  };
  return {
    template: TEMPLATE,

    // A new selection replaces one made with another option.
    set(options: Options) {
      if (Object.keys(wantedOf(options)).length > 0) {
        const before = this.get() ?? {};
        for (const name of WANTED) if (name in before) before[name] = null;
      }
      return api.analytics.Component.prototype.set.call(this, options);
    },

    execute() {
      selectorOf(this).execute();
      return this;
    },
  };
}

/** The state of a component: accounts, menus and the last selection. */
class Selector {
  private accounts: Promise<Account[]> | undefined;
  private selection: Selection | undefined;
  private menus: HTMLSelectElement[] = [];

  constructor(
    private readonly component: ViewSelector2,
    private readonly api: EmbedApi,
  ) {
    api.analytics.auth.on('signOut', () => (this.accounts = undefined));
  }

  execute(): void {
    whenAuthorized(this.api.analytics.auth, () => {
      this.accounts ??= this.load();
      this.accounts
        .then((accounts) => this.show(accounts, choose(accounts, wantedOf(this.component.get()))))
        .catch((reason: unknown) => this.component.emit('error', errorOf(reason)));
    });
  }

  private load(): Promise<Account[]> {
    const accounts = summaries(this.api).then(accountsOf);
    accounts.catch(() => (this.accounts = undefined)); // the next execute asks again
    return accounts;
  }

  private show(accounts: Account[], selection: Selection): void {
    this.render();
    const { account, property } = selection;
    const lists = [accounts, account.properties, property?.views ?? []];
    const chosen = [account, property, selection.view];
    this.menus.forEach((menu, i) => fill(menu, lists[i] ?? [], chosen[i]?.id));
    this.tell(selection);
  }

  // The page may have emptied the container, or named another.
  private render(): void {
    const container = containerOf(this.component.get().container);
    this.component.container = container;
    if (this.menus.length > 0 && this.menus.every((menu) => container.contains(menu))) return;
    mount(container, this.component.get().template || this.component.template);
    this.menus = fieldsOf(container, 'select', ['Account', 'Property', 'View']);
    const options = ['accountId', 'propertyId', 'viewId'];
    this.menus.forEach((menu, i) =>
      menu.addEventListener('change', () => this.component.set({ [options[i] ?? '']: menu.value }).execute()),
    );
  }

  private tell(selection: Selection): void {
    const events = eventsOf(this.selection, selection);
    this.selection = selection;
    Object.assign(this.component, selection);
    for (const event of events) this.component.emit(event, event === 'change' ? selection.ids : { ...selection });
  }
}

// The list may have several pages.
async function summaries(api: EmbedApi): Promise<unknown[]> {
  const items: unknown[] = [];
  for (;;) {
    const request = api.client.analytics.management.accountSummaries.list({ 'start-index': items.length + 1 });
    const page = await new Promise<Listing>((resolve, reject) => request.then(({ result }) => resolve(result), reject));
    items.push(...(page.items ?? []));
    if (!page.items?.length || items.length >= (page.totalResults ?? 0)) return items;
  }
}

// An unchanged menu is not rebuilt: it may have the focus.
function fill(menu: HTMLSelectElement, list: { id: string; name: string }[], chosen: string | undefined): void {
  const same = menu.options.length === list.length && list.every(({ id }, i) => menu.options[i]?.value === id);
  if (!same) menu.replaceChildren(...list.map(({ id, name }) => new Option(name, id)));
  menu.selectedIndex = list.findIndex(({ id }) => id === chosen);
  menu.disabled = list.length === 0;
}

if (typeof window !== 'undefined') register('ViewSelector2', viewSelector2);
