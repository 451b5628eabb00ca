import type { ColumnType } from './table.js';

const dimensionTypes: Record<string, ColumnType> = {
  date: 'date',
  firstSessionDate: 'date',
  dateHour: 'dateHour',
  yearMonth: 'yearMonth',
  country: 'country',
  countryId: 'country',
};

/** The type of a dimension, by its API name. */
export function dimensionType(name: string): ColumnType {
  return Object.hasOwn(dimensionTypes, name) ? (dimensionTypes[name] as ColumnType) : 'text';
}

// Ratios of 0 to 1 that people read as percentages. GA4 calls them TYPE_FLOAT.
const ratios = new Set([
  'bounceRate',
  'engagementRate',
  'cartToViewRate',
  'crashFreeUsersRate',
  'dauPerMau',
  'dauPerWau',
  'wauPerMau',
  'firstTimePurchaserRate',
  'firstTimePurchasersPerNewUser',
  'itemListClickThroughRate',
  'itemPromotionClickThroughRate',
  'organicGoogleSearchClickThroughRate',
  'purchaserRate',
  'purchaseToViewRate',
  'sessionKeyEventRate',
  'userKeyEventRate',
]);

const durations = new Set(['averageSessionDuration', 'userEngagementDuration', 'adUnitExposure']);

/** The type of a metric, by its API name and the type that Google's header gives. */
export function metricType(name: string, googleType = ''): ColumnType {
  const base = name.split(':')[0] ?? name;
  if (ratios.has(base)) return 'percent';
  if (durations.has(base)) return 'seconds';
  switch (googleType) {
    case 'TYPE_CURRENCY':
      return 'currency';
    case 'TYPE_INTEGER':
      return 'integer';
    case 'TYPE_SECONDS':
    case 'TYPE_MILLISECONDS':
    case 'TYPE_MINUTES':
    case 'TYPE_HOURS':
      return 'seconds';
    default:
      return 'float';
  }
}

/** How many seconds one unit of a duration is. */
export function secondsPerUnit(googleType = ''): number {
  return { TYPE_MILLISECONDS: 0.001, TYPE_MINUTES: 60, TYPE_HOURS: 3600 }[googleType] ?? 1;
}

const lowerBetter = new Set([
  'bounceRate',
  'advertiserAdCostPerClick',
  'advertiserAdCostPerKeyEvent',
  'crashAffectedUsers',
  'refundAmount',
  'itemRefundAmount',
  'organicGoogleSearchAveragePosition',
]);

/** True for metrics of which less is good news. */
export function isLowerBetter(name: string): boolean {
  return lowerBetter.has(name);
}

const additive = new Set([
  'sessions',
  'engagedSessions',
  'screenPageViews',
  'eventCount',
  'eventValue',
  'newUsers',
  'keyEvents',
  'transactions',
  'ecommercePurchases',
  'addToCarts',
  'checkouts',
  'itemsViewed',
  'itemsPurchased',
  'itemsAddedToCart',
  'itemsCheckedOut',
  'totalRevenue',
  'purchaseRevenue',
  'grossPurchaseRevenue',
  'itemRevenue',
  'grossItemRevenue',
  'refundAmount',
  'taxAmount',
  'shippingAmount',
  'totalAdRevenue',
  'advertiserAdCost',
  'advertiserAdClicks',
  'advertiserAdImpressions',
  'organicGoogleSearchClicks',
  'organicGoogleSearchImpressions',
  'userEngagementDuration',
]);

/** True for metrics whose rows may be added up: users and rates may not. */
export function isAdditive(name: string): boolean {
  return additive.has(name);
}

const ordinals =
  /^(hour|day|dayOfWeek|minute|month|week|year|isoWeek|isoYear|isoYearIsoWeek|yearWeek|minutesAgo|nth(Minute|Hour|Day|Week|Month|Year)|cohortNth(Day|Week|Month))$/;

/** True for dimensions whose digits have an order that an axis must keep, such as `hour`. */
export function isOrdinal(name: string): boolean {
  return ordinals.test(name);
}
