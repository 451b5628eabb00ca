package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/oriel-server/oriel/emulator/world"
)

// A crowd are the visitors of all sites. It draws who looks at what, and when, from
// the seed alone.
type crowd struct {
	random *rand.Rand
	perDay float64 // views of all sites
	pages  []*page
	born   uint32 // visitors so far, for their addresses
}

// A page is where a site's dashboard is embedded.
type page struct {
	view   string
	zone   *time.Location
	share  float64 // of all views
	due    float64 // views that are not made yet
	picked []string
	recent []*visitor
}

func newCrowd(c simulation, sites []world.Site, start time.Time) (*crowd, error) {
	w := &crowd{random: rand.New(rand.NewPCG(c.seed, 1)), perDay: float64(c.views)}
	all := 0.0
	for _, s := range sites {
		all += s.Share
	}
	for _, s := range sites {
		zone, err := time.LoadLocation(s.TimeZone)
		if err != nil {
			return nil, err
		}
		p := &page{view: "site-" + s.Property, zone: zone, share: s.Share / all, due: w.random.Float64()}
		for range c.ranges {
			p.picked = append(p.picked, w.pick(start))
		}
		w.pages = append(w.pages, p)
	}
	return w, nil
}

// pick draws a range as somebody picks it by hand: up to three months long, within
// the last year.
func (w *crowd) pick(today time.Time) string {
	end := today.AddDate(0, 0, -1-w.random.IntN(270))
	return span(end.AddDate(0, 0, -w.random.IntN(92)), end)
}

func span(start, end time.Time) string {
	return start.Format(time.DateOnly) + ".." + end.Format(time.DateOnly)
}

// hours are how many views of a thousand a site has in each hour of its day: quiet
// at night, two humps by day.
var hours = [24]float64{14, 9, 7, 6, 7, 12, 22, 37, 52, 62, 66, 65, 60, 61, 64, 63, 60, 56, 53, 54, 55, 51, 39, 25}

// coming returns the views of the next step of the clock.
func (w *crowd) coming(now time.Time, step time.Duration) (views []view) {
	for _, p := range w.pages {
		local := now.In(p.zone)
		perHour := w.perDay * p.share * hours[local.Hour()] / 1000
		for p.due += perHour * step.Hours(); p.due >= 1; p.due-- {
			views = append(views, view{p.view, w.span(p, local), w.visitor(p, now)})
		}
	}
	return views
}

// span draws a range: mostly the dashboard's own or one that buttons offer,
// sometimes one of the calendar, now and then one that was picked by hand.
func (w *crowd) span(p *page, today time.Time) string {
	switch n := w.random.IntN(100); {
	case n < 50:
		return ""
	case n < 65:
		return "7d"
	case n < 77:
		return "30d"
	case n < 85:
		return "90d"
	case n < 88:
		return span(today, today)
	case n < 95:
		return w.calendar(today)
	}
	return p.picked[w.random.IntN(len(p.picked))]
}

// calendar draws this month, this year up to yesterday, or one of the last twelve
// months.
func (w *crowd) calendar(today time.Time) string {
	month := today.AddDate(0, 0, 1-today.Day())
	switch n := w.random.IntN(14); n {
	case 0:
		return span(month, today)
	case 1:
		return span(today.AddDate(0, 0, 1-today.YearDay()), today.AddDate(0, 0, -1))
	default:
		return span(month.AddDate(0, 1-n, 0), month.AddDate(0, 2-n, -1))
	}
}

// newcomers is the part of the views that are somebody's first.
const newcomers = 1.0 / 3

// stays is for how long a visitor looks, less than the life of an embed token.
const stays = 4 * time.Minute

func (w *crowd) visitor(p *page, now time.Time) *visitor {
	for len(p.recent) > 0 && now.Sub(p.recent[0].since) > stays {
		p.recent = p.recent[1:]
	}
	if len(p.recent) > 0 && w.random.Float64() > newcomers {
		return p.recent[w.random.IntN(len(p.recent))]
	}
	w.born++
	v := &visitor{since: now, address: fmt.Sprintf("10.%d.%d.%d:443", byte(w.born>>16), byte(w.born>>8), byte(w.born))}
	p.recent = append(p.recent, v)
	return v
}

// A visitor is somebody with a browser.
type visitor struct {
	since   time.Time
	address string
	first   sync.Once
	bearer  string // the embed token; empty when none was given
}

// A view is one look at a dashboard.
type view struct {
	view, span string
	visitor    *visitor
}

// look asks for the dashboard, and for an embed token before the first time.
func (v view) look(server http.Handler, t *tally) {
	v.visitor.first.Do(func() { v.visitor.enter(server, t) })
	address := "/v1/dashboards/day?" + url.Values{"view": {v.view}, "range": {v.span}}.Encode()
	before := t.seenOf(v.view, v.span)
	t.answered(v, before, v.visitor.get(server, address))
}

func (v *visitor) enter(server http.Handler, t *tally) {
	answer := v.get(server, "/token?dashboard=day")
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if answer.status != http.StatusOK || json.Unmarshal(answer.body, &token) != nil {
		t.refused("token", answer.status)
		return
	}
	v.bearer = "Bearer " + token.AccessToken
}

func (v *visitor) get(server http.Handler, address string) *answered {
	r, err := http.NewRequest(http.MethodGet, "https://oriel.example"+address, nil)
	if err != nil {
		panic(err) // addresses are made here
	}
	r.RequestURI, r.RemoteAddr, r.Body = address, v.address, http.NoBody
	r.Header.Set("Origin", visitedOrigin)
	if v.bearer != "" {
		r.Header.Set("Authorization", v.bearer)
	}
	a := &answered{header: http.Header{}, status: http.StatusOK}
	server.ServeHTTP(a, r)
	return a
}

// An answered is the answer to one request, as the handler writes it.
type answered struct {
	header http.Header
	status int
	body   []byte
}

var _ io.Writer = (*answered)(nil)

func (a *answered) Header() http.Header    { return a.header }
func (a *answered) WriteHeader(status int) { a.status = status }

func (a *answered) Write(p []byte) (int, error) {
	a.body = append(a.body, p...)
	return len(p), nil
}
