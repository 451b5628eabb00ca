// Asks the newer methods of the Data API with @google-analytics/data over REST. Input, on
// stdin: {"host", "port", "property", "keyFile"}. Output: the answers.
import { text } from 'node:stream/consumers';
import { BetaAnalyticsDataClient } from '@google-analytics/data';

const { host, port, property, keyFile } = JSON.parse(await text(process.stdin));
const client = new BetaAnalyticsDataClient({ fallback: true, protocol: 'http', apiEndpoint: host, port, keyFilename: keyFile });

const dateRanges = [{ startDate: '28daysAgo', endDate: 'yesterday' }];
const question = {
  dateRanges,
  dimensions: [{ name: 'country' }, { name: 'deviceCategory' }],
  metrics: [{ name: 'sessions' }, { name: 'totalUsers' }],
  pivots: [
    {
      fieldNames: ['country'], limit: 3, metricAggregations: ['TOTAL'],
      orderBys: [{ desc: true, pivot: { metricName: 'sessions', pivotSelections: [{ dimensionName: 'deviceCategory', dimensionValue: 'mobile' }] } }],
    },
    { fieldNames: ['deviceCategory'], limit: 2 },
  ],
};
const [pivot] = await client.runPivotReport({ property, ...question });
const [batch] = await client.batchRunPivotReports({ property, requests: [question, question] });
const [compared] = await client.runReport({
  property, dateRanges,
  dimensions: [{ name: 'upper', dimensionExpression: { upperCase: { dimensionName: 'country' } } }],
  metrics: [{ name: 'perUser', expression: 'sessions/totalUsers' }, { name: 'sessions', invisible: true }],
  comparisons: [{ comparison: 'comparisons/mobileTraffic' }, { name: 'rest', dimensionFilter: { notExpression: { filter: { fieldName: 'deviceCategory', stringFilter: { value: 'mobile' } } } } }],
});
const [compatibility] = await client.checkCompatibility({ property, metrics: [{ name: 'sessions' }], compatibilityFilter: 'INCOMPATIBLE' });
console.log(JSON.stringify({ pivot, batch, compared, compatibility }));
