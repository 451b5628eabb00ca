package policy

import (
	"fmt"
	"slices"
	"strings"
)

// A Disclosure says that fields which a view allows tell fields which it denies, or let
// them be computed or estimated.
type Disclosure struct {
	Denied, By []string // names of fields
	Family     string   // of both; denying it closes the disclosure
}

// String says what to write, for operators.
func (d Disclosure) String() string {
	return fmt.Sprintf("denied: %s; allowed, though it tells them: %s; deny that too, by name or as %s%s",
		strings.Join(d.Denied, ", "), strings.Join(d.By, ", "), familyPrefix, d.Family)
}

// Disclosures returns what the denied fields can be told from, so that an operator can
// deny that too. It knows Google's own fields alone; nil without denied fields.
func (f Fields) Disclosures() (all []Disclosure) {
	f = f.expanded()
	if len(f.Deny) == 0 {
		return nil
	}
	for _, r := range relations {
		denied := filterNames(r.of, f.denies)
		if len(denied) == 0 {
			continue
		}
		if by := filterNames(r.by, f.allows); len(by) > 0 {
			all = append(all, Disclosure{denied, by, r.family})
		}
	}
	return all
}

func filterNames(names []string, keep func(string) bool) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !keep(name) })
}

// A relation says which fields tell each of others. A field in both lists tells the others.
type relation struct {
	family string
	of, by []string
}

// alike returns the relation of fields each of which tells each other.
func alike(family string, names ...string) relation { return relation{family, names, names} }

// relations are what Google's fields tell of each other: other names of a thing, finer divisions of
// it, and ratios, which give a metric back that is multiplied or divided.
var relations = slices.Concat([]relation{
	alike("revenue", "totalRevenue", "purchaseRevenue", "grossPurchaseRevenue", "itemRevenue", "grossItemRevenue", "averageRevenuePerUser",
		"averagePurchaseRevenue", "averagePurchaseRevenuePerUser", "averagePurchaseRevenuePerPayingUser", "returnOnAdSpend", "eventValue"),
	{"revenue", []string{"totalAdRevenue"}, []string{"totalRevenue", "averageRevenuePerUser"}},
	{"revenue", []string{"refundAmount"}, []string{"itemRefundAmount", "purchaseRevenue", "totalRevenue"}},
	{"revenue", []string{"itemRefundAmount"}, []string{"refundAmount", "itemRevenue"}},
	alike("advertising", "advertiserAdCost", "advertiserAdCostPerClick", "advertiserAdCostPerKeyEvent", "returnOnAdSpend"),
	{"advertising", []string{"advertiserAdClicks"}, []string{"advertiserAdCostPerClick"}},
	alike("purchase", "transactions", "ecommercePurchases", "itemsPurchased", "purchaseToViewRate", "transactionsPerPurchaser", "averagePurchaseRevenue", "transactionId"),
	alike("purchase", "totalPurchasers", "firstTimePurchasers", "purchaserRate", "firstTimePurchaserRate", "firstTimePurchasersPerNewUser",
		"transactionsPerPurchaser", "averagePurchaseRevenuePerPayingUser"),
	alike("user", "activeUsers", "totalUsers", "active1DayUsers", "active7DayUsers", "active28DayUsers", "dauPerMau", "dauPerWau", "wauPerMau",
		"cohortActiveUsers", "cohortTotalUsers", "eventCountPerUser", "screenPageViewsPerUser", "sessionsPerUser", "averageRevenuePerUser",
		"averagePurchaseRevenuePerUser", "purchaserRate", "userKeyEventRate", "crashFreeUsersRate"),
	{"user", []string{"newUsers"}, []string{"newVsReturning", "firstSessionDate", "firstTimePurchasersPerNewUser"}},
	alike("user", "crashAffectedUsers", "crashFreeUsersRate"),
	{"session", []string{"sessions"}, []string{"engagedSessions", "sessionsPerUser", "eventsPerSession", "screenPageViewsPerSession", "sessionKeyEventRate"}},
	alike("session", "engagedSessions", "engagementRate", "bounceRate"),
	alike("session", "averageSessionDuration", "userEngagementDuration"),
	{"page", []string{"screenPageViews"}, []string{"screenPageViewsPerSession", "screenPageViewsPerUser"}},
	{"event", []string{"eventCount"}, []string{"eventCountPerUser", "eventsPerSession"}},
	{"event", []string{"keyEvents"}, []string{"sessionKeyEventRate", "userKeyEventRate", "advertiserAdCostPerKeyEvent", "isKeyEvent"}},
	alike("search", "organicGoogleSearchClicks", "organicGoogleSearchImpressions", "organicGoogleSearchClickThroughRate"),
	alike("item", "itemListClickEvents", "itemListViewEvents", "itemListClickThroughRate"),
	alike("item", "promotionClicks", "promotionViews", "itemPromotionClickThroughRate"),
	alike("item", "addToCarts", "itemViewEvents", "cartToViewRate"),
	{"item", []string{"itemViewEvents"}, []string{"purchaseToViewRate"}},
	alike("item", "itemId", "itemName"),
	alike("item", "itemListId", "itemListName"),
	alike("item", "itemPromotionId", "itemPromotionName"),
	{"location", []string{"city", "cityId"}, []string{"city", "cityId"}},
	{"location", []string{"region"}, []string{"city", "cityId"}},
	{"location", []string{"country", "countryId"}, []string{"country", "countryId", "region", "city", "cityId"}},
	{"location", []string{"continent", "continentId"}, []string{"continent", "continentId", "country", "countryId", "region", "city", "cityId"}},
	{"page", []string{"pagePath", "unifiedPagePathScreen", "pageTitle", "unifiedScreenName", "unifiedPageScreen"}, []string{
		"pagePath", "unifiedPagePathScreen", "pageTitle", "unifiedScreenName", "unifiedPageScreen",
		"pagePathPlusQueryString", "pageLocation", "fullPageUrl", "pageReferrer", "landingPage", "landingPagePlusQueryString",
	}},
	{"page", []string{"pageLocation", "fullPageUrl", "pagePathPlusQueryString"}, []string{
		"pageLocation", "fullPageUrl", "pagePathPlusQueryString", "pageReferrer", "landingPagePlusQueryString",
	}},
	{"page", []string{"landingPage"}, []string{"landingPagePlusQueryString"}},
	{"page", []string{"hostName"}, []string{"pageLocation", "fullPageUrl", "pageReferrer"}},
	alike("device", "deviceModel", "mobileDeviceModel", "mobileDeviceMarketingName"),
	{"device", []string{"mobileDeviceBranding"}, []string{"deviceModel", "mobileDeviceModel", "mobileDeviceMarketingName"}},
	{"device", []string{"deviceCategory", "platform"}, []string{"platformDeviceCategory"}},
	{"device", []string{"operatingSystem", "operatingSystemVersion"}, []string{"operatingSystemWithVersion"}},
	alike("device", "language", "languageCode"),
	alike("device", "streamId", "streamName"),
	alike("audience", "audienceId", "audienceName", "audienceResourceName"),
	{"time", []string{"date"}, []string{"dateHour", "dateHourMinute", "nthDay", "nthHour", "nthMinute"}},
	{"time", []string{"hour"}, []string{"dateHour", "dateHourMinute", "nthHour", "nthMinute"}},
	{"time", []string{"minute"}, []string{"dateHourMinute", "nthMinute"}},
	alike("time", "dayOfWeek", "dayOfWeekName"),
}, sourceRelations())

// sourceRelations are those of where visits come from. Google tells a source for the event, the
// session and the user's first visit, mostly the same, and many things by id and by name.
func sourceRelations() (all []relation) {
	scoped := func(names ...string) (scoped []string) {
		for _, name := range names {
			upper := strings.ToUpper(name[:1]) + name[1:]
			scoped = append(scoped, name, "session"+upper, "firstUser"+upper)
		}
		return scoped
	}
	for _, of := range []string{
		"campaign", "cm360Account", "cm360Advertiser", "cm360Campaign", "cm360Creative", "cm360Placement", "cm360Site",
		"dv360Advertiser", "dv360Campaign", "dv360Creative", "dv360Exchange", "dv360InsertionOrder", "dv360LineItem", "dv360Partner",
		"googleAdsAdGroup", "googleAdsCampaign", "manualCampaign", "sa360AdGroup", "sa360Campaign", "sa360EngineAccount", "sa360ManagerAccount",
	} {
		all = append(all, alike("source", scoped(of+"Id", of+"Name")...))
	}
	all = append(all, alike("source", scoped("defaultChannelGroup", "primaryChannelGroup")...))
	for _, names := range [][3]string{
		{"source", "medium", "sourceMedium"}, {"cm360Source", "cm360Medium", "cm360SourceMedium"}, {"dv360Source", "dv360Medium", "dv360SourceMedium"},
		{"manualSource", "manualMedium", "manualSourceMedium"}, {"sa360Source", "sa360Medium", "sa360SourceMedium"},
	} {
		all = append(all, alike("source", scoped(names[0], names[2])...), alike("source", scoped(names[1], names[2])...))
	}
	return append(all, relation{"source", []string{"source", "sessionSource", "firstUserSource"}, []string{"pageReferrer"}})
}
