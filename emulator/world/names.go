package world

import "slices"

// Dimensions returns the names that Query.Dimensions may hold, sorted.
func Dimensions() []string {
	names := []string{
		"date", "dateHour", "dateHourMinute", "day", "dayOfWeek", "dayOfWeekName", "hour", "isoWeek", "isoYear", "isoYearIsoWeek", "minute", "month",
		"nthDay", "nthHour", "nthMinute", "nthMonth", "nthWeek", "nthYear", "week", "year", "yearMonth", "yearWeek",
		"city", "cityId", "continent", "continentId", "country", "countryId", "region",
		"browser", "deviceCategory", "mobileDeviceBranding", "mobileDeviceModel", "operatingSystem", "operatingSystemVersion",
		"operatingSystemWithVersion", "platform", "platformDeviceCategory", "screenResolution", "streamId", "streamName",
		"language", "languageCode", "newVsReturning", "signedInWithUserId", "userAgeBracket", "userGender", "firstSessionDate",
		"contentGroup", "fullPageUrl", "hostName", "landingPage", "landingPagePlusQueryString", "pageLocation", "pagePath",
		"pagePathPlusQueryString", "pageReferrer", "pageTitle", "unifiedPagePathScreen", "unifiedPageScreen", "unifiedScreenClass", "unifiedScreenName",
		"eventName", "isKeyEvent", "percentScrolled", "fileExtension", "fileName", "linkDomain", "linkUrl", "outbound", "searchTerm",
		"appVersion", "audienceId", "audienceName", "audienceResourceName", "currencyCode", "itemCategory", "itemId", "itemName", "transactionId",
		"defaultChannelGroup", "primaryChannelGroup", "source", "medium", "sourceMedium", "campaignName",
	}
	for _, of := range []string{"session", "firstUser"} {
		for _, what := range []string{"DefaultChannelGroup", "PrimaryChannelGroup", "Source", "Medium", "SourceMedium", "CampaignName"} {
			names = append(names, of+what)
		}
	}
	slices.Sort(names)
	return names
}

// Metrics returns the names that Query.Metrics may hold, sorted.
func Metrics() []string {
	var names []string
	for _, m := range metrics() {
		names = append(names, m.name)
	}
	slices.Sort(names)
	return names
}

// RealtimeDimensions returns the dimensions of Google's realtime schema.
func RealtimeDimensions() []string {
	return []string{
		"appVersion", "audienceId", "audienceName", "audienceResourceName", "city", "cityId", "country", "countryId", "deviceCategory",
		"eventName", "minutesAgo", "platform", "streamId", "streamName", "unifiedScreenName",
	}
}

// RealtimeMetrics returns the metrics of Google's realtime schema.
func RealtimeMetrics() []string {
	return []string{"activeUsers", "eventCount", "keyEvents", "screenPageViews"}
}
