// Asks for everything of Universal Analytics with googleapis, unchanged but for its
// address and its token. Input, on stdin: {"server", "token", "ids"}. Output: the
// answers, and how errors arrive.
import { text } from 'node:stream/consumers';
import { google } from 'googleapis';

const { server, token, ids } = JSON.parse(await text(process.stdin));

const auth = new google.auth.OAuth2();
auth.setCredentials({ access_token: token }); // without an expiry_date it is sent as it is
const rootUrl = `${server}/`;
const analytics = google.analytics({ version: 'v3', rootUrl, auth });
const reporting = google.analyticsreporting({ version: 'v4', rootUrl, auth });

async function body(call) {
  return (await call).data;
}

async function failing(call) {
  try {
    await call;
    return null;
  } catch (error) {
    return { code: Number(error.code), message: error.message, reason: error.response?.data.error.errors?.[0].reason };
  }
}

const everything = { accountId: '~all', webPropertyId: '~all' };
const lastWeek = { ids, 'start-date': '7daysAgo', 'end-date': 'yesterday' };

const summaries = await body(analytics.management.accountSummaries.list());
const accounts = await body(analytics.management.accounts.list());
const webproperties = await body(analytics.management.webproperties.list({ accountId: accounts.items[0].id }));
const profiles = await body(analytics.management.profiles.list(everything));
const [first] = profiles.items;
const profile = await body(analytics.management.profiles.get({ accountId: first.accountId, webPropertyId: first.webPropertyId, profileId: first.id }));
const goals = await body(analytics.management.goals.list({ ...everything, profileId: '~all' }));
const segments = await body(analytics.management.segments.list({ 'max-results': 2 }));
const columns = await body(analytics.metadata.columns.list({ reportType: 'ga' }));

const days = await body(analytics.data.ga.get({ ...lastWeek, metrics: 'ga:sessions,ga:users', dimensions: 'ga:date' }));
const table = await body(analytics.data.ga.get({ ...lastWeek, metrics: 'ga:sessions', dimensions: 'ga:date', output: 'dataTable' }));
const now = await body(analytics.data.realtime.get({ ids, metrics: 'rt:activeUsers' }));

const reports = await body(reporting.reports.batchGet({
  requestBody: {
    reportRequests: [{
      viewId: ids.slice('ga:'.length),
      dateRanges: [{ startDate: '7daysAgo', endDate: 'yesterday' }],
      metrics: [{ expression: 'ga:sessions' }, { expression: 'ga:users' }],
      dimensions: [{ name: 'ga:date' }],
    }],
  },
}));

const errors = {
  name: await failing(analytics.data.ga.get({ ...lastWeek, metrics: 'ga:14dayUsers' })),
  view: await failing(analytics.data.ga.get({ ...lastWeek, ids: 'ga:1', metrics: 'ga:users' })),
  account: await failing(analytics.management.webproperties.list({ accountId: '2' })),
  change: await failing(analytics.management.webproperties.insert({ accountId: '1', requestBody: { name: 'New' } })),
};

console.log(JSON.stringify({
  summaries, accounts, webproperties, profiles, profile, goals, segments, days, table, now, reports, errors,
  columns: { kind: columns.kind, total: columns.totalResults, items: columns.items.length, first: columns.items[0].id },
}));
