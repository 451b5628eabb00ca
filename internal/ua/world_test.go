package ua_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/emulator/world"
	"github.com/oriel-server/oriel/internal/report"
	"github.com/oriel-server/oriel/internal/ua"
)

// The slow way: v3's answer from the list of events, sharing nothing with the
// package under test.

type metrics struct {
	pageviews, events, entrances, newUsers float64
	users, sessions, organic               map[uint32]bool
}

func (m *metrics) add(e world.Event) {
	m.events++
	switch e.Name {
	case "page_view":
		m.pageviews++
	case "session_start":
		m.entrances++
	case "first_visit":
		m.newUsers++
	}
	m.users[e.User], m.sessions[e.Session] = true, true
	if e.Value("sessionMedium") == "organic" {
		m.organic[e.Session] = true
	}
}

func (m *metrics) merge(n *metrics) {
	m.pageviews += n.pageviews
	m.events += n.events
	m.entrances += n.entrances
	m.newUsers += n.newUsers
	maps.Copy(m.users, n.users)
	maps.Copy(m.sessions, n.sessions)
	maps.Copy(m.organic, n.organic)
}

func (m *metrics) value(name string) float64 {
	sessions := float64(len(m.sessions))
	switch name {
	case "ga:pageviews":
		return m.pageviews
	case "ga:totalEvents":
		return m.events
	case "ga:entrances":
		return m.entrances
	case "ga:users":
		return float64(len(m.users))
	case "ga:sessions":
		return sessions
	case "ga:organicSearches":
		return float64(len(m.organic))
	case "ga:percentNewSessions":
		return ratio(m.newUsers, sessions) * 100
	case "ga:entranceRate":
		return ratio(m.entrances, m.pageviews) * 100
	case "ga:pageviewsPerSession":
		return ratio(m.pageviews, sessions)
	case "ga:sessionsPerUser":
		return ratio(sessions, float64(len(m.users)))
	case viewShare: // v4 only
		return ratio(m.pageviews, m.events) * 100
	case otherEvents:
		return (m.events-m.pageviews)*-2 + 1
	}
	panic(name)
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

var dimensions = map[string]func(world.Event) string{
	"ga:date":           func(e world.Event) string { return e.Value("date") },
	"ga:hour":           func(e world.Event) string { return fmt.Sprintf("%02s", e.Value("hour")) },
	"ga:country":        func(e world.Event) string { return e.Value("country") },
	"ga:browser":        func(e world.Event) string { return e.Value("browser") },
	"ga:deviceCategory": func(e world.Event) string { return e.Value("deviceCategory") },
	"ga:source":         func(e world.Event) string { return e.Value("sessionSource") },
	"ga:isMobile": func(e world.Event) string {
		if d := e.Value("deviceCategory"); d == "mobile" || d == "tablet" {
			return "Yes"
		}
		return "No"
	},
	"ga:userType": func(e world.Event) string {
		return map[string]string{"new": "New Visitor", "returning": "Returning Visitor"}[e.Value("newVsReturning")]
	},
	"ga:pagePath": func(e world.Event) string { return e.Value("pagePath") },
	"ga:pagePathLevel1": func(e world.Event) string {
		path := e.Value("pagePath")
		if first, _, deeper := strings.Cut(strings.TrimPrefix(path, "/"), "/"); deeper {
			return "/" + first + "/"
		}
		return path
	},
}

// A question is a random v3 query that can be answered both ways.
type question struct {
	metrics, dimensions []string
	filters             [][]filter
	from, to            int // days ago
	sort                string
	having              string // a metric of which rows have more than least
	least               float64
}

type filter struct {
	field, op, value string
}

func (f filter) passes(e world.Event) bool {
	v := strings.ToLower(dimensions[f.field](e))
	w := strings.ToLower(f.value)
	switch f.op {
	case "==":
		return v == w
	case "!=":
		return v != w
	case "=@":
		return strings.Contains(v, w)
	}
	return !strings.Contains(v, w)
}

func (q question) passes(e world.Event) bool {
	for _, group := range q.filters {
		if !slices.ContainsFunc(group, func(f filter) bool { return f.passes(e) }) {
			return false
		}
	}
	return true
}

func (q question) values() url.Values {
	var and []string
	for _, group := range q.filters {
		var or []string
		for _, f := range group {
			or = append(or, f.field+f.op+strings.NewReplacer(`\`, `\\`, ",", `\,`, ";", `\;`).Replace(f.value))
		}
		and = append(and, strings.Join(or, ","))
	}
	if q.having != "" {
		and = append(and, fmt.Sprintf("%s>%v", q.having, q.least))
	}
	return url.Values{
		"ids": {"ga:1"}, "metrics": {strings.Join(q.metrics, ",")}, "dimensions": {strings.Join(q.dimensions, ",")},
		"filters": {strings.Join(and, ";")}, "max-results": {"10000"}, "sort": {q.sort},
		"start-date": {strconv.Itoa(q.from) + "daysAgo"}, "end-date": {strconv.Itoa(q.to) + "daysAgo"},
	}
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

func randomQuestion(r *rand.Rand, events []world.Event) question {
	names := []string{"ga:date", "ga:hour", "ga:country", "ga:browser", "ga:deviceCategory", "ga:source", "ga:isMobile", "ga:userType", "ga:pagePathLevel1"}
	counts := []string{"ga:pageviews", "ga:totalEvents"}
	all := append([]string{"ga:users", "ga:sessions", "ga:percentNewSessions", "ga:pageviewsPerSession", "ga:sessionsPerUser", "ga:organicSearches", "ga:entrances", "ga:entranceRate"}, counts...)
	q := question{to: r.IntN(20)}
	q.from = q.to + r.IntN(15)
	for range r.IntN(3) {
		if n := pick(r, names); !slices.Contains(q.dimensions, n) {
			q.dimensions = append(q.dimensions, n)
		}
	}
	switch { // rows that fold
	case slices.Contains(q.dimensions, "ga:pagePathLevel1"):
		all = append([]string{"ga:entrances"}, counts...)
	case slices.Contains(q.dimensions, "ga:isMobile"):
		all = append([]string{"ga:entrances", "ga:sessions", "ga:organicSearches", "ga:pageviewsPerSession", "ga:percentNewSessions"}, counts...)
	}
	for range 1 + r.IntN(3) {
		if m := pick(r, all); !slices.Contains(q.metrics, m) {
			q.metrics = append(q.metrics, m)
		}
	}
	if r.IntN(3) == 0 {
		q.having, q.least = pick(r, all), float64(r.IntN(4))+0.5
	}
	if r.IntN(2) == 0 {
		q.sort = pick(r, []string{"", "-"}) + pick(r, slices.Concat(q.metrics, q.dimensions))
	}
	for range r.IntN(3) {
		var group []filter
		for range 1 + r.IntN(2) {
			n := pick(r, names)
			value := dimensions[n](pick(r, events))
			if op := pick(r, []string{"==", "!=", "=@", "!@"}); op[1] == '=' {
				group = append(group, filter{n, op, value})
			} else {
				group = append(group, filter{n, op, value[r.IntN(len(value)+1):]})
			}
		}
		q.filters = append(q.filters, group)
	}
	return q
}

// history returns the day that it is at the site, and all that happened there.
func (g *google) history(t *testing.T) (today report.Date, events []world.Event) {
	t.Helper()
	zone, err := time.LoadLocation(g.site.TimeZone)
	if err != nil {
		t.Fatal(err)
	}
	g.world.Events(g.site.Property, func(e world.Event) bool {
		events = append(events, e)
		return e.Time.Before(now)
	})
	return report.DateOf(now, zone), events
}

// TestTotalsEqualCountingEvents asks random questions of the emulator through the
// translation, and compares totals and rows with those counted from the events.
func TestTotalsEqualCountingEvents(t *testing.T) {
	g := newGoogle(t)
	today, events := g.history(t)
	r := rand.New(rand.NewPCG(3, 5))
	for range 150 {
		q := randomQuestion(r, events)
		want, totals := q.count(events, today)
		body := g.ask(t, q.values(), today)
		for i, m := range q.metrics {
			// Of filtered rows the totals are sums, so users and sessions may differ.
			if q.having == "" || slices.Contains([]string{"ga:pageviews", "ga:totalEvents", "ga:entrances"}, m) {
				compare(t, q, "total "+m, body.Totals[i].Value, totals.value(m))
			}
		}
		q.checkOrder(t, body)
		seen := 0
		for _, row := range body.Rows {
			names, cells := row[:len(q.dimensions)], row[len(q.dimensions):]
			m := want[strings.Join(names, "\n")]
			if m == nil {
				m = &metrics{} // an hour or a day without events
			} else {
				seen++
			}
			for i, name := range q.metrics {
				compare(t, q, fmt.Sprintf("%s of %q", name, names), cells[i], m.value(name))
			}
		}
		if seen != len(want) {
			t.Fatalf("%v: %d rows instead of %d", q.values(), seen, len(want))
		}
	}
}

// checkOrder holds rows to the order that was requested for.
func (q question) checkOrder(t *testing.T, body *ua.Body) {
	t.Helper()
	name, desc := strings.CutPrefix(q.sort, "-")
	metric := slices.Contains(q.metrics, name)
	at := slices.Index(slices.Concat(q.dimensions, q.metrics), name)
	for i := 1; i < len(body.Rows) && at >= 0; i++ {
		a, b := body.Rows[i-1][at], body.Rows[i][at]
		if desc {
			a, b = b, a
		}
		x, _ := strconv.ParseFloat(a, 64)
		y, _ := strconv.ParseFloat(b, 64)
		if metric && x > y || !metric && a > b {
			t.Fatalf("%v: row %d is out of order: %q, %q", q.values(), i, body.Rows[i-1], body.Rows[i])
		}
	}
}

func (q question) count(events []world.Event, today report.Date) (map[string]*metrics, *metrics) {
	first, last := strings.ReplaceAll(today.AddDays(-q.from).String(), "-", ""), strings.ReplaceAll(today.AddDays(-q.to).String(), "-", "")
	fresh := func() *metrics {
		return &metrics{users: map[uint32]bool{}, sessions: map[uint32]bool{}, organic: map[uint32]bool{}}
	}
	rows, totals := map[string]*metrics{}, fresh()
	if len(q.dimensions) == 0 {
		rows[""] = fresh()
	}
	for _, e := range events {
		if d := e.Value("date"); d < first || d > last || !e.Time.Before(now) || !q.passes(e) {
			continue
		}
		var names []string
		for _, d := range q.dimensions {
			names = append(names, dimensions[d](e))
		}
		k := strings.Join(names, "\n")
		if rows[k] == nil {
			rows[k] = fresh()
		}
		rows[k].add(e)
	}
	for k, m := range rows {
		if q.having != "" && m.value(q.having) <= q.least || m.events == 0 {
			delete(rows, k)
			continue
		}
		totals.merge(m)
	}
	return rows, totals
}

// TestFoldsAreRefusedWhereTheyHappen asks for users by a dimension under which rows
// of GA4 can fold: refused if rows of the answer do, and else answered exactly.
func TestFoldsAreRefusedWhereTheyHappen(t *testing.T) {
	g := newGoogle(t)
	today, events := g.history(t)
	r := rand.New(rand.NewPCG(7, 9))
	var refused, answered int
	for range 40 {
		q := question{metrics: []string{"ga:users"}, dimensions: []string{"ga:pagePathLevel1"}, to: r.IntN(20)}
		q.from = q.to + r.IntN(3)
		e := pick(r, events)
		for _, name := range []string{"ga:country", "ga:browser", "ga:deviceCategory", "ga:source"}[:1+r.IntN(4)] {
			q.filters = append(q.filters, []filter{{name, "==", dimensions[name](e)}})
		}
		want, _ := q.count(events, today)
		finer := q
		finer.dimensions = []string{"ga:pagePath"}
		paths, _ := finer.count(events, today)
		body, err := g.try(t, q.values(), today)
		if aggregates := len(paths) > len(want); aggregates != (err != nil) {
			t.Fatalf("%v: %d rows of %d paths, %v", q.values(), len(want), len(paths), err)
		}
		if err != nil {
			refused++
			continue
		}
		answered++
		for _, row := range body.Rows {
			compare(t, q, "users of "+row[0], row[1], want[row[0]].value("ga:users"))
		}
	}
	if refused < 5 || answered < 5 {
		t.Errorf("%d were refused and %d answered", refused, answered)
	}
}

func (g *google) ask(t *testing.T, values url.Values, today report.Date) *ua.Body {
	t.Helper()
	body, err := g.try(t, values, today)
	if err != nil {
		t.Fatalf("%v: %v", values, err)
	}
	return body
}

// try returns the body, or why the rows make none.
func (g *google) try(t *testing.T, values url.Values, today report.Date) (*ua.Body, error) {
	t.Helper()
	q, err := ua.ParseGA(values)
	if err != nil {
		t.Fatalf("%v: %v", values, err)
	}
	plan, err := ua.Translate(q, ua.Options{Today: today})
	if err != nil {
		t.Fatalf("%v: %v", values, err)
	}
	var reports []*report.Report
	for _, ask := range plan.Queries() {
		reports = append(reports, g.report(t, ask))
	}
	return plan.Answer(reports)
}

func compare(t *testing.T, q question, what, got string, want float64) {
	t.Helper()
	n, err := strconv.ParseFloat(got, 64)
	if err != nil || math.Abs(n-want) > 1e-9*max(1, math.Abs(want)) {
		t.Fatalf("%v: %s is %s instead of %v", q.values(), what, got, want)
	}
}
