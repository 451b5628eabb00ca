// The methods of gapi.client.analytics and gapi.client.analyticsreporting, as a table.

/** A method: its path, with `{parameters}`; `item` is the parameter that picks one item of the list. */
export interface Method {
  path: string;
  post?: boolean;
  item?: string;
}

const M = 'v3/management/';
const PROPERTIES = `${M}accounts/{accountId}/webproperties`;
const PROFILES = `${PROPERTIES}/{webPropertyId}/profiles`;
const GOALS = `${PROFILES}/{profileId}/goals`;

/** The methods that the server serves. */
export const served: Record<string, Method> = {
  'analytics.data.ga.get': { path: 'v3/data/ga' },
  'analytics.data.realtime.get': { path: 'v3/data/realtime' },
  'analytics.management.accountSummaries.list': { path: `${M}accountSummaries` },
  'analytics.management.accounts.list': { path: `${M}accounts` },
  'analytics.management.webproperties.list': { path: PROPERTIES },
  'analytics.management.webproperties.get': { path: PROPERTIES, item: 'webPropertyId' },
  'analytics.management.profiles.list': { path: PROFILES },
  'analytics.management.profiles.get': { path: PROFILES, item: 'profileId' },
  'analytics.management.goals.list': { path: GOALS },
  'analytics.management.goals.get': { path: GOALS, item: 'goalId' },
  'analytics.management.segments.list': { path: `${M}segments` },
  'analytics.metadata.columns.list': { path: 'v3/metadata/ga/columns' },
  'analytics.metadata.column.list': { path: 'v3/metadata/ga/columns' },
  'analyticsreporting.reports.batchGet': { path: 'v4/reports:batchGet', post: true },
};

const MANAGED = [
  'accountSummaries',
  'accountUserLinks',
  'accounts',
  'clientId',
  'customDataSources',
  'customDimensions',
  'customMetrics',
  'experiments',
  'filters',
  'goals',
  'profileFilterLinks',
  'profileUserLinks',
  'profiles',
  'remarketingAudience',
  'segments',
  'unsampledReports',
  'uploads',
  'webPropertyAdWordsLinks',
  'webproperties',
  'webpropertyUserLinks',
];
const VERBS = ['list', 'get', 'insert', 'patch', 'update', 'delete'];

/** The methods that are no longer available. */
export const unserved: string[] = [
  'analytics.data.mcf.get',
  ...MANAGED.flatMap((noun) => VERBS.map((verb) => `analytics.management.${noun}.${verb}`)),
  'analytics.management.clientId.hashClientId',
  'analytics.management.uploads.deleteUploadData',
  'analytics.management.uploads.uploadData',
  'analytics.provisioning.createAccountTicket',
  'analytics.provisioning.createAccountTree',
  'analytics.userDeletion.userDeletionRequest.upsert',
  'analyticsreporting.userActivity.search',
].filter((name) => !Object.hasOwn(served, name));

/** Fills a method's path; missing parameters mean all. The rest is left for the query. */
export function fill(path: string, parameters: Record<string, string>): { path: string; rest: Record<string, string> } {
  const rest = { ...parameters };
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = rest[name] ?? '~all';
    delete rest[name];
    return encodeURIComponent(value);
  });
  return { path: filled, rest };
}
