package app

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	mathrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oriel-server/oriel/emulator"
	"github.com/oriel-server/oriel/emulator/world"
	"github.com/oriel-server/oriel/internal/report"
)

// TestPipelineIsExact sends random queries under random grants to the server, and the
// same queries, narrowed by the test itself, directly to Google. The answers must be
// the same: cold, warm, merged from days, after a restart, and many at once, while days
// become final and their numbers grow for almost as long as they may.
func TestPipelineIsExact(t *testing.T) {
	queries := pipelineQueries.of(t)
	w := newWitness(t, queries)
	for asked := 0; asked < queries; {
		w.later()
		w.pages[w.IntN(randomPages)] = w.page()
		if w.IntN(5) == 0 {
			w.restart()
		}
		for range 6 {
			asked += w.visit()
		}
		if t.Failed() {
			t.Fatalf("after %d queries, at %v", asked, w.clock())
		}
	}
	w.count()
	t.Logf("%v %v", w.counted, w.told)
	w.checkTold(queries / 100)
	for _, how := range []string{
		`oriel_plan_questions_total{how="passed"}`, `oriel_plan_questions_total{how="sliced"}`,
		`oriel_plan_questions_total{how="united"}`, `oriel_cache_answers_total{event="hit"}`, "oriel_cache_disk_hits_total",
	} {
		if w.counted[how] < float64(queries/150) {
			t.Errorf("%s: %v; too few to prove anything", how, w.counted[how])
		}
	}
}

// settles is how long after a day's end Google still counts events to it.
const settles = 5 * 24 * time.Hour

// A page is a question that is asked again and again, over as many days up to
// yesterday or over others.
type page struct {
	query report.Query
	days  int
	grant *holding
}

// randomPages are the pages that are replaced as time goes by.
const randomPages = 30

// A holding is a view with an embed token for it.
type holding struct {
	view    string
	filter  *report.Filter // of the view
	days    int            // of the view's history, 0 for all
	rows    report.Int64   // at most
	extra   *report.Filter // of the token
	bearer  string
	expires time.Time
}

// A witness asks both ways.
type witness struct {
	t *testing.T
	*questioner
	now     atomic.Int64
	zone    *time.Location
	google  string // its address
	late    *emulator.Emulator
	user    url.Values // whom Google knows
	config  string
	key     string // the host's
	app     *App
	grants  []*holding
	pages   []page
	bearer  string // of Google's access token
	counted map[string]float64

	telling sync.Mutex
	told    map[string]int // answers, by what of more than fields was asked
}

func (w *witness) clock() time.Time { return time.Unix(0, w.now.Load()).UTC() }

func newWitness(t *testing.T, questions int) *witness {
	t.Helper()
	w := &witness{t: t, counted: map[string]float64{}, told: map[string]int{}}
	start := time.Date(2026, time.September, 1, 12, 0, 0, 0, time.UTC)
	w.now.Store(start.UnixNano())
	ahead := 30 + questions/10
	past, err := world.New(world.Config{Seed: 7, Now: start, Days: 50, Ahead: ahead, Events: 400 * (50 + ahead)})
	must(t, err)
	site := past.Sites()[0]
	w.zone, err = time.LoadLocation(site.TimeZone)
	must(t, err)
	w.startGoogle(past)
	w.questioner = &questioner{Rand: mathrand.New(mathrand.NewPCG(3, 4)), property: site.Property}
	w.grants = holdings()
	w.writeConfig()
	w.open()
	t.Cleanup(func() { must(t, w.app.Close()) })
	w.later()
	for range randomPages {
		w.pages = append(w.pages, w.page())
	}
	for _, change := range []func(*report.Query){compared, pivoted, computed, invisible, located} { // too rare at random
		p := w.page()
		p.query = w.sliceable()
		change(&p.query)
		w.pages = append(w.pages, p)
	}
	return w
}

func (w *witness) page() page {
	return page{w.query(), draw(w.questioner, 7, 14, 28), draw(w.questioner, w.grants...)}
}

// startGoogle starts an emulator whose tokens do not run out.
func (w *witness) startGoogle(past *world.World) {
	server := httptest.NewServer(nil)
	w.t.Cleanup(server.Close)
	var err error
	w.google = server.URL
	w.late, err = emulator.New(emulator.Config{World: past, BaseURL: server.URL, Clock: w.clock, Quota: 1e6})
	must(w.t, err)
	w.late.Freeze(true)
	server.Config.Handler = w.late.Handler()
	w.config = filepath.Join(w.t.TempDir(), "oriel.yaml")
	key, err := w.late.IssueAuthorizedUser("exact@sites.example")
	must(w.t, err)
	must(w.t, os.WriteFile(filepath.Join(filepath.Dir(w.config), "key.json"), key, 0o600))
	var user struct {
		ID      string `json:"client_id"`
		Secret  string `json:"client_secret"`
		Refresh string `json:"refresh_token"`
	}
	must(w.t, json.Unmarshal(key, &user))
	w.user = url.Values{
		"grant_type": {"refresh_token"}, "client_id": {user.ID}, "client_secret": {user.Secret}, "refresh_token": {user.Refresh},
	}
}

// holdings are all views with all filters that a token may add.
func holdings() (all []*holding) {
	is := func(field, match, value string) *report.Filter {
		return &report.Filter{Condition: &report.Condition{FieldName: field, String: &report.StringFilter{MatchType: match, Value: value}}}
	}
	for _, extra := range []*report.Filter{
		nil, nil, is("deviceCategory", "EXACT", "mobile"), is("nthDay", "CONTAINS", "1"),
		{AndGroup: &report.FilterList{Expressions: []*report.Filter{is("country", "CONTAINS", "a"), {Not: is("country", "BEGINS_WITH", "U")}}}},
		{OrGroup: &report.FilterList{Expressions: []*report.Filter{is("browser", "EXACT", "Chrome"), is("date", "ENDS_WITH", "5")}}},
	} {
		all = append(all,
			&holding{view: "all", extra: extra},
			&holding{view: "abroad", filter: &report.Filter{Not: is("country", "EXACT", "United States")}, extra: extra},
			&holding{view: "month", days: 20, extra: extra},
			&holding{view: "short", filter: is("sessionMedium", "FULL_REGEXP", "o.*"), rows: 25, extra: extra})
	}
	return all
}

func (w *witness) writeConfig() {
	key, hash, err := NewAPIKey(rand.Reader)
	must(w.t, err)
	w.key = key
	must(w.t, os.WriteFile(w.config, fmt.Appendf(nil, `
google: {data_url: %[1]q, admin_url: %[1]q, token_hosts: [%[2]q]}
accounts: {main: {key_file: key.json}}
cache: {stale: 0s} # an old answer would be given at once, and would differ
hosts: {host: {api_keys: [%[3]s], views: [all, abroad, month, short]}}
views:
  all: {property: "%[4]s"}
  abroad: {property: "%[4]s", filter: {notExpression: {filter: {fieldName: country, stringFilter: {value: United States}}}}}
  month: {property: "%[4]s", history: {days: 20, outside: clip}}
  short: {property: "%[4]s", max_rows: 25, filter: {filter: {fieldName: sessionMedium, stringFilter: {matchType: FULL_REGEXP, value: o.*}}}}
`, w.google, strings.TrimPrefix(w.google, "http://"), hex.EncodeToString(hash[:]), w.property), 0o600))
}

func (w *witness) open() {
	c, err := ReadConfig(w.config)
	must(w.t, err)
	c.Clock = w.clock
	w.app, err = New(c, slog.New(slog.DiscardHandler))
	must(w.t, err)
}

// restart leaves what is on disk.
func (w *witness) restart() {
	w.count()
	must(w.t, w.app.Close())
	w.open()
}

// count adds what the server has counted.
func (w *witness) count() {
	for line := range strings.Lines(operators(w.t, w.app, "/metrics")) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if n, err := strconv.ParseFloat(value, 64); err == nil && (strings.HasPrefix(name, "oriel_plan_questions") || strings.HasPrefix(name, "oriel_cache_answers") || strings.HasPrefix(name, "oriel_cache_disk_hits")) {
			w.counted[name] += n
		}
	}
}

// later lets so much time go by that only what is final may be given again. Google
// has counted what happened until some time ago, mostly almost as long as it
// takes for a day to be final.
func (w *witness) later() {
	w.now.Add(int64(6*time.Hour + time.Duration(w.Int64N(int64(30*time.Hour)))))
	late := settles - time.Duration(1+w.IntN(60))*time.Minute
	if w.IntN(8) == 0 {
		late = time.Duration(w.IntN(120)) * time.Hour
	}
	if counted := w.clock().Add(-late); counted.After(w.late.Now()) || w.bearer == "" {
		w.late.SetTime(counted)
	}
	w.today = report.DateOf(w.clock(), w.zone)
	w.bearer = "Bearer " + w.token(w.postForm("/token", w.user))
}

func (w *witness) postForm(path string, form url.Values) []byte {
	r, err := http.PostForm(w.google+path, form)
	must(w.t, err)
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	must(w.t, err)
	return body
}

func (w *witness) token(body []byte) string {
	var token struct {
		AccessToken string `json:"access_token"`
	}
	must(w.t, json.Unmarshal(body, &token))
	if token.AccessToken == "" {
		w.t.Fatalf("no token: %s", body)
	}
	return token.AccessToken
}

// visit asks what the panels of a page do, all at once, and now and then again, or
// about some of the same days. It returns how many questions that were.
func (w *witness) visit() (asked int) {
	p := draw(w.questioner, w.pages...)
	w.mint(p.grant)
	base := p.query.Clone()
	if w.redate(&base); w.IntN(2) == 0 {
		base.DateRanges[0].StartDate, base.DateRanges[0].EndDate = w.today.AddDays(-p.days).String(), w.today.AddDays(-1).String()
	}
	queries := w.board(base)
	asked = w.atOnce(p.grant, queries)
	switch w.IntN(5) {
	case 0:
		asked += w.atOnce(p.grant, queries)
	case 1, 2:
		asked += w.atOnce(p.grant, w.board(w.inside(base)))
	case 3: // the same of another grant, which has other rows
		other := draw(w.questioner, w.grants...)
		w.mint(other)
		asked += w.atOnce(other, queries)
	}
	return asked
}

// board is up to three panels.
func (w *witness) board(base report.Query) []report.Query {
	queries := []report.Query{base}
	for range w.IntN(3) {
		queries = append(queries, w.panel(base))
	}
	return queries
}

// inside asks about some of q's days, which are final where it has such.
func (w *witness) inside(q report.Query) report.Query {
	q = q.Clone()
	first, err := report.ParseDate(q.DateRanges[0].StartDate)
	must(w.t, err)
	last, err := report.ParseDate(q.DateRanges[0].EndDate)
	must(w.t, err)
	if final := w.today.AddDays(-6 - w.IntN(4)); final.Before(last) && final.After(first) {
		last = final
	}
	if n := first.DaysUntil(last); n > 1 {
		first = first.AddDays(w.IntN(n))
	}
	q.DateRanges[0].StartDate, q.DateRanges[0].EndDate = first.String(), last.String()
	return q
}

// atOnce asks several questions, and returns how many.
func (w *witness) atOnce(g *holding, queries []report.Query) int {
	var wg sync.WaitGroup
	for _, q := range queries {
		wg.Go(func() { w.compare(g, q) })
	}
	wg.Wait()
	return len(queries)
}

// mint gets an embed token for a grant, unless it has one.
func (w *witness) mint(g *holding) {
	if w.clock().Before(g.expires) {
		return
	}
	claim := map[string]any{"views": []string{g.view}}
	if g.extra != nil {
		claim["filter"] = g.extra
	}
	body, err := json.Marshal(claim)
	must(w.t, err)
	answer := w.post(w.key, "/v1/tokens", body)
	g.bearer, g.expires = w.token(answer.Body.Bytes()), w.clock().Add(time.Minute)
}

func (w *witness) post(bearer, path string, body []byte) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", path, bytes.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+bearer)
	r.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	public, _ := w.app.Handlers()
	public.ServeHTTP(answer, r)
	return answer
}

// narrowed is q as the grant allows it, written without regard to how the gate
// works; false when all its days are outside the view's history.
func (w *witness) narrowed(g *holding, q report.Query) (report.Query, bool) {
	q = q.Clone()
	both := &report.FilterList{}
	for _, f := range []*report.Filter{q.DimensionFilter, g.extra, g.filter} {
		if f != nil {
			both.Expressions = append(both.Expressions, f)
		}
	}
	if q.DimensionFilter = nil; len(both.Expressions) > 0 {
		q.DimensionFilter = &report.Filter{AndGroup: both}
	}
	if len(q.Pivots) > 0 { // Google wants what their filter reads among the dimensions
		q.DimensionFilter.Walk(func(c *report.Condition) { requesting(&q, c.FieldName) })
	} else if g.rows > 0 && (q.Limit == 0 || q.Limit > g.rows) {
		q.Limit = g.rows
	}
	for i, d := range q.DateRanges {
		first := w.today.AddDays(1 - g.days + countsBack(q)).String()
		switch {
		case g.days == 0 || d.StartDate >= first:
		case d.EndDate < first:
			return q, false
		default:
			q.DateRanges[i].StartDate = first
		}
	}
	return q, true
}

// straight asks Google.
func (w *witness) straight(q report.Query) (int, []byte) {
	body, err := json.Marshal(q)
	must(w.t, err)
	r, err := http.NewRequest("POST", w.google+"/v1beta/properties/"+w.property+":"+method(q), bytes.NewReader(body))
	must(w.t, err)
	r.Header.Set("Authorization", w.bearer)
	answer, err := http.DefaultClient.Do(r)
	must(w.t, err)
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	must(w.t, err)
	return answer.StatusCode, said
}

func method(q report.Query) string {
	if len(q.Pivots) > 0 {
		return "runPivotReport"
	}
	return "runReport"
}

// compare asks both ways.
func (w *witness) compare(g *holding, q report.Query) {
	body, err := json.Marshal(w.spoken(q))
	if err != nil {
		w.t.Error(err)
		return
	}
	got := w.post(g.bearer, "/v1/views/"+g.view+":"+method(q), body)
	allowed, ok := w.narrowed(g, q)
	if !ok {
		if got.Code != http.StatusForbidden {
			w.t.Errorf("%s %s\noutside the history: %d %.300s", g.view, body, got.Code, got.Body)
		}
		return
	}
	status, want := w.straight(allowed)
	if got.Code != status {
		w.t.Errorf("%s %s\nat the door %d %.1000s\nstraight    %d %.1000s", g.view, body, got.Code, got.Body, status, want)
	}
	if status != http.StatusOK || got.Code != status {
		return
	}
	w.tell(q)
	if difference := differ(got.Body.Bytes(), want); difference != "" {
		w.t.Errorf("%s, token's filter %s\n%s\n%s\nat the door %.3000s\nstraight    %.3000s", g.view, words(g.extra), body, difference, got.Body, want)
	}
	w.checkAge(got.Header(), allowed)
}

// spoken says the days as people do, of every other question.
func (w *witness) spoken(q report.Query) report.Query {
	q = q.Clone()
	if len(q.Metrics) != 2 {
		return q
	}
	for i, r := range q.DateRanges {
		for _, day := range []struct {
			to *string
			is string
		}{{&q.DateRanges[i].StartDate, r.StartDate}, {&q.DateRanges[i].EndDate, r.EndDate}} {
			if d, err := report.ParseDate(day.is); err == nil {
				*day.to = fmt.Sprintf("%ddaysAgo", d.DaysUntil(w.today))
			}
		}
	}
	return q
}

// checkAge: only what is final is older than this moment.
func (w *witness) checkAge(h http.Header, q report.Query) {
	freshness := report.FreshIntraday
	last := slices.MaxFunc(q.DateRanges, func(a, b report.DateRange) int { return strings.Compare(a.EndDate, b.EndDate) }).EndDate
	day, err := report.ParseDate(last)
	switch {
	case err != nil:
		w.t.Error(err)
	case w.clock().Sub(day.AddDays(1).In(w.zone)) >= settles:
		freshness = report.FreshFinal
	case day.Before(w.today):
		freshness = report.FreshSettling
	}
	if got := h.Get("Oriel-Freshness"); got != string(freshness) || h.Get("Oriel-Stale") != "" || freshness != report.FreshFinal && h.Get("Age") != "0" {
		w.t.Errorf("until %s, asked at %v: Oriel-Freshness %s, want %s; Oriel-Stale %q, Age %s", last, w.clock(), got, freshness, h.Get("Oriel-Stale"), h.Get("Age"))
	}
}

// differ says where two answers are not the same.
func differ(got, want []byte) string {
	var a, b map[string]any
	if err := json.Unmarshal(got, &a); err != nil {
		return err.Error()
	}
	if err := json.Unmarshal(want, &b); err != nil {
		return err.Error()
	}
	if reflect.DeepEqual(a, b) {
		return ""
	}
	var members []string
	for _, name := range slices.Sorted(maps.Keys(b)) {
		if !reflect.DeepEqual(a[name], b[name]) {
			members = append(members, name)
		}
	}
	return fmt.Sprintf("they differ in %v; the one at the door has %d members, Google's %d", members, len(a), len(b))
}

func words(f *report.Filter) string {
	text, _ := json.Marshal(f)
	return string(text)
}
