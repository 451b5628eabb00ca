package world

import (
	"fmt"
	"slices"
	"strings"
)

// A profile is the shape of a site's traffic: how much of what. The weights of a
// table need not add up to anything; only their ratios count.
type profile struct {
	home     string // the country that takes the place of the source's own
	language string // spoken there
	keyEvent string // what the site counts as a key event
	keyPages []string
	keyRate  float64 // key events per view of a key page

	week      [7]float64 // Sunday first
	hours     [24]float64
	devices   []weight
	tech      []techWeight
	screens   []weight
	languages []weight
	countries []weight
	sources   []source
	pages     []page
	products  []product
	files     []string // paths of downloads
	links     []string // addresses outside
}

type weight struct {
	name string
	w    float64
}

// techWeight is how many sessions come with a browser on a system.
type techWeight struct {
	browser, system string
	w               float64
}

// A source is where sessions come from, and what they are like.
type source struct {
	source, medium, channel, campaign string
	referrer                          string // page that linked here, if one did
	sessions                          float64
	views                             float64 // per session
	seconds                           float64 // per session
	bounce                            float64 // sessions without engagement, per session
}

// A page is one address of a site, query string included.
type page struct {
	path, query, title, group string
	views                     float64 // weight among the pages that follow another
	landings                  float64 // weight among the first pages of sessions
	bounce                    float64 // of the sessions that begin here, relative to other pages
}

// A product is one article of a shop.
type product struct {
	id, name, category string
	path               string // of its page
	cents              int64  // price, in hundredths of the site's currency
}

// The mix of events, per page view, of live/realtime-event-counts.json
// (5 803 562 page views). view_search_results comes from the weight of the search pages in a profile.
const (
	scrollsPerView     = 1416785.0 / 5803562
	clicksPerView      = 361237.0 / 5803562
	downloadsPerView   = 104264.0 / 5803562
	engagementsPerView = 3251503.0 / 5803562
	// newPerSession is first_visit over session_start in the same report.
	newPerSession = 811884.0 / 1791624
)

// Steps of a purchase, each a share of the step before. Made up: a government sells little.
const (
	cartsPerItemView     = 0.11
	checkoutsPerCart     = 0.45
	purchasesPerCheckout = 0.55
)

// Profiles returns the names of the built-in profiles.
func Profiles() []string { return []string{"museum", "services", "shop"} }

func profileNamed(name string) (*profile, error) {
	var p *profile
	switch name {
	case "services":
		p = servicesProfile()
	case "museum":
		p = museumProfile()
	case "shop":
		p = shopProfile()
	default:
		return nil, fmt.Errorf("unknown profile %q; use one of %q", name, Profiles())
	}
	p.languages = speak(p.languages, p.countries, p.language)
	p.countries = trade(p.countries, "United States", p.home)
	return p, nil
}

// speak moves the English of the source's own country to the language of another
// home. English keeps what other countries speak, and gets what the home's language had.
func speak(languages, countries []weight, home string) []weight {
	if home == "English" {
		return languages
	}
	american, english := 0.0, 0.0
	for _, c := range countries {
		if at, _ := countryNamed(c.name); strings.HasPrefix(at.languages, "English") {
			english += c.w
			if c.name == "United States" {
				american = c.w
			}
		}
	}
	languages = trade(languages, "English", home)
	i, j := indexOf(languages, "English"), indexOf(languages, home)
	moved := languages[j].w * (1 - american/english)
	languages[i].w += moved
	languages[j].w -= moved
	return languages
}

func indexOf(table []weight, name string) int {
	return slices.IndexFunc(table, func(w weight) bool { return w.name == name })
}

// trade lets two names of a table swap weights, so that the site of another
// country keeps the shape of the source: most visitors at home.
func trade(table []weight, a, b string) []weight {
	table = slices.Clone(table)
	i, j := indexOf(table, a), indexOf(table, b)
	if j < 0 { // not in the source's table: it takes a's place, a takes the last
		j = len(table) - 1
		table[j].name = b
	}
	table[i].w, table[j].w = table[j].w, table[i].w
	return table
}
