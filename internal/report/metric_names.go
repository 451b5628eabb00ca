package report

import "slices"

// metricNames are Google's metrics, so that a filter of dimensions over one can say what is
// wrong. Source: metrics of properties/0/metadata.
var metricNames = []string{
	"active1DayUsers", "active28DayUsers", "active7DayUsers", "activeUsers", "adUnitExposure", "addToCarts", "advertiserAdClicks", "advertiserAdCost",
	"advertiserAdCostPerClick", "advertiserAdCostPerKeyEvent", "advertiserAdImpressions", "averagePurchaseRevenue", "averagePurchaseRevenuePerPayingUser",
	"averagePurchaseRevenuePerUser", "averageRevenuePerUser", "averageSessionDuration", "bounceRate", "cartToViewRate", "checkouts", "cohortActiveUsers",
	"cohortTotalUsers", "crashAffectedUsers", "crashFreeUsersRate", "dauPerMau", "dauPerWau", "ecommercePurchases", "engagedSessions", "engagementRate",
	"eventCount", "eventCountPerUser", "eventValue", "eventsPerSession", "firstTimePurchaserRate", "firstTimePurchasers", "firstTimePurchasersPerNewUser",
	"grossItemRevenue", "grossPurchaseRevenue", "itemDiscountAmount", "itemListClickEvents", "itemListClickThroughRate", "itemListViewEvents",
	"itemPromotionClickThroughRate", "itemRefundAmount", "itemRevenue", "itemViewEvents", "itemsAddedToCart", "itemsCheckedOut", "itemsClickedInList",
	"itemsClickedInPromotion", "itemsPurchased", "itemsViewed", "itemsViewedInList", "itemsViewedInPromotion", "keyEvents", "newUsers",
	"organicGoogleSearchAveragePosition", "organicGoogleSearchClickThroughRate", "organicGoogleSearchClicks", "organicGoogleSearchImpressions",
	"promotionClicks", "promotionViews", "publisherAdClicks", "publisherAdImpressions", "purchaseRevenue", "purchaseToViewRate", "purchaserRate",
	"refundAmount", "returnOnAdSpend", "screenPageViews", "screenPageViewsPerSession", "screenPageViewsPerUser", "scrolledUsers", "sessionKeyEventRate",
	"sessions", "sessionsPerUser", "shippingAmount", "taxAmount", "totalAdRevenue", "totalPurchasers", "totalRevenue", "totalUsers", "transactions",
	"transactionsPerPurchaser", "userEngagementDuration", "userKeyEventRate", "wauPerMau",
}

func isMetric(name string) bool { return slices.Contains(metricNames, name) }
