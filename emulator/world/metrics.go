package world

// A metric computes its value from the parts of a group.
type metric struct {
	name  string
	needs needs
	value func(p *part) float64
}

// metrics lists all, with the definitions of Google's schema. Users and sessions are
// distinct ones; users without another word are active ones: those with an engaged session, a first
// visit, or engagement time. A rate of nothing is 0.
func metrics() []metric {
	const users, sessions, rolling = needUsers, needSessions, needRolling
	return []metric{
		{"active1DayUsers", rolling, func(p *part) float64 { return float64(p.day) }},
		{"active28DayUsers", rolling, func(p *part) float64 { return float64(p.month) }},
		{"active7DayUsers", rolling, func(p *part) float64 { return float64(p.week) }},
		{"activeUsers", users, func(p *part) float64 { return float64(p.active) }},
		{"addToCarts", 0, func(p *part) float64 { return float64(p.carts) }},
		{"averagePurchaseRevenue", 0, func(p *part) float64 { return money(p.revenue, p.orders) }},
		{"averagePurchaseRevenuePerPayingUser", users, func(p *part) float64 { return money(p.revenue, p.buyers) }},
		{"averagePurchaseRevenuePerUser", users, func(p *part) float64 { return money(p.revenue, p.active) }},
		{"averageRevenuePerUser", users, func(p *part) float64 { return money(p.revenue, p.active) }},
		{"averageSessionDuration", sessions, func(p *part) float64 { return ratio(p.length, p.sessions) }},
		{"bounceRate", sessions, func(p *part) float64 { return ratio(p.sessions-p.engaged, p.sessions) }},
		{"cartToViewRate", users, func(p *part) float64 { return ratio(p.carters, p.viewers) }},
		{"checkouts", 0, func(p *part) float64 { return float64(p.checkouts) }},
		{"dauPerMau", rolling, func(p *part) float64 { return ratio(p.day, p.month) }},
		{"dauPerWau", rolling, func(p *part) float64 { return ratio(p.day, p.week) }},
		{"ecommercePurchases", 0, func(p *part) float64 { return float64(p.orders) }},
		{"engagedSessions", sessions, func(p *part) float64 { return float64(p.engaged) }},
		{"engagementRate", sessions, func(p *part) float64 { return ratio(p.engaged, p.sessions) }},
		{"eventCount", 0, func(p *part) float64 { return float64(p.events) }},
		{"eventCountPerUser", users, func(p *part) float64 { return ratio(p.events, p.active) }},
		{"eventValue", 0, func(p *part) float64 { return money(p.cents, 1) }},
		{"eventsPerSession", sessions, func(p *part) float64 { return ratio(p.events, p.sessions) }},
		{"firstTimePurchaserRate", users, func(p *part) float64 { return ratio(p.firstOrders, p.active) }},
		{"firstTimePurchasers", 0, func(p *part) float64 { return float64(p.firstOrders) }},
		{"firstTimePurchasersPerNewUser", 0, func(p *part) float64 { return ratio(p.firstOrders, p.newUsers) }},
		{"grossItemRevenue", 0, func(p *part) float64 { return money(p.revenue, 1) }},
		{"grossPurchaseRevenue", 0, func(p *part) float64 { return money(p.revenue, 1) }},
		{"itemRevenue", 0, func(p *part) float64 { return money(p.revenue, 1) }},
		{"itemViewEvents", 0, func(p *part) float64 { return float64(p.itemViews) }},
		{"itemsAddedToCart", 0, func(p *part) float64 { return float64(p.added) }},
		{"itemsCheckedOut", 0, func(p *part) float64 { return float64(p.inOrder) }},
		{"itemsPurchased", 0, func(p *part) float64 { return float64(p.sold) }},
		{"itemsViewed", 0, func(p *part) float64 { return float64(p.viewed) }},
		{"keyEvents", 0, func(p *part) float64 { return float64(p.keyEvents) }},
		{"newUsers", 0, func(p *part) float64 { return float64(p.newUsers) }},
		{"purchaseRevenue", 0, func(p *part) float64 { return money(p.revenue, 1) }},
		{"purchaseToViewRate", users, func(p *part) float64 { return ratio(p.buyers, p.viewers) }},
		{"purchaserRate", users, func(p *part) float64 { return ratio(p.buyers, p.active) }},
		{"screenPageViews", 0, func(p *part) float64 { return float64(p.views) }},
		{"screenPageViewsPerSession", sessions, func(p *part) float64 { return ratio(p.views, p.sessions) }},
		{"screenPageViewsPerUser", users, func(p *part) float64 { return ratio(p.views, p.active) }},
		{"scrolledUsers", users, func(p *part) float64 { return float64(p.scrolled) }},
		{"sessionKeyEventRate", sessions, func(p *part) float64 { return ratio(p.keySessions, p.sessions) }},
		{"sessions", sessions, func(p *part) float64 { return float64(p.sessions) }},
		{"sessionsPerUser", users | sessions, func(p *part) float64 { return ratio(p.sessions, p.active) }},
		{"totalPurchasers", users, func(p *part) float64 { return float64(p.buyers) }},
		{"totalRevenue", 0, func(p *part) float64 { return money(p.revenue, 1) }},
		{"totalUsers", users, func(p *part) float64 { return float64(p.users) }},
		{"transactions", 0, func(p *part) float64 { return float64(p.orders) }},
		{"transactionsPerPurchaser", users, func(p *part) float64 { return ratio(p.orders, p.buyers) }},
		{"userEngagementDuration", 0, func(p *part) float64 { return float64(p.seconds) }},
		{"userKeyEventRate", users, func(p *part) float64 { return ratio(p.keyUsers, p.active) }},
		{"wauPerMau", rolling, func(p *part) float64 { return ratio(p.week, p.month) }},
	}
}

func ratio(a, b int64) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// money divides hundredths of the currency by a number of things.
func money(cents, by int64) float64 {
	if by == 0 {
		return 0
	}
	return float64(cents) / 100 / float64(by)
}

func metricNamed(name string) (metric, bool) {
	for _, m := range metrics() {
		if m.name == name {
			return m, true
		}
	}
	return metric{}, false
}
