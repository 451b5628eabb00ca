package main

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// run returns what simulate prints, and its exit status.
func run(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs strings.Builder
	switch err := simulate(t.Context(), args, &out, &errs); {
	case errors.Is(err, errUsage):
		status = 2
	case err != nil:
		status = 1
		errs.WriteString(err.Error())
	}
	return status, out.String(), errs.String()
}

// A day with all that can happen: nobody sees an error, and what it took of the
// quotas is told for each site.
func TestSimulate(t *testing.T) {
	status, out, said := run(t, "-views", "150", "-sites", "2", "-ranges", "3", "-step", "1m", "-fail", "1h", "-restart")
	if status != 0 || said != "" {
		t.Fatalf("%d: %s", status, said)
	}
	for _, want := range []string{
		`(?m)^1[45]\d views of a dashboard of 12 panels over 2 sites in 1 days`,
		`Google fails for 1h0m0s`, `restarted at`,
		`(?m)^ +41260000[12]( +\d+){3} +\d\.\d\d % +\d+ +\d\.\d\d % +\d+ +\d\.\d\d % +\d+ +[1-9]\d* *$`, // failed in that hour
		`(?m)^ +412600002 `, `(?m)^ +old, for Google fails +\d`, `(?m)^ +settling +\d`, `(?m)^ +hit +\d`, `(?m)^ +sliced +\d`, `(?m)^ +miss +\d`,
	} {
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("lacks %s", want)
		}
	}
	if strings.Contains(out, "  seen before:") {
		t.Error("what had been seen before failed")
	}
	if t.Failed() {
		t.Log(out)
	}
}

func TestSimulateRefuses(t *testing.T) {
	for _, args := range [][]string{{"-views", "0"}, {"-quota", "0"}, {"-fail", "13h"}, {"-step", "0s"}, {"-sites", "-1"}} {
		if status, _, said := run(t, args...); status != 2 || said == "" {
			t.Errorf("%v: %d %q", args, status, said)
		}
	}
}

// Ages are looked for in the bytes of an answer; to decode it must find the same.
func TestAgesAreRead(t *testing.T) {
	c := simulation{views: 1, days: 1, sites: 1, ranges: 1, workers: 1, seed: 1, step: time.Second, quota: 1}
	s, err := newSimulated(t.Context(), c, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	}()
	server, _ := s.app.Handlers()
	for _, later := range []time.Duration{0, 10 * time.Second, 10 * time.Minute} {
		s.clock.move(later)
		v := &visitor{address: "10.0.0.1:1"}
		v.enter(server, s.tally)
		body := v.get(server, "/v1/dashboards/day?view=site-412600001&range=7d").body
		read := newTally()
		if n := read.readAges(body); n != panels {
			t.Fatalf("%d panels in %s", n, body)
		}
		var d struct {
			Panels []struct {
				Age       int
				Freshness string
			}
		}
		if err := json.Unmarshal(body, &d); err != nil {
			t.Fatal(err)
		}
		want := map[string]map[int]int{}
		for _, p := range d.Panels {
			if want[p.Freshness] == nil {
				want[p.Freshness] = map[int]int{}
			}
			want[p.Freshness][p.Age]++
		}
		if !maps.EqualFunc(read.ages, want, maps.Equal[map[int]int, map[int]int]) || len(read.errors) > 0 {
			t.Errorf("%v %v, want %v", read.ages, read.errors, want)
		}
	}
}

// What failed is told apart by whether it had been seen.
func TestErrorsAreRead(t *testing.T) {
	var body strings.Builder
	body.WriteString(`{"panels":[{"name":"a","error":{"message":"No."}},{"name":"b","error":{"message":"No."}}`)
	body.WriteString(strings.Repeat(`,{"asOf":"2026-10-14T07:00:00Z","age":90,"freshness":"settling","stale":"quota"}`, panels-2) + "]}")
	read := newTally()
	v := view{view: "site", span: "7d"}
	read.answered(v, 0b01, &answered{status: http.StatusOK, body: []byte(body.String())})
	read.answered(v, 0, &answered{status: http.StatusTooManyRequests})
	want := map[string]int{"seen before: No.": 1, "never seen before: No.": 1, "dashboard: 429 Too Many Requests": 1}
	if !maps.Equal(read.errors, want) {
		t.Errorf("%v, want %v", read.errors, want)
	}
	if read.ages["old, for Google has no tokens left"][90] != panels-2 {
		t.Errorf("%v", read.ages)
	}
	if seen := read.seenOf("site", "7d"); seen != 0b1111_1111_1100 {
		t.Errorf("seen: %b", seen)
	}
}

// Equal seeds make equal crowds, of as many views as were asked for.
func TestCrowd(t *testing.T) {
	start := time.Date(2026, time.October, 14, 7, 0, 0, 0, time.UTC)
	day := func(seed uint64) (all []view) {
		w, err := newCrowd(simulation{views: 10_000, ranges: 10, seed: seed}, manySites(20), start)
		if err != nil {
			t.Fatal(err)
		}
		for at := time.Duration(0); at < 24*time.Hour; at += time.Minute {
			all = append(all, w.coming(start.Add(at), time.Minute)...)
		}
		return all
	}
	one, same, other := day(1), day(1), day(2)
	equal := func(a, b view) bool {
		return a.view == b.view && a.span == b.span && a.visitor.address == b.visitor.address
	}
	if !slices.EqualFunc(one, same, equal) || slices.EqualFunc(one, other, equal) {
		t.Error("the seed decides nothing, or not all")
	}
	if n := len(one); n < 9_900 || n > 10_100 {
		t.Errorf("%d views", n)
	}
	bySite, spans := map[string]int{}, map[string]int{}
	for _, v := range one {
		bySite[v.view]++
		spans[v.span]++
	}
	if len(bySite) != 20 || bySite["site-412600001"] < 10*bySite["site-412600020"] {
		t.Errorf("%v", bySite)
	}
	for _, span := range []string{"", "7d", "90d", "2026-09-01..2026-09-30", "2026-01-01..2026-10-13", "2026-10-14..2026-10-14"} {
		if spans[span] == 0 {
			t.Errorf("nobody looks at %q", span)
		}
	}
}

func TestTokensAreAddedUp(t *testing.T) {
	for _, c := range []struct {
		method, body string
		want         int
	}{
		{"/metadata", `{"dimensions":[]}`, 1},
		{":runReport", `{"propertyQuota":{"tokensPerDay":{"consumed":3,"remaining":7}}}`, 3},
		{":batchRunReports", `{"reports":[{"propertyQuota":{"tokensPerDay":{"consumed":3}}},{"propertyQuota":{"tokensPerDay":{"consumed":4}}}]}`, 7},
		{":runReport", `not JSON`, 0},
	} {
		if got := tokensOf(c.method, []byte(c.body)); got != c.want {
			t.Errorf("%s %s: %d, want %d", c.method, c.body, got, c.want)
		}
	}
	tokens := map[int]int{0: 1, 23: 2, 24: 5, 25: 1}
	if day, hour := most(tokens, 24), most(tokens, 1); day != 6 || hour != 5 {
		t.Errorf("a day's %d, an hour's %d", day, hour)
	}
	ages := map[int]int{1: 50, 2: 49, 60: 1}
	for q, want := range map[float64]time.Duration{0: time.Second, 0.5: time.Second, 0.9: 2 * time.Second, 1: time.Minute} {
		if got := quantile(ages, q); got != want {
			t.Errorf("quantile %v: %v, want %v", q, got, want)
		}
	}
}

// A meter that Google's answers pass unchanged.
func TestCountedPassesOn(t *testing.T) {
	g := &busyGoogle{clock: &fastClock{}, spent: map[string]*expense{}}
	g.start = g.clock.now()
	h := g.counted(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "" {
			t.Error("it may be compressed")
		}
		if filepath.Base(r.URL.Path) == "2:runReport" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = w.Write([]byte(`{"propertyQuota":{"tokensPerDay":{"consumed":3}}}`))
	}))
	for _, path := range []string{"/v1beta/properties/1:runReport", "/v1beta/properties/1:runRealtimeReport", "/v1beta/properties/2:runReport"} {
		r := httptest.NewRequest("POST", path, nil)
		r.Header.Set("Accept-Encoding", "gzip")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if !strings.Contains(w.Body.String(), "consumed") {
			t.Errorf("%s: %s", path, w.Body)
		}
	}
	one, two := g.spent["1"], g.spent["2"]
	if one.requests != 2 || one.core[0] != 3 || one.realtime[0] != 3 || two.failed != 1 || two.core[0] != 0 {
		t.Errorf("%+v %+v", one, two)
	}
}
