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

/** A choice of one view; each is there as soon as the one before is. */
export interface Choice {
  account?: AccountSummary;
  property?: PropertySummary;
  view?: ProfileSummary;
}

/** What a page wants to be chosen, by ids; empty where it does not say. */
export interface Wish {
  account: string;
  property: string;
  view: string;
}

/** The choice that a wish comes to: wherever it names nothing that is there, the first. */
export function choose(accounts: AccountSummary[], wish: Wish): Choice {
  const all = accounts.flatMap((account) =>
    (account.webProperties ?? []).flatMap((property) => (property.profiles ?? []).map((view) => ({ account, property, view }))),
  );
  const wished = all.find(({ account, property, view }) =>
    wish.view !== ''
      ? idsOf(view) === wish.view
      : (wish.property === '' || property.id === wish.property) && (wish.account === '' || account.id === wish.account),
  );
  return wished ?? all[0] ?? {};
}

/** A view as queries name it. */
export function idsOf(view: ProfileSummary): string {
  return view.id.startsWith('ga:') ? view.id : `ga:${view.id}`;
}
