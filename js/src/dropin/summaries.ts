// The tree of accounts, properties and views, as accountSummaries.list answers it.

export interface ProfileSummary {
  id: string;
  name: string;
}

export interface PropertySummary {
  id: string;
  name: string;
  profiles?: ProfileSummary[];
}

export interface AccountSummary {
  id: string;
  name: string;
  webProperties?: PropertySummary[];
}

/** A selected view. A property implies its account, a view its property. */
export interface Choice {
  account?: AccountSummary;
  property?: PropertySummary;
  view?: ProfileSummary;
}

/** The ids that a page asks to select; empty where it names none. */
export interface Wanted {
  account: string;
  property: string;
  view: string;
}

/** Returns the wanted view, or the first one where nothing matches. */
export function choose(accounts: AccountSummary[], wanted: Wanted): Choice {
  const all = accounts.flatMap((account) =>
    (account.webProperties ?? []).flatMap((property) => (property.profiles ?? []).map((view) => ({ account, property, view }))),
  );
  const found = all.find(({ account, property, view }) =>
    wanted.view !== ''
      ? idsOf(view) === wanted.view
      : (wanted.property === '' || property.id === wanted.property) && (wanted.account === '' || account.id === wanted.account),
  );
  return found ?? all[0] ?? {};
}

/** Returns a view's id with its `ga:` prefix. */
export function idsOf(view: ProfileSummary): string {
  return view.id.startsWith('ga:') ? view.id : `ga:${view.id}`;
}
