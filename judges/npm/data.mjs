// Asks the Data API with @google-analytics/data over REST. Input, on stdin: {"host",
// "port", "property", "keyFile" or "token", "report", "batch", "realtime"}; the last
// three are requests without a property. Output: the answers, and how errors arrive.
import { text } from 'node:stream/consumers';
import { createRequire } from 'node:module';
import { BetaAnalyticsDataClient } from '@google-analytics/data';

const ask = JSON.parse(await text(process.stdin));

// An authentication client is whatever sets headers: the page's embed token is put
// where Google's access token would be. It must come from the copy of the
// library that the client brings along.
const { OAuth2Client } = createRequire(createRequire(import.meta.url).resolve('google-gax'))('google-auth-library');

function bearer(token) {
  const client = new OAuth2Client();
  client.setCredentials({ access_token: token }); // without an expiry_date it is sent as it is
  return client;
}

const client = new BetaAnalyticsDataClient({
  fallback: true,
  protocol: 'http',
  apiEndpoint: ask.host,
  port: ask.port,
  ...(ask.token ? { authClient: bearer(ask.token) } : { keyFilename: ask.keyFile }),
});

async function failing(call) {
  try {
    await call();
    return null;
  } catch (error) {
    return { code: error.code, message: error.message };
  }
}

const { property } = ask;
const [report] = await client.runReport({ property, ...ask.report });
const [batch] = await client.batchRunReports({ property, ...ask.batch });
const [realtime] = await client.runRealtimeReport({ property, ...ask.realtime });
const [metadata] = await client.getMetadata({ name: `${property}/metadata` });
const errors = {
  field: await failing(() => client.runReport({ property, ...ask.report, metrics: [{ name: 'noSuchMetric' }] })),
  property: await failing(() => client.runReport({ property: 'properties/1', ...ask.report })),
};
console.log(JSON.stringify({
  report, batch, realtime, errors,
  metadata: { name: metadata.name, dimensions: metadata.dimensions.length, metrics: metadata.metrics.length },
}));
