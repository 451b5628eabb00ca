package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// familyPrefix begins what names a family in a list of fields. No field of Google's begins so.
const familyPrefix = "family:"

// families are fields that tell of one thing, which Fields name together: "family:revenue".
// A field may be in several. Source: categories, types and names of the Data API's metadata,
// which TestFamilies compares.
var families = map[string][]string{
	"revenue": {
		"totalRevenue", "purchaseRevenue", "grossPurchaseRevenue", "itemRevenue", "grossItemRevenue", "averageRevenuePerUser",
		"averagePurchaseRevenue", "averagePurchaseRevenuePerUser", "averagePurchaseRevenuePerPayingUser", "totalAdRevenue", "returnOnAdSpend",
		"refundAmount", "itemRefundAmount", "itemDiscountAmount", "taxAmount", "shippingAmount", "eventValue", "currencyCode",
	},
	"purchase": {
		"transactions", "transactionsPerPurchaser", "ecommercePurchases", "itemsPurchased", "totalPurchasers", "firstTimePurchasers",
		"firstTimePurchaserRate", "firstTimePurchasersPerNewUser", "purchaserRate", "purchaseToViewRate", "averagePurchaseRevenue",
		"averagePurchaseRevenuePerPayingUser", "transactionId", "orderCoupon", "shippingTier",
	},
	"item":        {"item*", "customItem:*", "addToCarts", "checkouts", "cartToViewRate", "purchaseToViewRate", "promotionClicks", "promotionViews"},
	"advertising": {"advertiserAd*", "returnOnAdSpend"},
	"publisher":   {"adFormat", "adSourceName", "adUnit*", "publisherAd*", "totalAdRevenue"},
	"search": {
		"searchTerm", "organicGoogleSearch*",
		"googleAdsKeyword", "sessionGoogleAdsKeyword", "firstUserGoogleAdsKeyword", "googleAdsQuery", "sessionGoogleAdsQuery", "firstUserGoogleAdsQuery",
		"sa360Keyword*", "sessionSa360Keyword*", "firstUserSa360Keyword*", "sa360Query", "sessionSa360Query", "firstUserSa360Query",
		"manualTerm", "sessionManualTerm", "firstUserManualTerm",
	},
	"source": {
		"campaign*", "cm360*", "dv360*", "sa360*", "googleAds*", "manual*", "medium", "source*", "defaultChannelGroup", "primaryChannelGroup", "customChannelGroup:*",
		"sessionCampaign*", "sessionCm360*", "sessionDv360*", "sessionSa360*", "sessionGoogleAds*", "sessionManual*", "sessionMedium", "sessionSource*",
		"sessionDefaultChannelGroup", "sessionPrimaryChannelGroup", "sessionCustomChannelGroup:*", "firstUser*", "pageReferrer",
	},
	"location": {"city", "cityId", "region", "country", "countryId", "continent", "continentId"},
	"page":     {"page*", "landingPage*", "fullPageUrl", "hostName", "unified*", "content*", "screenPageViews*"},
	"device": {
		"deviceCategory", "deviceModel", "mobileDevice*", "operatingSystem*", "platform*", "browser", "screenResolution", "language*", "appVersion", "stream*",
		"crashAffectedUsers", "crashFreeUsersRate",
	},
	"time":         {"date*", "day*", "hour", "minute*", "week", "month", "year*", "iso*", "nth*", "firstSessionDate"},
	"cohort":       {"cohort*"},
	"audience":     {"audience*"},
	"demographics": {"brandingInterest", "userAgeBracket", "userGender"},
	"user": {
		"audience*", "brandingInterest", "userAgeBracket", "userGender", "newVsReturning", "signedInWithUserId", "firstSessionDate", "cohort*", "customUser:*",
		"activeUsers", "active1DayUsers", "active7DayUsers", "active28DayUsers", "dauPerMau", "dauPerWau", "wauPerMau", "newUsers", "totalUsers",
		"totalPurchasers", "purchaserRate", "firstTimePurchasers", "firstTimePurchaserRate", "firstTimePurchasersPerNewUser", "transactionsPerPurchaser",
		"userEngagementDuration", "userKeyEventRate", "userKeyEventRate:*", "eventCountPerUser", "screenPageViewsPerUser", "sessionsPerUser",
		"averageRevenuePerUser", "averagePurchaseRevenuePerUser", "averagePurchaseRevenuePerPayingUser",
		"crashAffectedUsers", "crashFreeUsersRate", "scrolledUsers",
	},
	"session": {
		"sessions", "sessionsPerUser", "engagedSessions", "engagementRate", "bounceRate", "averageSessionDuration", "userEngagementDuration",
		"eventsPerSession", "screenPageViewsPerSession", "sessionKeyEventRate", "sessionKeyEventRate:*",
	},
	"event": {
		"eventName", "isKeyEvent", "eventCount", "eventCountPerUser", "eventsPerSession", "eventValue", "keyEvents", "keyEvents:*",
		"sessionKeyEventRate", "sessionKeyEventRate:*", "userKeyEventRate", "userKeyEventRate:*", "advertiserAdCostPerKeyEvent", "customEvent:*",
		"achievementId", "character", "file*", "groupId", "level", "link*", "method", "outbound", "percentScrolled", "scrolledUsers", "searchTerm",
		"video*", "virtualCurrencyName", "visible",
	},
}

// expanded returns f with the fields of families in their places.
func (f Fields) expanded() Fields {
	return Fields{Allow: expandFamilies(f.Allow), Deny: expandFamilies(f.Deny)}
}

func expandFamilies(patterns []string) (expanded []string) {
	for _, pattern := range patterns {
		if name, ok := strings.CutPrefix(pattern, familyPrefix); ok {
			expanded = append(expanded, families[name]...)
			continue
		}
		expanded = append(expanded, pattern)
	}
	return expanded
}

// validateFamily returns an error for a family that does not exist.
func validateFamily(pattern string) error {
	name := strings.TrimPrefix(pattern, familyPrefix)
	if _, known := families[name]; !known {
		return fmt.Errorf("there is no family %q of fields; families are %s", name, strings.Join(slices.Sorted(maps.Keys(families)), ", "))
	}
	return nil
}
