package world

import (
	"path"
	"strconv"
	"strings"
)

// An attribute is a dimension of one site's events as codes, each with a value of
// its own.
type attribute struct {
	size  int
	value func(code uint32) string
	// read fills dst with the codes of the events from an index on. Nil for
	// dimensions of time.
	read func(from int, dst []uint32)
	// fromClock gives the code for a day*1440 + minute. Nil for all others.
	fromClock func(clock uint32) uint32
	// compound is set for a Derived, which has neither of the two.
	compound *compound
}

// A base is a column of the tables, read for a run of events.
type base func(from int, dst []uint32)

// catalog has the dimensions of a site. Those that count from the start of a
// query count from the start of the world here.
type catalog struct {
	attributes map[string]attribute
	host       string
}

// add defines a dimension by the value that each of the n codes of a base
// has; values that are equal get one code.
func (c *catalog) add(name string, b base, n int, value func(i int) string) {
	lut, values := intern(n, value)
	c.attributes[name] = attribute{
		size:  len(values),
		value: func(code uint32) string { return values[code] },
		read: func(from int, dst []uint32) {
			b(from, dst)
			for i, code := range dst {
				dst[i] = lut[code]
			}
		},
	}
}

// intern numbers the distinct values of 0 … n-1.
func intern(n int, value func(i int) string) (lut []uint32, values []string) {
	codes := map[string]uint32{}
	lut = make([]uint32, n)
	for i := range n {
		v := value(i)
		code, ok := codes[v]
		if !ok {
			code = uint32(len(values))
			codes[v] = code
			values = append(values, v)
		}
		lut[i] = code
	}
	return lut, values
}

// newCatalog defines the dimensions of a site whose tables may still be empty.
func newCatalog(s *site) *catalog {
	c := &catalog{attributes: map[string]attribute{}, host: s.Host}
	c.addConstants(s)
	c.addPages(s)
	c.addSources(s)
	c.addPeople(s)
	c.addPlaces(s)
	c.addGears(s)
	c.addEvents(s)
	c.addDetails(s)
	c.addItems(s)
	c.addCustom(s)
	for _, name := range Dimensions() {
		if a, ok := s.calendar(name, 0); ok {
			c.attributes[name] = a
		}
	}
	return c
}

func (c *catalog) addConstants(s *site) {
	zero := func(_ int, dst []uint32) { clear(dst) }
	for name, value := range map[string]string{
		"platform": "web", "streamId": "7" + s.Property, "streamName": s.Name, "hostName": s.Host, "currencyCode": s.CurrencyCode,
		"appVersion": notSet, "audienceName": "All Users", "audienceId": "1" + s.Property,
		"audienceResourceName": "properties/" + s.Property + "/audiences/1" + s.Property,
	} {
		c.add(name, zero, 1, func(int) string { return value })
	}
}

func (c *catalog) addPages(s *site) {
	pages := s.how.profile.pages
	here := func(from int, dst []uint32) { widen(s.events.page[from:], dst) }
	first := func(from int, dst []uint32) {
		for i := range dst {
			dst[i] = uint32(s.sessions.landing[s.events.session[from+i]])
		}
	}
	add := func(b base, value func(p page) string, names ...string) {
		for _, name := range names {
			c.add(name, b, len(pages), func(i int) string { return value(pages[i]) })
		}
	}
	add(here, func(p page) string { return p.path }, "pagePath", "unifiedPagePathScreen")
	add(here, func(p page) string { return p.path + p.query }, "pagePathPlusQueryString", "unifiedPageScreen")
	add(here, func(p page) string { return p.title }, "pageTitle", "unifiedScreenName", "unifiedScreenClass")
	add(here, func(p page) string { return c.host + p.path + p.query }, "fullPageUrl")
	add(here, func(p page) string { return c.address(p) }, "pageLocation")
	add(here, func(p page) string { return p.group }, "contentGroup")
	add(first, func(p page) string { return p.path }, "landingPage")
	add(first, func(p page) string { return p.path + p.query }, "landingPagePlusQueryString")
	c.add("pageReferrer", func(from int, dst []uint32) { widen(s.events.referrer[from:], dst) }, 1+len(pages)+len(s.how.sources),
		func(i int) string {
			switch {
			case i == 0:
				return ""
			case i <= len(pages):
				return c.address(pages[i-1])
			}
			return s.how.sources[i-1-len(pages)].referrer
		})
}

func (c *catalog) address(p page) string { return "https://" + c.host + p.path + p.query }

// widen copies a column of codes.
func widen[T uint8 | uint16 | uint32](column []T, dst []uint32) {
	for i := range dst {
		dst[i] = uint32(column[i])
	}
}

// addSources defines where sessions and users came from. Google attributes events
// by its own model (defaultChannelGroup, source …); here that is the session's source.
func (c *catalog) addSources(s *site) {
	bySession := func(from int, dst []uint32) {
		for i := range dst {
			dst[i] = uint32(s.sessions.source[s.events.session[from+i]])
		}
	}
	byUser := func(from int, dst []uint32) {
		for i := range dst {
			dst[i] = uint32(s.users.firstSource[s.sessions.user[s.events.session[from+i]]])
		}
	}
	for name, value := range map[string]func(source) string{
		"DefaultChannelGroup": func(x source) string { return x.channel },
		"PrimaryChannelGroup": func(x source) string { return x.channel },
		"Source":              func(x source) string { return x.source },
		"Medium":              func(x source) string { return x.medium },
		"SourceMedium":        sourceMedium,
		"CampaignName":        func(x source) string { return x.campaign },
	} {
		at := func(i int) string { return value(s.how.sources[i]) }
		c.add("session"+name, bySession, len(s.how.sources), at)
		c.add(strings.ToLower(name[:1])+name[1:], bySession, len(s.how.sources), at)
		c.add("firstUser"+name, byUser, len(s.how.sources), at)
	}
}

// sourceMedium is written with spaces around the slash, and once when nothing is known.
func sourceMedium(x source) string {
	if x.source == notSet && x.medium == notSet {
		return notSet
	}
	return x.source + " / " + x.medium
}

// ofUser reads a column of the users table.
func ofUser[T uint8 | uint16](s *site, column func() []T) base {
	return func(from int, dst []uint32) {
		values := column()
		for i := range dst {
			dst[i] = uint32(values[s.sessions.user[s.events.session[from+i]]])
		}
	}
}

func (c *catalog) addPeople(s *site) {
	ages, gends, languages := ageBrackets(), genders(), s.people.languages
	c.add("userAgeBracket", ofUser(s, func() []uint8 { return s.users.age }), len(ages), func(i int) string { return ages[i] })
	c.add("userGender", ofUser(s, func() []uint8 { return s.users.gender }), len(gends), func(i int) string { return gends[i] })
	c.add("signedInWithUserId", ofUser(s, func() []uint8 { return s.users.signedIn }), 2, func(i int) string { return [...]string{notSet, "yes"}[i] })
	language := ofUser(s, func() []uint8 { return s.users.language })
	c.add("language", language, len(languages), func(i int) string { return languages[i].language })
	c.add("languageCode", language, len(languages), func(i int) string { return languages[i].code })
	c.add("newVsReturning", func(from int, dst []uint32) {
		for i := range dst {
			dst[i] = 0
			if s.sessions.isNew[s.events.session[from+i]] {
				dst[i] = 1
			}
		}
	}, 2, func(i int) string { return [...]string{"returning", "new"}[i] })
	const before = longestGap // how far first sessions can lie before the world
	c.add("firstSessionDate", func(from int, dst []uint32) {
		for i := range dst {
			dst[i] = uint32(int(s.users.firstDay[s.sessions.user[s.events.session[from+i]]]) + before)
		}
	}, before+s.clock.days, func(i int) string {
		return s.clock.date(i - before).ymd()
	})
}

func (c *catalog) addPlaces(s *site) {
	where, places := ofUser(s, func() []uint16 { return s.users.place }), s.people.places
	for name, value := range map[string]func(place) string{
		"city":        func(p place) string { return p.city },
		"cityId":      func(p place) string { return p.cityID },
		"region":      func(p place) string { return p.region },
		"country":     func(p place) string { return p.country.name },
		"countryId":   func(p place) string { return p.country.id },
		"continent":   func(p place) string { return p.country.continent },
		"continentId": func(p place) string { return continentID(p.country.continent) },
	} {
		c.add(name, where, len(places), func(i int) string { return value(places[i]) })
	}
}

func (c *catalog) addGears(s *site) {
	with, gears := ofUser(s, func() []uint16 { return s.users.gear }), s.people.gears
	for name, value := range map[string]func(gear) string{
		"deviceCategory":             func(g gear) string { return g.device },
		"platformDeviceCategory":     func(g gear) string { return "web / " + g.device },
		"browser":                    func(g gear) string { return g.browser },
		"operatingSystem":            func(g gear) string { return g.system },
		"operatingSystemVersion":     func(g gear) string { return g.version },
		"operatingSystemWithVersion": func(g gear) string { return g.system + " " + g.version },
		"mobileDeviceBranding":       func(g gear) string { return g.brand },
		"mobileDeviceModel":          func(g gear) string { return g.model },
	} {
		c.add(name, with, len(gears), func(i int) string { return value(gears[i]) })
	}
	screens := s.people.screens
	c.add("screenResolution", ofUser(s, func() []uint8 { return s.users.screen }), len(screens), func(i int) string { return screens[i] })
}

func (c *catalog) addEvents(s *site) {
	name := func(from int, dst []uint32) { widen(s.events.name[from:], dst) }
	c.add("eventName", name, int(eventNames), func(i int) string { return eventName(uint8(i)) })
	c.add("isKeyEvent", name, int(eventNames), func(i int) string { return strconv.FormatBool(uint8(i) == s.how.keyCode) })
	c.add("percentScrolled", name, int(eventNames), func(i int) string {
		if uint8(i) == scroll {
			return "90"
		}
		return ""
	})
}

// addDetails defines what clicks, downloads and searches carry; empty for other events.
func (c *catalog) addDetails(s *site) {
	links, files, pages := s.how.links, s.how.files, s.how.profile.pages
	detail := func(name uint8) base { // 1 + detail of the events of a name, 0 for others
		return func(from int, dst []uint32) {
			for i := range dst {
				dst[i] = 0
				if s.events.name[from+i] == name {
					dst[i] = 1 + s.events.detail[from+i]
				}
			}
		}
	}
	orEmpty := func(value func(i int) string) func(i int) string {
		return func(i int) string {
			if i == 0 {
				return ""
			}
			return value(i - 1)
		}
	}
	c.add("linkUrl", detail(click), 1+len(links), orEmpty(func(i int) string { return links[i] }))
	c.add("linkDomain", detail(click), 1+len(links), orEmpty(func(i int) string { return strings.Split(links[i], "/")[2] }))
	c.add("outbound", detail(click), 1+len(links), orEmpty(func(int) string { return "true" }))
	c.add("fileName", detail(fileDownload), 1+len(files), orEmpty(func(i int) string { return files[i] }))
	c.add("fileExtension", detail(fileDownload), 1+len(files), orEmpty(func(i int) string { return path.Ext(files[i])[1:] }))
	c.add("searchTerm", func(from int, dst []uint32) {
		for i := range dst {
			dst[i] = 0
			if s.events.name[from+i] == viewSearchResults {
				dst[i] = 1 + uint32(s.events.page[from+i])
			}
		}
	}, 1+len(pages), orEmpty(func(i int) string {
		return strings.ReplaceAll(strings.TrimPrefix(pages[i].query, "?q="), "+", " ")
	}))
}
