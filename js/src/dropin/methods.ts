// The methods of gapi.client.analytics and gapi.client.analyticsreporting, as a table.

/** A method: the address that answers it, with `{parameters}` in its path; of a list, the parameter whose item is wanted. */
export interface Method {
  path: string;
  post?: boolean;
  item?: string;
}

const M = 'v3/management/';
const PROPERTIES = `${M}accounts/{accountId}/webproperties`;
const PROFILES = `${PROPERTIES}/{webPropertyId}/profiles`;
const GOALS = `${PROFILES}/{profileId}/goals`;

/** What the server answers. */
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

/** What pages can name and nobody answers any more. */
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

/** A method's path with its parameters; those that are not given mean all. The rest of them is left for the query. */
export function fill(path: string, parameters: Record<string, string>): { path: string; rest: Record<string, string> } {
  const rest = { ...parameters };
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = rest[name] ?? '~all';
    delete rest[name];
    return encodeURIComponent(value);
  });
  return { path: filled, rest };
}
