package world

// servicesProfile is the shape of one busy site. The figures are derived from the GA4 reports
// of one agency in analytics.usa.gov (general-services-administration, taken January to March
// 2024; U.S. public domain, CC0 elsewhere); names, pages and products are made up.
// Weights are parts of 100 000 unless stated otherwise.
func servicesProfile() *profile {
	return &profile{
		home:     "United States",
		language: "English",
		keyEvent: "form_submit",
		keyPages: []string{"/apply", "/forms", "/appointments"},
		keyRate:  0.06,
		// users.csv: the median of each weekday over 90 days, Sunday first; the mean is 1.
		week: [7]float64{0.523, 1.213, 1.309, 1.256, 1.200, 0.988, 0.511},
		// last-48-hours.json, 2024-01-04: sessions by hour of the day.
		hours:     [24]float64{2248, 1785, 1532, 1498, 1384, 1532, 1788, 2503, 4107, 5965, 6628, 7340, 7389, 7539, 7438, 7331, 6550, 5429, 4320, 3778, 3385, 3180, 2872, 2482},
		devices:   servicesDevices(),
		tech:      servicesTech(),
		screens:   servicesScreens(),
		languages: servicesLanguages(),
		countries: servicesCountries(),
		pages:     servicesPages(),
		sources:   servicesSources(),
		files: []string{
			"/files/birth-certificate-request.pdf", "/files/marriage-certificate-request.pdf", "/files/fee-schedule.pdf",
			"/files/building-permit-guide.pdf", "/files/parking-zones.xlsx", "/files/power-of-attorney.docx",
		},
		links: []string{
			"https://www.northfield-city.example/", "https://pay.northfield-city.example/", "https://www.county-court.example/",
			"https://transit.northfield-city.example/", "https://www.statelibrary.example/genealogy",
		},
	}
}

// servicesDevices follows devices.csv, sessions of 90 days.
func servicesDevices() []weight {
	return []weight{
		{"desktop", 69070},
		{"mobile", 29983},
		{"tablet", 941},
		{"smart tv", 5},
	}
}

// servicesTech follows os-browsers.csv, sessions of 90 days.
func servicesTech() []techWeight {
	return []techWeight{
		{"Chrome", "Windows", 29404},
		{"Safari", "iOS", 15693},
		{"Edge", "Windows", 14860},
		{"Chrome", "Android", 11101},
		{"Chrome", "Linux", 9612},
		{"Chrome", "Macintosh", 6773},
		{"Safari", "Macintosh", 4207},
		{"Chrome", "iOS", 2204},
		{"Firefox", "Windows", 1790},
		{"Chrome", "Chrome OS", 1422},
		{"Samsung Internet", "Android", 942},
		{"Safari (in-app)", "iOS", 372},
		{"Android Webview", "Android", 336},
		{"Firefox", "Macintosh", 319},
		{"Firefox", "Linux", 294},
		{"Opera", "Windows", 112},
		{"Edge", "Android", 94},
		{"Amazon Silk", "Android", 93},
		{"Firefox", "Android", 86},
		{"Edge", "Macintosh", 57},
		{"Internet Explorer", "Windows", 55},
		{"Opera", "Android", 39},
	}
}

// servicesScreens follows screen-size.csv, sessions of 90 days.
func servicesScreens() []weight {
	return []weight{
		{"1920x1080", 22562},
		{"1360x1020", 13799},
		{"1536x864", 5869},
		{"1280x720", 4932},
		{"1440x900", 4407},
		{"390x844", 4068},
		{"1366x768", 3510},
		{"428x926", 2299},
		{"800x600", 2221},
		{"430x932", 1996},
		{"414x896", 1907},
		{"2560x1440", 1770},
		{"393x852", 1365},
		{"375x812", 1351},
		{"412x915", 1281},
		{"1600x900", 1242},
		{"1680x1050", 1188},
		{"1920x1200", 1176},
		{"360x800", 954},
		{"1280x960", 944},
		{"1280x800", 877},
		{"1024x768", 731},
		{"375x667", 717},
		{"3440x1440", 709},
		{"360x780", 640},
		{"1280x1024", 607},
		{"1536x960", 487},
		{"810x1080", 485},
		{"385x854", 427},
		{"384x857", 419},
		{"412x892", 400},
		{"2048x1152", 390},
		{"384x824", 390},
		{"1512x982", 367},
		{"320x693", 358},
		{"2560x1080", 350},
		{"384x854", 340},
		{"768x1024", 337},
		{"1470x956", 317},
		{"1728x1117", 306},
		{"384x832", 294},
		{"1024x1366", 282},
		{"412x883", 273},
		{"393x873", 250},
		{"820x1180", 242},
		{"412x869", 235},
		{"1792x1120", 225},
		{"414x736", 224},
		{"320x712", 207},
		{"1368x912", 191},
		{"432x960", 171},
		{"834x1194", 165},
		{"1504x1003", 162},
		{"360x760", 156},
		{"2240x1260", 151},
		{"320x568", 138},
		{"412x846", 135},
		{"1360x768", 134},
		{"1600x2000", 129},
		{"360x740", 125},
	}
}

// servicesLanguages follows language.csv, sessions of 90 days.
func servicesLanguages() []weight {
	return []weight{
		{"English", 92380},
		{"Spanish", 5635},
		{"Chinese", 388},
		{"French", 318},
		{"Korean", 151},
		{"Russian", 146},
		{"German", 144},
		{"Japanese", 126},
		{"Portuguese", 120},
		{"Turkish", 82},
		{"Italian", 69},
		{"Arabic", 58},
		{"Dutch", 40},
		{"Polish", 39},
		{"Swedish", 32},
		{"Vietnamese", 32},
	}
}

// servicesCountries follows top-countries-realtime.json, active users.
func servicesCountries() []weight {
	return []weight{
		{"United States", 92159},
		{"India", 1380},
		{"Mexico", 1050},
		{"Canada", 914},
		{"United Kingdom", 459},
		{"Colombia", 366},
		{"Philippines", 366},
		{"France", 363},
		{"Puerto Rico", 288},
		{"Pakistan", 278},
		{"Germany", 224},
		{"Morocco", 206},
		{"Spain", 185},
		{"Argentina", 153},
		{"Peru", 146},
		{"Ecuador", 110},
		{"Venezuela", 100},
		{"Costa Rica", 96},
		{"Indonesia", 85},
		{"Brazil", 82},
		{"Dominican Republic", 82},
		{"El Salvador", 82},
		{"Netherlands", 82},
		{"Nigeria", 82},
		{"Chile", 78},
		{"Guatemala", 78},
		{"Italy", 75},
		{"Iraq", 68},
		{"Honduras", 64},
		{"Lithuania", 64},
		{"China", 60},
		{"Sweden", 60},
		{"Hong Kong", 57},
		{"Kenya", 57},
	}
}

// servicesPages follows top-pages-30-days.json and top-landing-pages-30-days.json: views, sessions begun
// and bounce rates by rank.
func servicesPages() []page {
	return []page{
		{"/", "", "Northfield Records Office", "Home", 12018, 29724, 0.900},
		{"/appointments", "", "Book an appointment | Northfield Records Office", "Services", 10843, 15149, 0.900},
		{"/certificates/birth", "", "Order a birth certificate | Northfield Records Office", "Certificates", 6734, 8765, 0.900},
		{"/search", "", "Search the register | Northfield Records Office", "Register", 5826, 7022, 0.900},
		{"/fees", "", "Fees and payment | Northfield Records Office", "Services", 5014, 5864, 0.900},
		{"/account", "", "Your requests | Northfield Records Office", "Account", 4736, 5741, 0.900},
		{"/account/sign-in", "", "Sign in | Northfield Records Office", "Account", 4681, 4575, 0.900},
		{"/certificates", "", "Certificates | Northfield Records Office", "Certificates", 4264, 3640, 0.900},
		{"/forms", "", "Forms | Northfield Records Office", "Forms", 4208, 3484, 0.900},
		{"/certificates/marriage", "", "Order a marriage certificate | Northfield Records Office", "Certificates", 4175, 3410, 0.900},
		{"/opening-hours", "", "Opening hours | Northfield Records Office", "Visit", 4012, 2702, 0.900},
		{"/apply", "", "Start an application | Northfield Records Office", "Services", 3755, 2166, 0.900},
		{"/permits", "", "Permits | Northfield Records Office", "Permits", 3161, 1665, 0.900},
		{"/permits/building", "", "Building permits | Northfield Records Office", "Permits", 3072, 1600, 0.900},
		{"/search", "?page=2", "Search the register | Northfield Records Office", "Register", 3000, 1232, 0.900},
		{"/es/", "", "Oficina de Registros de Northfield", "Home", 2639, 934, 0.900},
		{"/permits/parking", "", "Residents' parking | Northfield Records Office", "Permits", 2096, 845, 0.900},
		{"/help", "", "Help | Northfield Records Office", "Help", 2077, 737, 0.045},
		{"/contact", "", "Contact us | Northfield Records Office", "Help", 2067, 613, 0.900},
		{"/help/lost-documents", "", "Replace lost documents | Northfield Records Office", "Help", 2040, 26, 0.900},
		{"/news", "", "News | Northfield Records Office", "News", 1796, 22, 0.900},
		{"/property/deeds", "", "Deeds and titles | Northfield Records Office", "Register", 1580, 19, 0.900},
		{"/apply", "?step=2", "Start an application: your details | Northfield Records Office", "Services", 1391, 16, 0.900},
		{"/es/certificados", "", "Certificados | Oficina de Registros de Northfield", "Certificates", 1224, 14, 0.900},
		{"/jobs", "", "Work with us | Northfield Records Office", "About", 1077, 12, 0.900},
		{"/about", "", "About the office | Northfield Records Office", "About", 948, 10, 0.900},
		{"/accessibility", "", "Accessibility | Northfield Records Office", "About", 834, 8, 0.900},
		{"/privacy", "", "Privacy | Northfield Records Office", "About", 734, 7, 0.900},
		{"/search", "?q=birth+certificate", "Search results | Northfield Records Office", "Search", 591, 0, 0.3},
		{"/search", "?q=marriage+license", "Search results | Northfield Records Office", "Search", 295, 0, 0.3},
		{"/search", "?q=appointment", "Search results | Northfield Records Office", "Search", 197, 0, 0.3},
		{"/search", "?q=name+change", "Search results | Northfield Records Office", "Search", 148, 0, 0.3},
		{"/search", "?q=property+deed", "Search results | Northfield Records Office", "Search", 118, 0, 0.3},
		{"/search", "?q=parking+permit", "Search results | Northfield Records Office", "Search", 98, 0, 0.3},
		{"/search", "?q=notary", "Search results | Northfield Records Office", "Search", 84, 0, 0.3},
		{"/search", "?q=apostille", "Search results | Northfield Records Office", "Search", 74, 0, 0.3},
	}
}

// servicesSources follows top-traffic-sources-30-days.json: sessions, views per session, seconds per session, bounce rate.
func servicesSources() []source {
	return []source{
		{"(direct)", "(none)", "Direct", "(direct)", "", 15561665, 4.177, 217, 0.315},
		{"google", "organic", "Organic Search", "(organic)", "https://www.google.com/", 6526638, 2.783, 221, 0.346},
		{"bing", "organic", "Organic Search", "(organic)", "https://www.bing.com/", 967205, 4.318, 320, 0.293},
		{"yahoo", "organic", "Organic Search", "(organic)", "https://search.yahoo.com/", 200827, 2.927, 224, 0.275},
		{"google", "cpc", "Paid Search", "certificates-2026", "https://www.google.com/", 191122, 3.933, 264, 0.257},
		{"newsletter", "email", "Email", "monthly-letter", "", 147802, 1.652, 129, 0.437},
		{"(not set)", "(not set)", "Unassigned", "(not set)", "", 124164, 1.05, 12, 0.95},
		{"duckduckgo", "organic", "Organic Search", "(organic)", "https://duckduckgo.com/", 116269, 2.159, 171, 0.353},
		{"bulletin", "email", "Email", "reminders", "", 66062, 2.52, 184, 0.423},
		{"chatgpt.com", "referral", "AI Assistant", "(referral)", "https://chatgpt.com/", 27891, 2.306, 176, 0.441},
		{"e-sign", "web", "Unassigned", "(not set)", "", 17845, 2.476, 288, 0.578},
		{"northfield-city.example", "referral", "Referral", "(referral)", "https://www.northfield-city.example/services", 12160, 1.644, 127, 0.405},
		{"ecosia.org", "organic", "Organic Search", "(organic)", "https://www.ecosia.org/", 7918, 1.936, 164, 0.357},
		{"facebook", "paid_social", "Paid Social", "opening-hours", "https://www.facebook.com/", 7367, 5.1, 205, 0.05},
	}
}
