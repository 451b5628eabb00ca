package world

import (
	"math"
	"testing"
	"time"
)

// The world against the tables it was made from. Tolerances are a few times what
// chance does with this many sessions.

func TestCalibration(t *testing.T) {
	w, err := New(Config{Seed: 99, Now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), Events: 600_000})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range w.sites {
		t.Run(s.Profile, func(t *testing.T) {
			t.Run("margins of sessions", s.testMargins)
			t.Run("week and day", s.testRhythm)
			t.Run("sources", s.testSources)
			t.Run("events per view", s.testEvents)
			t.Run("phones", s.testPhones)
		})
	}
	testEngagement(t, w)
}

// distance is the share of the whole that would have to move to make got want
// (total variation).
func distance(got, want []float64) float64 {
	got, want = normal(got), normal(want)
	sum := 0.0
	for i := range got {
		sum += math.Abs(got[i]-want[i]) / 2
	}
	return sum
}

// bySession counts sessions by an index that f gives them.
func (s *site) bySession(n int, f func(row int) int) []float64 {
	out := make([]float64, n)
	for row := range s.sessions.start {
		out[f(row)]++
	}
	return out
}

func names(table []weight) map[string]int {
	out := map[string]int{}
	for i, w := range table {
		out[w.name] = i
	}
	return out
}

func (s *site) testMargins(t *testing.T) {
	p := s.how.profile
	user := func(row int) int { return int(s.sessions.user[row]) }
	gearOf := func(row int) gear { return s.people.gears[s.users.gear[user(row)]] }
	device, language, screen := names(p.devices), names(p.languages), names(p.screens)
	tech := map[[2]string]int{}
	for i, x := range p.tech {
		tech[[2]string{x.browser, x.system}] = i
	}
	for _, c := range []struct {
		name      string
		got, want []float64
		tolerance float64
	}{
		{"devices", s.bySession(len(device), func(row int) int { return device[gearOf(row).device] }), weights(p.devices), 0.015},
		{"tech", s.bySession(len(tech), func(row int) int { return tech[[2]string{gearOf(row).browser, gearOf(row).system}] }), column(p.tech, func(x techWeight) float64 { return x.w }), 0.03},
		{"screens", s.bySession(len(screen), func(row int) int { return screen[s.people.screens[s.users.screen[user(row)]]] }), weights(p.screens), 0.045},
		{"languages", s.bySession(len(language), func(row int) int {
			return language[s.people.languages[s.users.language[user(row)]].language]
		}), weights(p.languages), 0.02},
		{"countries", s.bySession(len(p.countries), func(row int) int { return s.people.places[s.users.place[user(row)]].countryIndex }), weights(p.countries), 0.025},
		{"cities", s.bySession(len(s.people.places), func(row int) int { return int(s.users.place[user(row)]) }), column(s.people.places, func(x place) float64 { return x.w }), 0.045},
		{"sources", s.bySession(len(p.sources), func(row int) int { return int(s.sessions.source[row]) }), column(p.sources, func(x source) float64 { return x.sessions }), 0.01},
		{"landing pages", s.bySession(len(p.pages), func(row int) int { return int(s.sessions.landing[row]) }), column(p.pages, func(x page) float64 { return x.landings }), 0.02},
		{"new", s.bySession(2, func(row int) int {
			if s.sessions.isNew[row] {
				return 1
			}
			return 0
		}), []float64{1 - newPerSession, newPerSession}, 0.01},
	} {
		if d := distance(c.got, c.want); d > c.tolerance {
			t.Errorf("%s, %s: %.4f of the sessions are elsewhere than in the source", s.Name, c.name, d)
		}
	}
}

// testRhythm looks at days before the live share, whose hours are spread wider.
func (s *site) testRhythm(t *testing.T) {
	var days, hours = make([]float64, 7), make([]float64, 24)
	for _, start := range s.sessions.start {
		c := s.clock.at(start)
		d := s.clock.dates[c/minutesADay]
		if int(c/minutesADay) < s.clock.days-rampDays && !(d.month == 12 && d.day > 20) {
			days[d.weekday]++
			hours[c%minutesADay/60]++
		}
	}
	if d := distance(days, s.how.week[:]); d > 0.02 {
		t.Errorf("%s: %.4f of the week is elsewhere", s.Name, d)
	}
	if d := distance(hours, s.how.hours[:]); d > 0.025 {
		t.Errorf("%s: %.4f of the hours are elsewhere", s.Name, d)
	}
}

// testSources checks bounce rate, views and seconds per session of the
// larger sources.
func (s *site) testSources(t *testing.T) {
	sources := s.how.sources
	n, engaged, seconds, views := make([]float64, len(sources)), make([]float64, len(sources)), make([]float64, len(sources)), make([]float64, len(sources))
	for row, src := range s.sessions.source {
		n[src]++
		seconds[src] += float64(s.sessions.length[row])
		if s.sessions.engagedAt[row] != never {
			engaged[src]++
		}
	}
	for i, name := range s.events.name {
		if name == pageView {
			views[s.sessions.source[s.events.session[i]]]++
		}
	}
	for i, src := range sources {
		if n[i] < 3000 {
			continue
		}
		off := func(what string, got, want, by float64) {
			if math.Abs(got-want) > by {
				t.Errorf("%s, %s: %s is %.3f, want %.3f", s.Name, src.source, what, got, want)
			}
		}
		off("bounce rate", 1-engaged[i]/n[i], src.bounce, 0.03)
		off("views per session", views[i]/n[i], src.views, 0.08*src.views)
		off("seconds per session", seconds[i]/n[i], src.seconds, 0.1*src.seconds)
	}
}

func (s *site) testEvents(t *testing.T) {
	count := make([]float64, eventNames)
	pages := make([]float64, len(s.how.profile.pages))
	for i, name := range s.events.name {
		count[name]++
		if name == pageView {
			pages[s.events.page[i]]++
		}
	}
	for name, want := range map[uint8]float64{
		scroll: scrollsPerView, click: clicksPerView, fileDownload: downloadsPerView, userEngagement: engagementsPerView,
		viewSearchResults: 93229.0 / 5803562,
	} {
		if got := count[name] / count[pageView]; math.Abs(got-want) > 0.08*want {
			t.Errorf("%s: %.4f %s per page view, want %.4f", s.Name, got, eventName(name), want)
		}
	}
	if d := distance(pages, column(s.how.profile.pages, func(p page) float64 { return p.views })); d > 0.06 {
		t.Errorf("%s: %.4f of the views are elsewhere", s.Name, d)
	}
}

// testEngagement is against live/engagement-rate-30-days.json: 0.567.
func testEngagement(t *testing.T, w *World) {
	sessions, engaged := 0.0, 0.0
	for _, s := range w.sites {
		for _, at := range s.sessions.engagedAt {
			sessions++
			if at != never {
				engaged++
			}
		}
	}
	if rate := engaged / sessions; math.Abs(rate-0.567) > 0.04 {
		t.Errorf("%.3f of all sessions are engaged, want about 0.567", rate)
	}
}

// testPhones checks what no table says. The source itself has
// more phones than it has screens of their size.
func (s *site) testPhones(t *testing.T) {
	phones, small := 0.0, 0.0
	for i, g := range s.users.gear {
		if s.people.gears[g].device == "mobile" {
			phones++
			if screenOn("mobile", s.people.screens[s.users.screen[i]]) == 1 {
				small++
			}
		}
	}
	if small < 0.7*phones {
		t.Errorf("%s: %.0f of %.0f phones have small screens", s.Name, small, phones)
	}
}

func TestCountriesOfProfilesAreKnown(t *testing.T) {
	for _, name := range Profiles() {
		p, err := profileNamed(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := placesOf(p.countries); err != nil {
			t.Error(err)
		}
		for _, l := range p.languages {
			if languageCodes()[l.name] == "" {
				t.Errorf("language %s has no code", l.name)
			}
		}
		for _, x := range p.products {
			found := false
			for _, pg := range p.pages {
				found = found || pg.path == x.path
			}
			if !found {
				t.Errorf("product %s has no page", x.name)
			}
		}
	}
}

func TestFitKeepsBothMargins(t *testing.T) {
	rows, cols := []float64{60, 30, 10}, []float64{50, 50}
	joint := fit([][]float64{{1, 0.5}, {0.01, 1}, {1, 1}}, rows, cols)
	for i, row := range joint {
		if got := total(row); math.Abs(got-rows[i]/100) > 1e-6 {
			t.Errorf("row %d adds up to %v", i, got)
		}
	}
	for j := range cols {
		if got := joint[0][j] + joint[1][j] + joint[2][j]; math.Abs(got-0.5) > 1e-6 {
			t.Errorf("column %d adds up to %v", j, got)
		}
	}
	// Fitting keeps the ratios of ratios: 2 in the first row, 1/100 in the second.
	if odds := joint[0][0] * joint[1][1] / joint[0][1] / joint[1][0]; math.Abs(odds-200) > 1e-3 {
		t.Errorf("the guess is lost: %v", joint)
	}
}
