// Accounts, properties and views, and the selection among them.

export interface View {
  id: string;
  name: string;
}

/** A property of accountSummaries.list, with its `profiles` as `views`, which pages read. */
export interface Property {
  id: string;
  name: string;
  views: View[];
}

/** An account of accountSummaries.list, with its `webProperties` as `properties`. */
export interface Account {
  id: string;
  name: string;
  properties: Property[];
}

/** What a page selects, by at most one of these; by default the first view. */
export interface Wanted {
  ids?: string | null;
  viewId?: string | number | null;
  propertyId?: string | null;
  accountId?: string | number | null;
}

/** The selection. An account may have no property, and a property no view. */
export interface Selection {
  account: Account;
  property?: Property;
  view?: View;
  /** `ga:` and the id of the view. */
  ids?: string;
}

/** The names of the options that choose; at most one of them at a time. */
export const WANTED = ['ids', 'viewId', 'propertyId', 'accountId'] as const;

/** The wanted options that are there, checked to be one at most. */
export function wantedOf(options: Wanted): Wanted {
  const given = WANTED.filter((name) => options[name]);
  if (given.length > 1) throw new Error(`Only one of the options ${WANTED.join(', ')} can be given, not ${given.join(' and ')}.`);
  return Object.fromEntries(given.map((name) => [name, options[name]]));
}

/** The items of accountSummaries.list, with the names that pages read. */
export function accountsOf(items: unknown[]): Account[] {
  return (items as (Account & { webProperties?: (Property & { profiles?: View[] })[] })[]).map((account) => ({
    ...account,
    properties: (account.webProperties ?? []).map((property) => ({ ...property, views: property.profiles ?? [] })),
  }));
}

/** The selection that is wanted; where nothing is, the first view there is. */
export function choose(accounts: Account[], wanted: Wanted): Selection {
  const every = selections(accounts);
  const [name, value] = Object.entries(wanted)[0] ?? [];
  if (name === undefined) return every.find(({ view }) => view) ?? every[0] ?? refuse('any account');
  const text = String(value);
  const matches = every.filter((selection) => idIn(selection, name) === (name === 'ids' ? withPrefix(text) : text));
  return matches.find(({ view }) => view) ?? matches[0] ?? refuse(`the ${subjects[name]} "${text}"`);
}

const subjects: Record<string, string> = { ids: 'view', viewId: 'view', propertyId: 'property', accountId: 'account' };

function idIn({ account, property, view, ids }: Selection, option: string): string | undefined {
  if (option === 'accountId') return account.id;
  if (option === 'propertyId') return property?.id;
  return option === 'ids' ? ids : view?.id;
}

function withPrefix(ids: string): string {
  return ids.startsWith('ga:') ? ids : `ga:${ids}`;
}

function refuse(what: string): never {
  throw new Error(`This page has no access to ${what}.`);
}

/** Every way to choose, in the order of the list. */
function selections(accounts: Account[]): Selection[] {
  return accounts.flatMap((account) =>
    orNone(account.properties).flatMap((property) =>
      orNone(property?.views ?? []).map((view) => ({ account, property, view, ids: view && withPrefix(view.id) })),
    ),
  );
}

function orNone<T>(list: T[]): (T | undefined)[] {
  return list.length > 0 ? list : [undefined];
}

/** Returns the events of a change, the widest first. There are no view events without a view. */
export function eventsOf(before: Selection | undefined, after: Selection): string[] {
  const events: string[] = [];
  if (after.account.id !== before?.account.id) events.push('accountChange');
  if (after.property?.id !== before?.property?.id) events.push('propertyChange');
  if (after.view && after.ids !== before?.ids) events.push('viewChange', 'idsChange', 'change');
  return events;
}
