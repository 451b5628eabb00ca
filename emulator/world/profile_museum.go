package world

// museumProfile is the shape of one busy site. The figures are derived from the GA4 reports
// of one agency in analytics.usa.gov (national-aeronautics-space-administration, taken January to March
// 2024; U.S. public domain, CC0 elsewhere); names, pages and products are made up.
// Weights are parts of 100 000 unless stated otherwise.
func museumProfile() *profile {
	return &profile{
		home:     "Germany",
		language: "German",
		keyEvent: "sign_up",
		keyPages: []string{"/newsletter", "/freunde", "/kalender"},
		keyRate:  0.05,
		// users.csv: the median of each weekday over 90 days, Sunday first; the mean is 1.
		week: [7]float64{0.788, 1.118, 1.135, 1.139, 1.122, 0.968, 0.729},
		// last-48-hours.json, 2024-01-04: sessions by hour of the day.
		hours:     [24]float64{2720, 2599, 2572, 2606, 2526, 2556, 2877, 3533, 4701, 5757, 6123, 5989, 6189, 5917, 6084, 5267, 4855, 4731, 3941, 3780, 3939, 3902, 3663, 3173},
		devices:   museumDevices(),
		tech:      museumTech(),
		screens:   museumScreens(),
		languages: museumLanguages(),
		countries: museumCountries(),
		pages:     museumPages(),
		sources:   museumSources(),
		files: []string{
			"/files/lageplan.pdf", "/files/preise-und-zeiten.pdf", "/files/arbeitsblatt-gezeiten.pdf",
			"/files/pressemappe-leuchtfeuer.zip", "/files/seekarte-1893.jpg",
		},
		links: []string{
			"https://tickets.museumsnacht.example/", "https://www.verkehrsverbund.example/", "https://www.stadtportal.example/",
			"https://archiv.seefahrt.example/", "https://www.schiffsregister.example/",
		},
	}
}

// museumDevices follows devices.csv, sessions of 90 days.
func museumDevices() []weight {
	return []weight{
		{"desktop", 49468},
		{"mobile", 47868},
		{"tablet", 2227},
		{"smart tv", 436},
	}
}

// museumTech follows os-browsers.csv, sessions of 90 days.
func museumTech() []techWeight {
	return []techWeight{
		{"Chrome", "Windows", 21333},
		{"Chrome", "Android", 20061},
		{"Safari", "iOS", 18500},
		{"Chrome", "Chrome OS", 8057},
		{"Safari", "Macintosh", 6464},
		{"Edge", "Windows", 5882},
		{"Chrome", "Macintosh", 4592},
		{"Chrome", "iOS", 2950},
		{"Chrome", "Linux", 2243},
		{"Firefox", "Windows", 2208},
		{"Safari (in-app)", "iOS", 2138},
		{"Android Webview", "Android", 1958},
		{"Samsung Internet", "Android", 1420},
		{"Firefox", "Macintosh", 493},
		{"Opera", "Windows", 379},
		{"Firefox", "Linux", 338},
		{"Firefox", "Android", 224},
		{"Amazon Silk", "Android", 135},
		{"Edge", "Android", 122},
		{"Opera", "Android", 118},
		{"YaBrowser", "Windows", 96},
		{"Samsung Internet", "Linux", 61},
	}
}

// museumScreens follows screen-size.csv, sessions of 90 days.
func museumScreens() []weight {
	return []weight{
		{"1920x1080", 10325},
		{"390x844", 8735},
		{"1366x768", 6892},
		{"800x600", 5110},
		{"1536x864", 4784},
		{"414x896", 4271},
		{"360x800", 4031},
		{"412x915", 3514},
		{"1440x900", 3462},
		{"375x812", 3257},
		{"393x852", 2685},
		{"1280x720", 2638},
		{"428x926", 2591},
		{"375x667", 2239},
		{"430x932", 2235},
		{"393x873", 2198},
		{"2560x1440", 1842},
		{"360x780", 1835},
		{"810x1080", 1679},
		{"412x892", 1350},
		{"385x854", 1139},
		{"384x854", 1112},
		{"1024x768", 1025},
		{"1280x800", 962},
		{"768x1024", 956},
		{"393x851", 855},
		{"1600x900", 778},
		{"384x857", 777},
		{"360x760", 706},
		{"384x832", 684},
		{"360x640", 658},
		{"820x1180", 640},
		{"1680x1050", 612},
		{"1920x1200", 606},
		{"412x869", 599},
		{"320x693", 543},
		{"384x824", 537},
		{"1517x852", 517},
		{"414x736", 484},
		{"412x883", 474},
		{"1024x1366", 474},
		{"432x960", 409},
		{"834x1194", 405},
		{"2048x1152", 402},
		{"1512x982", 388},
		{"360x740", 373},
		{"412x846", 365},
		{"1470x956", 354},
		{"320x568", 351},
		{"1728x1117", 348},
		{"360x806", 336},
		{"360x720", 336},
		{"3440x1440", 334},
		{"320x712", 316},
		{"1536x960", 313},
		{"1280x1024", 310},
		{"360x804", 308},
		{"1300x730", 260},
		{"360x772", 254},
		{"360x820", 253},
	}
}

// museumLanguages follows language.csv, sessions of 90 days.
func museumLanguages() []weight {
	return []weight{
		{"English", 78934},
		{"Spanish", 4739},
		{"Chinese", 2676},
		{"German", 1871},
		{"French", 1738},
		{"Italian", 1313},
		{"Portuguese", 1302},
		{"Russian", 1100},
		{"Japanese", 782},
		{"Turkish", 660},
		{"Dutch", 612},
		{"Polish", 513},
		{"Korean", 482},
		{"Swedish", 330},
		{"Hungarian", 225},
		{"Arabic", 224},
	}
}

// museumCountries follows top-countries-realtime.json, active users.
func museumCountries() []weight {
	return []weight{
		{"United States", 66482},
		{"India", 6769},
		{"United Kingdom", 5697},
		{"Canada", 3056},
		{"Germany", 1652},
		{"France", 1459},
		{"Italy", 1307},
		{"Brazil", 1175},
		{"Mexico", 1009},
		{"Spain", 899},
		{"Philippines", 857},
		{"China", 733},
		{"Netherlands", 719},
		{"Russia", 636},
		{"Greece", 553},
		{"Hong Kong", 519},
		{"Poland", 505},
		{"Türkiye", 442},
		{"Pakistan", 436},
		{"Sweden", 436},
		{"Indonesia", 415},
		{"Colombia", 394},
		{"Japan", 394},
		{"Argentina", 353},
		{"Belgium", 353},
		{"Czechia", 339},
		{"Ireland", 339},
		{"Australia", 332},
		{"Chile", 332},
		{"South Africa", 311},
		{"Portugal", 297},
		{"Bangladesh", 270},
		{"Thailand", 270},
		{"Hungary", 263},
	}
}

// museumPages follows top-pages-30-days.json and top-landing-pages-30-days.json: views, sessions begun
// and bounce rates by rank.
func museumPages() []page {
	return []page{
		{"/", "", "Hafenmuseum am Alten Speicher", "Home", 21044, 24163, 0.900},
		{"/besuch", "", "Besuch planen – Hafenmuseum", "Visit", 14573, 18940, 0.900},
		{"/bild-des-tages", "", "Bild des Tages – Hafenmuseum", "Collection", 13029, 14621, 0.900},
		{"/sammlung", "", "Sammlung – Hafenmuseum", "Collection", 5402, 7963, 0.900},
		{"/ausstellungen/leuchtfeuer", "", "Leuchtfeuer: 200 Jahre Licht am Meer – Hafenmuseum", "Exhibitions", 5093, 3932, 0.900},
		{"/sammlung/archiv", "", "Archiv der Bilder – Hafenmuseum", "Collection", 3472, 3835, 0.900},
		{"/tickets", "", "Tickets – Hafenmuseum", "Visit", 2984, 3512, 0.900},
		{"/sammlung/seekarten", "", "Seekarten – Hafenmuseum", "Collection", 2794, 3093, 0.900},
		{"/ausstellungen", "", "Ausstellungen – Hafenmuseum", "Exhibitions", 2650, 2960, 0.900},
		{"/schiffe/dreimaster-elbe", "", "Dreimaster „Marthe“ – Hafenmuseum", "Collection", 2637, 2792, 0.900},
		{"/en/", "", "Harbour Museum at the Old Warehouse", "Home", 2616, 2364, 0.900},
		{"/kinder", "", "Für Kinder – Hafenmuseum", "Learn", 2529, 2242, 0.900},
		{"/kinder/warum-ist-das-meer-blau", "", "Warum ist das Meer blau? – Hafenmuseum", "Learn", 2229, 2126, 0.900},
		{"/en/visit", "", "Plan your visit – Harbour Museum", "Visit", 2085, 1393, 0.900},
		{"/blog/restaurierung-der-galionsfigur", "", "Wie eine Galionsfigur restauriert wird – Hafenmuseum", "Blog", 1987, 1173, 0.900},
		{"/schulen", "", "Angebote für Schulen – Hafenmuseum", "Learn", 1951, 888, 0.900},
		{"/en/kids/why-is-the-sea-blue", "", "Why is the sea blue? – Harbour Museum", "Learn", 1711, 715, 0.900},
		{"/blog", "", "Blog – Hafenmuseum", "Blog", 1550, 695, 0.900},
		{"/fuehrungen", "", "Führungen – Hafenmuseum", "Visit", 1539, 519, 0.900},
		{"/ausstellungen/unter-wasser", "", "Unter Wasser – Hafenmuseum", "Exhibitions", 1523, 428, 0.900},
		{"/kalender", "", "Kalender – Hafenmuseum", "Visit", 1340, 364, 0.900},
		{"/blog/nachtwaechter-im-hafen", "", "Eine Nacht mit dem Hafenwächter – Hafenmuseum", "Blog", 1179, 309, 0.900},
		{"/newsletter", "", "Newsletter – Hafenmuseum", "About", 1038, 263, 0.900},
		{"/en/exhibitions/beacons", "", "Beacons: 200 years of light at sea – Harbour Museum", "Exhibitions", 913, 223, 0.900},
		{"/freunde", "", "Freunde des Museums – Hafenmuseum", "About", 804, 190, 0.900},
		{"/presse", "", "Presse – Hafenmuseum", "About", 707, 161, 0.900},
		{"/impressum", "", "Impressum – Hafenmuseum", "About", 622, 137, 0.900},
		{"/suche", "?q=öffnungszeiten", "Suche – Hafenmuseum", "Search", 591, 0, 0.3},
		{"/suche", "?q=kindergeburtstag", "Suche – Hafenmuseum", "Search", 295, 0, 0.3},
		{"/suche", "?q=seekarten", "Suche – Hafenmuseum", "Search", 197, 0, 0.3},
		{"/suche", "?q=parken", "Suche – Hafenmuseum", "Search", 148, 0, 0.3},
		{"/suche", "?q=leuchtturm", "Suche – Hafenmuseum", "Search", 118, 0, 0.3},
		{"/suche", "?q=tickets", "Suche – Hafenmuseum", "Search", 98, 0, 0.3},
		{"/suche", "?q=galionsfigur", "Suche – Hafenmuseum", "Search", 84, 0, 0.3},
		{"/suche", "?q=barrierefrei", "Suche – Hafenmuseum", "Search", 74, 0, 0.3},
	}
}

// museumSources follows top-traffic-sources-30-days.json: sessions, views per session, seconds per session, bounce rate.
func museumSources() []source {
	return []source{
		{"(direct)", "(none)", "Direct", "(direct)", "", 10341119, 2.248, 168, 0.554},
		{"google", "organic", "Organic Search", "(organic)", "https://www.google.com/", 10077830, 2.281, 229, 0.404},
		{"bing", "organic", "Organic Search", "(organic)", "https://www.bing.com/", 489623, 2.822, 328, 0.344},
		{"(not set)", "(not set)", "Unassigned", "(not set)", "", 155182, 1.05, 12, 0.95},
		{"instagram", "social", "Organic Social", "(not set)", "https://l.instagram.com/", 134455, 1.679, 125, 0.451},
		{"duckduckgo", "organic", "Organic Search", "(organic)", "https://duckduckgo.com/", 117331, 2.112, 222, 0.411},
		{"newsletter", "email", "Email", "hafenpost", "", 102027, 2.05, 220, 0.45},
		{"yahoo", "organic", "Organic Search", "(organic)", "https://search.yahoo.com/", 80668, 2.36, 284, 0.336},
		{"linkedin", "social", "Organic Social", "(not set)", "https://www.linkedin.com/", 71613, 1.866, 175, 0.501},
		{"facebook", "social", "Organic Social", "(not set)", "https://m.facebook.com/", 109090, 1.53, 98, 0.58},
		{"museumsnacht.example", "referral", "Referral", "(referral)", "https://www.museumsnacht.example/programm", 54212, 2.675, 292, 0.454},
		{"ecosia.org", "organic", "Organic Search", "(organic)", "https://www.ecosia.org/", 23763, 2.48, 246, 0.402},
		{"stadtportal.example", "referral", "Referral", "(referral)", "https://www.stadtportal.example/kultur", 14480, 3.706, 156, 0.177},
		{"chatgpt.com", "referral", "AI Assistant", "(referral)", "https://chatgpt.com/", 7764, 5.488, 492, 0.382},
	}
}
