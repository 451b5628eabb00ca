package web

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/internal/report"
)

// batchOf is the body of a batch of n reports.
func batchOf(n int) string {
	return `{"requests":[` + strings.TrimSuffix(strings.Repeat(runReport+",", n), ",") + `]}`
}

// v4Of is the body of a v4 batch of n date ranges, each a question to Google.
func v4Of(n int) string {
	var ranges []string
	for i := range n {
		ranges = append(ranges, fmt.Sprintf(`{"startDate":"%ddaysAgo","endDate":"yesterday"}`, i+1))
	}
	return `{"reportRequests":[{"viewId":"123","dimensions":[{"name":"ga:pageTitle"}],"metrics":[{"expression":"ga:sessions"}],"dateRanges":[` + strings.Join(ranges, ",") + `]}]}`
}

func (s *source) asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.queries)
}

// A request costs what it asks, for its session, its address and its view, before any of
// it is asked.
func TestWorkIsCharged(t *testing.T) {
	const rarely = 1e-9
	session := func(c *Config) { c.Limits.Requests = Pace{rarely, 7} }
	view := func(c *Config) { c.Limits.View = Pace{rarely, 7} }
	for name, tt := range map[string]struct {
		limits     func(*Config)
		path, body string
		asked      int // by one such request
	}{
		"session, batch": {session, "/v1/views/shop:batchRunReports", batchOf(5), 5},
		"view, batch":    {view, "/v1beta/properties/shop:batchRunReports", batchOf(5), 5},
		"session, v4":    {session, "/v4/reports:batchGet", v4Of(2), 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, tt.limits)
			token := bearing(s.token("shop"))
			if a := s.do("POST", tt.path, tt.body, token); a.code != 200 || s.source.asked() != tt.asked {
				t.Fatalf("%d, %d questions: %s", a.code, s.source.asked(), a.body)
			}
			for s.source.asked() < 7 {
				before := s.source.asked()
				if a := s.do("POST", tt.path, tt.body, token); a.code == 429 {
					if s.source.asked() != before {
						t.Errorf("a refused request asked %d questions", s.source.asked()-before)
					}
					return
				}
			}
			t.Errorf("%d questions of a burst of 7, and no refusal", s.source.asked())
		})
	}
}

// An anonymous visitor's work is charged to the address too, whatever the session.
func TestWorkIsChargedToAnAddress(t *testing.T) {
	s := newSite(t, trusting, func(c *Config) { c.Limits.Requests = Pace{1e-9, 6} })
	var got []int
	for _, addr := range []string{"192.0.2.1", "192.0.2.1", "192.0.2.2"} {
		token := s.minted(s.do("GET", "/token?view=shop", "", "Origin: "+shopOrigin, from(addr)))
		got = append(got, s.do("POST", "/v1/views/shop:batchRunReports", batchOf(5), bearing(token), from(addr)).code)
	}
	if !slices.Equal(got, []int{200, 429, 200}) {
		t.Errorf("two sessions of an address, one of another: %v", got)
	}
}

// What costs more than a burst would be refused forever: its error says what to change.
func TestTooMuchWorkAtOnce(t *testing.T) {
	s := newSite(t, func(c *Config) { c.Limits.Requests = Pace{1e-9, 4} })
	a := s.do("POST", "/v1/views/shop:batchRunReports", batchOf(5), bearing(s.token("shop")))
	if a.code != 413 || !strings.Contains(a.body, "send it in parts") || a.header.Get("Retry-After") != "" || s.source.asked() != 0 {
		t.Errorf("%d %s, %d questions", a.code, a.body, s.source.asked())
	}
}

// A dashboard is one request while its panels are cached; those that are not are charged,
// and what a burst cannot pay is not asked.
func TestDashboardsAreChargedForQuestions(t *testing.T) {
	panels := len(testDashboards()[0].Panels)
	s := newSite(t, func(c *Config) { c.Limits.Requests = Pace{1e-9, panels + 2} })
	s.source.missing = true
	token := bearing(s.boardToken())
	ask := func() answered { return s.do("GET", "/v1/dashboards/overview?range=6d", "", token) }
	if a := ask(); a.code != 200 || strings.Contains(a.body, `"error"`) {
		t.Fatalf("%d %s", a.code, a.body)
	}
	if a := ask(); a.code != 200 || strings.Count(a.body, "Too many answers") != panels || s.source.asked() != panels {
		t.Errorf("%d %s: %d questions", a.code, a.body, s.source.asked())
	}
	s.source.missing = false
	if a := ask(); a.code != 200 || strings.Contains(a.body, `"error"`) {
		t.Errorf("cached: %d %s", a.code, a.body)
	}
	if a := ask(); a.code != 429 {
		t.Errorf("after the burst: %d", a.code)
	}
}

// big makes the source answer with a report of a size.
func (s *site) big(size int) {
	s.source.answer = func(context.Context, report.Query) (*report.Report, error) {
		r := s.report()
		r.Body = []byte(reportBody[:len(reportBody)-1] + `,"pad":"` + strings.Repeat("x", size) + `"}`)
		return r, nil
	}
}

// An answer's bytes are charged: who takes much waits for the next.
func TestBytesAreCharged(t *testing.T) {
	s := newSite(t, func(c *Config) { c.Limits.Requests = Pace{1e-9, 10} })
	s.big(4 * bytesPerToken)
	token := bearing(s.token("shop"))
	var got []int
	for range 3 {
		got = append(got, s.do("POST", "/v1/views/shop:runReport", runReport, token).code)
	}
	if !slices.Equal(got, []int{200, 200, 429}) { // 5 requests each
		t.Errorf("%v", got)
	}
}

// An answer has a largest size, whichever it is made of, and its error says how to page.
func TestAnswersAreCapped(t *testing.T) {
	s := newSite(t, func(c *Config) { c.MaxAnswer = 1 << 20 })
	token := bearing(s.token("shop"))
	s.big(300 << 10)
	for _, tt := range []struct {
		method, path, body string
		code               int
	}{
		{"POST", "/v1/views/shop:runReport", runReport, 200},
		{"POST", "/v1/views/shop:batchRunReports", batchOf(3), 200},
		{"POST", "/v1/views/shop:batchRunReports", batchOf(4), 413},
	} {
		if a := s.do(tt.method, tt.path, tt.body, token); a.code != tt.code || tt.code == 413 && !strings.Contains(a.body, "limit and offset") {
			t.Errorf("%s: %d %.200s", tt.path, a.code, a.body)
		}
	}
	s.big(2 << 20)
	if a := s.do("POST", "/v1/views/shop:runReport", runReport, token); a.code != 413 {
		t.Errorf("%d %.200s", a.code, a.body)
	}
	rows := func(n int) {
		body := strings.Replace(reportBody, `"rows":[`, `"rows":[`+strings.Repeat(`{"dimensionValues":[{"value":"a"}],"metricValues":[{"value":"7"}]},`, n), 1)
		s.source.answer = func(context.Context, report.Query) (*report.Report, error) {
			r := s.report()
			r.Body, r.Rows = []byte(body), n+1
			return r, nil
		}
	}
	rows(40_000)
	if a := s.do("POST", "/v1/views/shop:exportReport", runReport, token); a.code != 200 { // its CSV is small
		t.Errorf("CSV: %d %.200s", a.code, a.body)
	}
	rows(300_000)
	if a := s.do("POST", "/v1/views/shop:exportReport", runReport, token); a.code != 413 {
		t.Errorf("CSV: %d %.200s", a.code, a.body)
	}
}

// Three rented /48 leave an origin's other visitors their tokens, and where many more use
// up its rate, networks that were quiet have theirs.
func TestRentedNetworksDenyNothing(t *testing.T) {
	s := newSite(t, trusting, func(c *Config) { c.Limits.Tokens = Pace{1e-9, 1} })
	minted := func(addr string) int {
		return s.do("GET", "/token?view=shop", "", "Origin: "+shopOrigin, from(addr)).code
	}
	flood := func(sites int) (allowed int) {
		for site := range sites {
			for network := range 2 * siteShare {
				if minted(fmt.Sprintf("2001:db8:%x:%x::1", site, network)) == 200 {
					allowed++
				}
			}
		}
		return allowed
	}
	if allowed := flood(3); allowed != 3*siteShare || allowed >= originShare {
		t.Errorf("three /48 had %d tokens of %d", allowed, originShare)
	}
	for i := range originShare { // uses up the rate and half of the reserve
		if code := minted(fmt.Sprintf("198.51.100.%d", i)); code != 200 {
			t.Fatalf("visitor %d: %d", i, code)
		}
	}
	if code := minted("2001:db8:ffff::1"); code != 200 {
		t.Errorf("a quiet /48: %d", code)
	}
	for range int(quietPace.Burst) {
		_ = s.server.limiter.quiet.allow(s.now, netip.MustParseAddr("192.0.2.7"))
	}
	if code := minted("192.0.2.7"); code != 429 {
		t.Errorf("a network that was not quiet: %d", code)
	}
}
