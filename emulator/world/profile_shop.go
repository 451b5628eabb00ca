package world

// shopProfile is the shape of one busy site. The figures are derived from the GA4 reports
// of one agency in analytics.usa.gov (postal-service, taken January to March
// 2024; U.S. public domain, CC0 elsewhere); names, pages and products are made up.
// Weights are parts of 100 000 unless stated otherwise.
func shopProfile() *profile {
	return &profile{
		home:     "New Zealand",
		language: "English",
		keyEvent: "purchase",
		// users.csv: the median of each weekday over 90 days, Sunday first; the mean is 1.
		week: [7]float64{0.604, 1.102, 1.129, 1.077, 1.108, 1.098, 0.882},
		// last-48-hours.json, 2024-01-04: sessions by hour of the day.
		hours:     [24]float64{2082, 1580, 1234, 1035, 1010, 1370, 2151, 3789, 5413, 6126, 6709, 6508, 6343, 6291, 6078, 5989, 5625, 5351, 4907, 4886, 4726, 4239, 3647, 2910},
		devices:   shopDevices(),
		tech:      shopTech(),
		screens:   shopScreens(),
		languages: shopLanguages(),
		countries: shopCountries(),
		pages:     shopPages(),
		sources:   shopSources(),
		files:     []string{"/files/size-chart.pdf", "/files/care-guide.pdf", "/files/returns-form.pdf"},
		links: []string{
			"https://www.parcels.example/track", "https://www.instagram.com/", "https://www.wool-weekly.example/", "https://maps.example/kauri-wool",
		},
		products: shopProducts(),
	}
}

// shopDevices follows devices.csv, sessions of 90 days.
func shopDevices() []weight {
	return []weight{
		{"mobile", 78921},
		{"desktop", 19858},
		{"tablet", 1219},
		{"smart tv", 2},
	}
}

// shopTech follows os-browsers.csv, sessions of 90 days.
func shopTech() []techWeight {
	return []techWeight{
		{"Safari", "iOS", 50015},
		{"Chrome", "Android", 15496},
		{"Chrome", "Windows", 8553},
		{"Chrome", "iOS", 5035},
		{"Safari (in-app)", "iOS", 5012},
		{"Safari", "Macintosh", 3827},
		{"Edge", "Windows", 3480},
		{"Samsung Internet", "Android", 2052},
		{"Android Webview", "Android", 2023},
		{"Chrome", "Macintosh", 1969},
		{"Firefox", "Windows", 852},
		{"Chrome", "Chrome OS", 386},
		{"Chrome", "Linux", 336},
		{"Firefox", "Android", 204},
		{"Firefox", "Macintosh", 195},
		{"Edge", "Android", 185},
		{"Amazon Silk", "Android", 143},
		{"Opera", "Windows", 77},
		{"Firefox", "Linux", 34},
		{"Samsung Internet", "Linux", 33},
		{"Opera", "Android", 30},
		{"Internet Explorer", "Windows", 19},
	}
}

// shopScreens follows screen-size.csv, sessions of 90 days.
func shopScreens() []weight {
	return []weight{
		{"390x844", 17457},
		{"428x926", 10144},
		{"430x932", 8201},
		{"414x896", 7098},
		{"1920x1080", 6959},
		{"393x852", 6119},
		{"375x812", 5302},
		{"412x915", 2647},
		{"375x667", 2413},
		{"1536x864", 1846},
		{"1440x900", 1761},
		{"360x800", 1654},
		{"360x780", 1568},
		{"1366x768", 1462},
		{"320x693", 1117},
		{"412x892", 1116},
		{"384x824", 1090},
		{"1280x720", 1005},
		{"412x883", 953},
		{"384x854", 775},
		{"2560x1440", 773},
		{"385x854", 717},
		{"384x832", 701},
		{"810x1080", 684},
		{"1600x900", 684},
		{"414x736", 637},
		{"412x869", 593},
		{"384x857", 590},
		{"768x1024", 550},
		{"1680x1050", 426},
		{"820x1180", 411},
		{"432x960", 396},
		{"1280x800", 389},
		{"320x568", 371},
		{"1024x1366", 359},
		{"360x772", 334},
		{"412x846", 309},
		{"360x760", 309},
		{"320x712", 303},
		{"360x740", 298},
		{"1920x1200", 278},
		{"1280x1024", 270},
		{"360x880", 268},
		{"834x1194", 257},
		{"385x824", 240},
		{"432x984", 215},
		{"1470x956", 204},
		{"1512x982", 194},
		{"2048x1152", 193},
		{"320x694", 173},
		{"345x883", 170},
		{"834x1112", 167},
		{"1728x1117", 162},
		{"3440x1440", 155},
		{"412x938", 148},
		{"339x753", 142},
		{"2240x1260", 142},
		{"1536x960", 138},
		{"360x720", 131},
		{"360x640", 128},
	}
}

// shopLanguages follows language.csv, sessions of 90 days.
func shopLanguages() []weight {
	return []weight{
		{"English", 96371},
		{"Spanish", 1945},
		{"Chinese", 349},
		{"French", 221},
		{"German", 210},
		{"Turkish", 142},
		{"Portuguese", 116},
		{"Russian", 111},
		{"Japanese", 94},
		{"Korean", 70},
		{"Italian", 47},
		{"Vietnamese", 46},
		{"Dutch", 39},
		{"Polish", 38},
		{"Arabic", 28},
		{"Ukrainian", 27},
	}
}

// shopCountries follows top-countries-realtime.json, active users.
func shopCountries() []weight {
	return []weight{
		{"United States", 95866},
		{"Canada", 695},
		{"Puerto Rico", 626},
		{"Philippines", 434},
		{"India", 281},
		{"Mexico", 253},
		{"United Kingdom", 224},
		{"Nigeria", 196},
		{"Germany", 178},
		{"Indonesia", 112},
		{"Brazil", 95},
		{"France", 88},
		{"Dominican Republic", 82},
		{"Colombia", 81},
		{"Jamaica", 66},
		{"Pakistan", 64},
		{"Netherlands", 53},
		{"Italy", 52},
		{"Costa Rica", 51},
		{"Türkiye", 46},
		{"Spain", 42},
		{"Japan", 41},
		{"Vietnam", 40},
		{"China", 39},
		{"Poland", 37},
		{"U.S. Virgin Islands", 36},
		{"Panama", 31},
		{"Venezuela", 31},
		{"Ecuador", 28},
		{"Israel", 28},
		{"Singapore", 28},
		{"Ukraine", 26},
		{"Chile", 24},
		{"Honduras", 24},
	}
}

// shopPages follows top-pages-30-days.json and top-landing-pages-30-days.json: views, sessions begun
// and bounce rates by rank.
func shopPages() []page {
	return []page{
		{"/orders/track", "", "Track your order | Kauri & Wool", "Orders", 24122, 31412, 0.900},
		{"/", "", "Kauri & Wool | Blankets, knitwear and homeware", "Home", 23388, 30605, 0.900},
		{"/orders/track", "?from=email", "Track your order | Kauri & Wool", "Orders", 9417, 5803, 0.900},
		{"/products/merino-throw", "", "Merino throw | Kauri & Wool", "Products", 6688, 5142, 0.900},
		{"/account/sign-in", "", "Sign in | Kauri & Wool", "Account", 5333, 4282, 0.900},
		{"/collections/blankets", "", "Blankets | Kauri & Wool", "Collections", 5222, 3558, 0.900},
		{"/products/possum-beanie", "", "Possum merino beanie | Kauri & Wool", "Products", 4876, 3514, 0.900},
		{"/products/wool-socks", "", "Bush socks, 3 pairs | Kauri & Wool", "Products", 4116, 2412, 0.900},
		{"/collections/sale", "", "Sale | Kauri & Wool", "Collections", 3984, 2378, 0.900},
		{"/products/lambswool-blanket", "", "Lambswool blanket | Kauri & Wool", "Products", 3128, 1547, 0.900},
		{"/account", "", "Your account | Kauri & Wool", "Account", 1632, 1509, 0.900},
		{"/cart", "", "Your cart | Kauri & Wool", "Checkout", 1352, 1311, 0.900},
		{"/collections/knitwear", "", "Knitwear | Kauri & Wool", "Collections", 955, 1238, 0.900},
		{"/products/fisher-jersey", "", "Fisher's jersey | Kauri & Wool", "Products", 843, 914, 0.900},
		{"/delivery", "", "Delivery and returns | Kauri & Wool", "Help", 593, 766, 0.900},
		{"/products/kauri-board", "", "Swamp kauri serving board | Kauri & Wool", "Products", 577, 751, 0.900},
		{"/size-guide", "", "Size guide | Kauri & Wool", "Help", 551, 626, 0.900},
		{"/products/baby-blanket", "", "Baby blanket | Kauri & Wool", "Products", 549, 488, 0.900},
		{"/collections/homeware", "", "Homeware | Kauri & Wool", "Collections", 506, 341, 0.900},
		{"/products/gift-card", "", "Gift card | Kauri & Wool", "Products", 406, 290, 0.900},
		{"/stores", "", "Our shops | Kauri & Wool", "About", 357, 246, 0.900},
		{"/products/felt-slippers", "", "Felt slippers | Kauri & Wool", "Products", 314, 209, 0.900},
		{"/journal/how-we-spin", "", "How we spin | Kauri & Wool", "Journal", 277, 178, 0.900},
		{"/products/beeswax-candle", "", "Beeswax candle | Kauri & Wool", "Products", 243, 151, 0.900},
		{"/journal", "", "Journal | Kauri & Wool", "Journal", 214, 128, 0.900},
		{"/help", "", "Help | Kauri & Wool", "Help", 188, 109, 0.900},
		{"/about", "", "About us | Kauri & Wool", "About", 166, 93, 0.900},
		{"/search", "?q=throw", "Search | Kauri & Wool", "Search", 591, 0, 0.3},
		{"/search", "?q=blanket", "Search | Kauri & Wool", "Search", 295, 0, 0.3},
		{"/search", "?q=socks", "Search | Kauri & Wool", "Search", 197, 0, 0.3},
		{"/search", "?q=gift", "Search | Kauri & Wool", "Search", 148, 0, 0.3},
		{"/search", "?q=returns", "Search | Kauri & Wool", "Search", 118, 0, 0.3},
		{"/search", "?q=merino", "Search | Kauri & Wool", "Search", 98, 0, 0.3},
		{"/search", "?q=jersey", "Search | Kauri & Wool", "Search", 84, 0, 0.3},
		{"/search", "?q=track+order", "Search | Kauri & Wool", "Search", 74, 0, 0.3},
	}
}

// shopSources follows top-traffic-sources-30-days.json: sessions, views per session, seconds per session, bounce rate.
func shopSources() []source {
	return []source{
		{"(direct)", "(none)", "Direct", "(direct)", "", 277862391, 1.856, 160, 0.600},
		{"google", "organic", "Organic Search", "(organic)", "https://www.google.com/", 91134647, 2.523, 276, 0.389},
		{"google", "cpc", "Paid Search", "winter-blankets", "https://www.google.com/", 7453191, 3.203, 257, 0.326},
		{"order-updates", "email", "Email", "parcel-expected", "", 8885406, 2.12, 187, 0.498},
		{"bing", "organic", "Organic Search", "(organic)", "https://www.bing.com/", 5001763, 3.017, 318, 0.257},
		{"order-updates", "email", "Email", "parcel-delivered", "", 3359613, 2.32, 199, 0.457},
		{"(not set)", "(not set)", "Unassigned", "(not set)", "", 2638343, 1.05, 12, 0.95},
		{"yahoo", "organic", "Organic Search", "(organic)", "https://nz.search.yahoo.com/", 1833999, 3.025, 301, 0.246},
		{"newsletter", "email", "Email", "journal", "", 1378027, 1.84, 188, 0.561},
		{"duckduckgo", "organic", "Organic Search", "(organic)", "https://duckduckgo.com/", 1156592, 2.693, 269, 0.342},
		{"google-maps", "local", "Unassigned", "shops", "https://www.google.com/maps/", 378785, 3.195, 380, 0.308},
		{"instagram", "social", "Organic Social", "(not set)", "https://l.instagram.com/", 528117, 1.078, 30, 0.90},
		{"wool-weekly.example", "referral", "Referral", "(referral)", "https://www.wool-weekly.example/makers", 334021, 1.53, 135, 0.668},
		{"facebook", "paid_social", "Paid Social", "winter-blankets", "https://m.facebook.com/", 322806, 1.556, 143, 0.599},
	}
}

// shopProducts are made up.
func shopProducts() []product {
	return []product{
		{"KW-101", "Merino throw", "Blankets", "/products/merino-throw", 18900},
		{"KW-214", "Possum merino beanie", "Knitwear", "/products/possum-beanie", 5450},
		{"KW-230", "Bush socks, 3 pairs", "Knitwear", "/products/wool-socks", 4200},
		{"KW-105", "Lambswool blanket", "Blankets", "/products/lambswool-blanket", 24900},
		{"KW-221", "Fisher's jersey", "Knitwear", "/products/fisher-jersey", 21500},
		{"KW-310", "Swamp kauri serving board", "Homeware", "/products/kauri-board", 14500},
		{"KW-118", "Baby blanket", "Blankets", "/products/baby-blanket", 9800},
		{"KW-900", "Gift card", "Gift cards", "/products/gift-card", 5000},
		{"KW-240", "Felt slippers", "Knitwear", "/products/felt-slippers", 7900},
		{"KW-333", "Beeswax candle", "Homeware", "/products/beeswax-candle", 3200},
	}
}
