package app

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/emulator"
	"github.com/oriel-server/oriel/emulator/world"
	"github.com/oriel-server/oriel/internal/report"
)

// A hostileGrant is a view, a token for it, and an adversary who holds the token.
type hostileGrant struct {
	*mathrand.Rand
	site, other world.Site
	view, token narrowing // of the view and of the token
	allow, deny []string
	hidden      hiddenFields
	days        int // of history, 0 for all
	outside     string
	realtime    bool
	rows        int
	free        bool // the token names the view, not only the dashboard

	// Of the question at hand:
	daring int  // the part of its parts that are hostile, of 100
	live   bool // it is a realtime question
}

// A narrowing is a filter in words and in the emulator's terms.
type narrowing struct {
	text   string // "" for none
	passes world.Expr
	fields []string
}

// hiddenFields are what a grant does not let be named, of those that the world has.
type hiddenFields struct{ dimensions, metrics []string }

func newHostileGrant(r *mathrand.Rand, past *world.World) *hostileGrant {
	g := &hostileGrant{
		Rand: r, site: past.Sites()[r.IntN(2)], other: past.Sites()[2],
		view: anyNarrowing(r), token: anyTokenNarrowing(r),
		days: choose(r, []int{0, 0, 5, 20}), outside: choose(r, []string{"clip", "refuse"}),
		realtime: r.IntN(4) > 0, rows: choose(r, []int{0, 0, 7}), free: r.IntN(6) > 0,
	}
	g.hide()
	return g
}

// anyNarrowing is mostly one that realtime questions can be narrowed by.
func anyNarrowing(r *mathrand.Rand) narrowing {
	all := narrowings()
	if r.IntN(3) > 0 {
		return choose(r, all[:inRealtime])
	}
	return choose(r, all)
}

// anyTokenNarrowing is one that a host may mint, see report.Filter.Narrows.
func anyTokenNarrowing(r *mathrand.Rand) narrowing {
	for {
		n := anyNarrowing(r)
		if f, err := report.ParseFilter(n.text); n.text == "" || err == nil && f.Narrows() {
			return n
		}
	}
}

func choose[T any](r *mathrand.Rand, from []T) T { return from[r.IntN(len(from))] }

// inRealtime is how many of narrowings are by dimensions that realtime has.
const inRealtime = 5

// narrowings are filters by users, by sessions, by events, and none.
func narrowings() []narrowing {
	is := func(dimension string, values ...string) world.Expr {
		return world.Match{Dimension: dimension, Test: func(v string) bool {
			return slices.ContainsFunc(values, func(w string) bool { return strings.EqualFold(v, w) })
		}}
	}
	has := func(dimension, part string) world.Expr {
		return world.Match{Dimension: dimension, Test: func(v string) bool { return strings.Contains(strings.ToLower(v), part) }}
	}
	return []narrowing{
		{},
		{"country!=United States", world.Not{X: is("country", "United States")}, []string{"country"}},
		{"country==united states,country==Germany", is("country", "United States", "Germany"), []string{"country"}},
		{"deviceCategory==mobile,country=@an", world.Or{is("deviceCategory", "mobile"), has("country", "an")}, []string{"deviceCategory", "country"}},
		{"eventName!=scroll;eventName!=page_view", world.Not{X: is("eventName", "scroll", "page_view")}, []string{"eventName"}},
		{"sessionMedium=~^o;deviceCategory!=tablet", world.And{
			world.Match{Dimension: "sessionMedium", Test: func(v string) bool { return strings.HasPrefix(v, "o") }}, world.Not{X: is("deviceCategory", "tablet")},
		}, []string{"sessionMedium", "deviceCategory"}},
		{"browser=@chrome", has("browser", "chrome"), []string{"browser"}},
		{"operatingSystem!=Windows", world.Not{X: is("operatingSystem", "Windows")}, []string{"operatingSystem"}},
		{"landingPage!=/", world.Not{X: is("landingPage", "/")}, []string{"landingPage"}},
	}
}

// lookingBack are metrics that look back beyond the days asked for.
var lookingBack = []string{"active1DayUsers", "active7DayUsers", "active28DayUsers", "dauPerMau", "dauPerWau", "wauPerMau"}

// Fields that every grant lets be named, so that something is answered.
var plainDimensions = []string{"date", "country", "deviceCategory", "eventName"}
var plainMetrics = []string{"sessions", "eventCount", "screenPageViews", "activeUsers"}

// hide draws the lists of allowed and denied fields.
func (g *hostileGrant) hide() {
	deniable := slices.Concat(world.Dimensions(), world.Metrics())
	for _, name := range deniable {
		if g.IntN(4) == 0 && !g.needed(name) {
			g.deny = append(g.deny, name)
		}
	}
	g.deny = append(g.deny, lookingBack...)
	switch g.IntN(3) {
	case 0:
		g.deny = append(g.deny, "sessionSource*", "userG*", "ITEM*")
	case 1:
		g.allow = slices.Concat(plainDimensions, plainMetrics)
		for _, name := range deniable {
			if g.IntN(4) == 0 {
				g.allow = append(g.allow, name)
			}
		}
	}
	if !g.free {
		g.panels()
		return
	}
	g.hidden.dimensions = slices.DeleteFunc(world.Dimensions(), func(name string) bool { return g.shows(name) || ofTime(name) || g.reads(name) })
	g.hidden.metrics = slices.DeleteFunc(world.Metrics(), g.shows)
}

// panels hides all that the dashboard's panels do not show.
func (g *hostileGrant) panels() {
	g.hidden.dimensions = slices.DeleteFunc(world.Dimensions(), func(name string) bool {
		return name == "country" || name == "deviceCategory" || ofTime(name) || g.reads(name)
	})
	g.hidden.metrics = slices.DeleteFunc(world.Metrics(), func(name string) bool { return slices.Contains(plainMetrics, name) })
}

func (g *hostileGrant) needed(name string) bool {
	return slices.Contains(plainDimensions, name) || slices.Contains(plainMetrics, name)
}

// reads reports whether a filter of the grant reads a field: its values decide what
// is shown.
func (g *hostileGrant) reads(name string) bool {
	return slices.Contains(g.view.fields, name) || slices.Contains(g.token.fields, name)
}

// shows reports whether a field may be named, written without regard to how
// the gate works.
func (g *hostileGrant) shows(name string) bool {
	in := func(list []string) bool {
		return slices.ContainsFunc(list, func(pattern string) bool {
			prefix, open := strings.CutSuffix(strings.ToLower(pattern), "*")
			return strings.ToLower(name) == prefix || open && strings.HasPrefix(strings.ToLower(name), prefix)
		})
	}
	return !in(g.deny) && (len(g.allow) == 0 || in(g.allow))
}

// ofTime reports whether a dimension is computed from when an event happened.
func ofTime(name string) bool {
	for _, part := range []string{"date", "hour", "minute", "day", "week", "month", "year", "nth"} {
		if strings.HasPrefix(strings.ToLower(name), part) || strings.HasPrefix(name, "iso") {
			return true
		}
	}
	return false
}

// unseen is the events that the grant hides.
func (g *hostileGrant) unseen() world.Expr {
	var hidden world.Or
	for _, n := range []narrowing{g.view, g.token} {
		if n.passes != nil {
			hidden = append(hidden, world.Not{X: n.passes})
		}
	}
	if g.days > 0 {
		zone, err := time.LoadLocation(g.site.TimeZone)
		if err != nil {
			panic(err) // the world was made with it
		}
		first := hostileNow.In(zone).AddDate(0, 0, 1-g.days).Format("20060102")
		hidden = append(hidden, world.Match{Dimension: "date", Test: func(v string) bool { return v < first }})
	}
	return hidden
}

// config is the server's, with Google at an address and a host's key.
func (g *hostileGrant) config(google, keyHash string) string {
	filter := any(g.view.text)
	if g.view.text == "" {
		filter = nil
	}
	return fmt.Sprintf(`
google: {data_url: %[1]q, admin_url: %[1]q, token_hosts: [%[2]q]}
accounts: {main: {key_file: key.json}}
cache: {file: none}
limits: {requests_per_second: 1e6, requests_burst: 1000000, tokens_per_second: 1e6, tokens_burst: 1000000}
hosts: {host: {api_keys: [%[3]q], views: ["*"]}}
views:
  mine:
    property: %[4]q
    aliases: ["ga:77"]
    filter: %[5]s
    fields: {allow: %[6]s, deny: %[7]s}
    history: {days: %[8]d, outside: %[9]s}
    realtime: %[10]v
    max_rows: %[11]d
    universal_analytics: {goals: {1: purchase}, dimensions: {1: "customEvent:author"}, calculated: {a: totalRevenue/sessions, b: screenPageViews/totalUsers, c: 2*keyEvents}}
  theirs: {property: %[12]q, aliases: ["ga:78"]}
  wide: {property: %[4]q, aliases: ["ga:79"]}
dashboards:
  board:
    views: [mine]
    panels:
      - {type: line, metrics: [sessions, eventCount], dimensions: [date], compare: true}
      - {type: bar, metrics: [screenPageViews], dimensions: [country], filter: "country=@a,deviceCategory!=mobile", metric_filter: eventCount>2}
      - {type: scorecard, metrics: [activeUsers]}
`, google, strings.TrimPrefix(google, "http://"), keyHash, g.site.Property, g.text(filter),
		g.text(g.allow), g.text(g.deny), g.days, g.outside, g.realtime, g.rows, g.other.Property)
}

// tokenRequest is what the host asks a token by.
func (g *hostileGrant) tokenRequest() string {
	asks := map[string]any{"dashboards": []string{"board"}}
	if g.free {
		asks["views"] = []string{"mine"}
	}
	if g.token.text != "" {
		asks["filter"] = g.token.text
	}
	body, _ := json.Marshal(asks)
	return string(body)
}

// servers are one over the world as it is, and one over a world without what the
// grant hides.
func (g *hostileGrant) servers(t *testing.T, past *world.World) [2]*hostileServer {
	t.Helper()
	twin, err := past.Twin(
		world.Change{Property: g.site.Property, Without: g.unseen(), Dimensions: g.hidden.dimensions, Metrics: g.hidden.metrics},
		world.Change{Property: g.other.Property, Without: choose(g.Rand, narrowings()[1:]).passes})
	must(t, err)
	return [2]*hostileServer{g.server(t, past), g.server(t, twin)}
}

// A hostileServer is a server, its Google, and tokens for it.
type hostileServer struct {
	app    *App
	google *httptest.Server
	bearer string // the adversary's
	all    string // good for everything
}

func (g *hostileGrant) server(t *testing.T, w *world.World) *hostileServer {
	t.Helper()
	s := &hostileServer{google: httptest.NewServer(nil)}
	google, err := emulator.New(emulator.Config{World: w, BaseURL: s.google.URL, Clock: func() time.Time { return hostileNow }, Quota: 1e6})
	must(t, err)
	s.google.Config.Handler = google.Handler()
	dir := t.TempDir()
	user, err := google.IssueAuthorizedUser("hostile@sites.example")
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "key.json"), user, 0o600))
	key, hash, err := NewAPIKey(rand.Reader)
	must(t, err)
	config, err := parseConfig(filepath.Join(dir, "oriel.yaml"), []byte(g.config(s.google.URL, hex.EncodeToString(hash[:]))))
	must(t, err)
	config.Clock = func() time.Time { return hostileNow }
	s.app, err = New(config, slog.New(slog.DiscardHandler))
	must(t, err)
	s.bearer, s.all = s.mint(t, key, g.tokenRequest()), s.mint(t, key, `{"views":["wide"]}`)
	return s
}

func (s *hostileServer) mint(t *testing.T, key, request string) string {
	t.Helper()
	minted := s.send(key, hostileQuestion{method: "POST", path: "/v1/tokens", body: request})
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if json.Unmarshal(minted.body, &token) != nil || token.AccessToken == "" {
		t.Fatalf("no token: %d %s", minted.status, minted.body)
	}
	return token.AccessToken
}

func (s *hostileServer) close(t *testing.T) {
	must(t, s.app.Close())
	s.google.Close()
}

// answer asks with the adversary's token.
func (s *hostileServer) answer(q hostileQuestion) response { return s.send(s.bearer, q) }

// wide asks the same about all of the property.
func (s *hostileServer) wide(q hostileQuestion) {
	rename := strings.NewReplacer("/mine", "/wide", "ga%3A77", "ga%3A79", "ga:77", "ga:79", `"77"`, `"79"`)
	q.path, q.body = rename.Replace(q.path), rename.Replace(q.body)
	s.send(s.all, q)
}

// send asks at the front door. What an answer must differ in, for it is asked of
// another server, is left out: the request's number and the moment.
func (s *hostileServer) send(bearer string, q hostileQuestion) response {
	r := httptest.NewRequest(q.method, q.path, strings.NewReader(q.body))
	r.Header.Set("Authorization", "Bearer "+bearer)
	r.Header.Set("Content-Type", "application/json")
	got := httptest.NewRecorder()
	public, _ := s.app.Handlers()
	public.ServeHTTP(got, r)
	header := got.Result().Header
	header.Del("Oriel-Request-Id")
	header.Del("Date")
	return response{got.Code, header, got.Body.Bytes()}
}
