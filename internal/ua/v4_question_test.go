package ua_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/emulator/world"
	"github.com/oriel-server/oriel/internal/report"
)

// A questionV4 is a random v4 request that can be answered both ways. What it has
// in common with v3 is in question; its ranges end lag days apart.
type questionV4 struct {
	question
	segments []string
	clauses  []clauseV4
	compare  bool // with a second range
	lag      int
	pivot    string // a dimension
	size     int    // of a page; 0 for all rows at once
	token    string // of the page
}

// Metric expressions.
const (
	viewShare   = "ga:pageviews / ga:totalEvents * 100"
	otherEvents = "(ga:totalEvents-ga:pageviews)*-2+1"
)

// hourBuckets stands for ga:hour in buckets.
const hourBuckets = "ga:hour#"

var segments = map[string]func(world.Event) bool{
	"gaid::-1":  func(world.Event) bool { return true },
	"gaid::-5":  func(e world.Event) bool { return e.Value("sessionMedium") == "organic" },
	"gaid::-11": func(e world.Event) bool { return dimensions["ga:isMobile"](e) == "Yes" },
}

var segmentNames = map[string]string{"gaid::-1": "All Users", "gaid::-5": "Organic Traffic", "gaid::-11": "Mobile and Tablet Traffic"}

type clauseV4 struct {
	Operator string     `json:"operator,omitempty"`
	Filters  []filterV4 `json:"filters"`
}

type filterV4 struct {
	DimensionName string   `json:"dimensionName"`
	Not           bool     `json:"not,omitempty"`
	Operator      string   `json:"operator,omitempty"`
	Expressions   []string `json:"expressions"`
	CaseSensitive bool     `json:"caseSensitive,omitempty"`
}

func (f filterV4) passes(e world.Event) bool {
	lower := strings.ToLower
	if f.CaseSensitive {
		lower = func(s string) string { return s }
	}
	v, w := lower(dimensions[f.DimensionName](e)), lower(f.Expressions[0])
	n, _ := strconv.Atoi(v)
	m, _ := strconv.Atoi(w)
	var ok bool
	switch f.Operator {
	case "EXACT":
		ok = v == w
	case "PARTIAL", "": // regular expressions are quoted words here
		ok = strings.Contains(v, lower(strings.ReplaceAll(f.Expressions[0], `\`, "")))
	case "BEGINS_WITH":
		ok = strings.HasPrefix(v, w)
	case "ENDS_WITH":
		ok = strings.HasSuffix(v, w)
	case "IN_LIST":
		ok = slices.ContainsFunc(f.Expressions, func(s string) bool { return lower(s) == v })
	case "NUMERIC_EQUAL":
		ok = n == m
	case "NUMERIC_GREATER_THAN":
		ok = n > m
	case "NUMERIC_LESS_THAN":
		ok = n < m
	default:
		panic(f.Operator)
	}
	return ok != f.Not
}

func (c clauseV4) passes(e world.Event) bool {
	if c.Operator == "AND" {
		return !slices.ContainsFunc(c.Filters, func(f filterV4) bool { return !f.passes(e) })
	}
	return slices.ContainsFunc(c.Filters, func(f filterV4) bool { return f.passes(e) })
}

// body writes the request.
func (q questionV4) body(t *testing.T, includeEmpty bool) []byte {
	t.Helper()
	type object = map[string]any
	named := func(names []string) (list []object) {
		for _, n := range names {
			d := object{"name": strings.TrimSuffix(n, "#")}
			if n == hourBuckets {
				d["histogramBuckets"] = []string{"6", "12", "13"}
			}
			list = append(list, d)
		}
		return list
	}
	r := object{
		"viewId": "1", "dateRanges": q.ranges(), "dimensions": named(q.dimensions), "dimensionFilterClauses": q.clauses,
		"pageSize": cmp.Or(q.size, 10_000), "pageToken": q.token, "includeEmptyRows": includeEmpty,
	}
	var metrics []object
	for _, m := range q.metrics {
		metrics = append(metrics, object{"expression": m})
	}
	r["metrics"] = metrics
	if q.sort != "" {
		name, desc := strings.CutPrefix(q.sort, "-")
		r["orderBys"] = []object{{"fieldName": name, "sortOrder": map[bool]string{true: "DESCENDING", false: "ASCENDING"}[desc]}}
	}
	if q.having != "" {
		r["metricFilterClauses"] = []object{{"filters": []object{{"metricName": q.having, "operator": "GREATER_THAN", "comparisonValue": fmt.Sprint(q.least)}}}}
	}
	for i, s := range q.segments {
		if i == 0 {
			r["dimensions"] = append(named(q.dimensions), object{"name": "ga:segment"})
			r["segments"] = []object{}
		}
		r["segments"] = append(r["segments"].([]object), object{"segmentId": s})
	}
	if q.pivot != "" {
		r["pivots"] = []object{{"dimensions": named([]string{q.pivot}), "metrics": []object{{"expression": "ga:pageviews"}}, "maxGroupCount": 1000}}
	}
	b, err := json.Marshal(object{"reportRequests": []object{r}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (q questionV4) ranges() []map[string]string {
	span := func(from, to int) map[string]string {
		return map[string]string{"startDate": strconv.Itoa(from) + "daysAgo", "endDate": strconv.Itoa(to) + "daysAgo"}
	}
	if !q.compare {
		return []map[string]string{span(q.from, q.to)}
	}
	return []map[string]string{span(q.from, q.to), span(q.from+q.lag, q.to+q.lag)}
}

func randomClause(r *rand.Rand, events []world.Event, fields []string) clauseV4 {
	c := clauseV4{Operator: pick(r, []string{"", "OR", "AND"})}
	for range 1 + r.IntN(2) {
		n := pick(r, fields)
		value := dimensions[n](pick(r, events))
		f := filterV4{DimensionName: n, Not: r.IntN(3) == 0, CaseSensitive: r.IntN(4) == 0, Expressions: []string{value}}
		switch f.Operator = pick(r, []string{"EXACT", "IN_LIST", "PARTIAL", "BEGINS_WITH", "ENDS_WITH", "", "NUMERIC"}); f.Operator {
		case "IN_LIST":
			f.Expressions = append(f.Expressions, dimensions[n](pick(r, events)))
		case "PARTIAL", "ENDS_WITH":
			f.Expressions[0] = value[r.IntN(len(value)+1):]
		case "BEGINS_WITH":
			f.Expressions[0] = value[:r.IntN(len(value)+1)]
		case "":
			f.Expressions[0] = strings.NewReplacer("(", `\(`, ")", `\)`, ".", `\.`).Replace(value)
		case "NUMERIC":
			f.DimensionName, f.CaseSensitive, f.Expressions[0] = "ga:hour", false, strconv.Itoa(r.IntN(24))
			f.Operator = pick(r, []string{"NUMERIC_EQUAL", "NUMERIC_GREATER_THAN", "NUMERIC_LESS_THAN"})
		}
		if f.DimensionName == "ga:pagePathLevel1" {
			c.Operator = "AND" // the others may not be columns
		}
		c.Filters = append(c.Filters, f)
	}
	return c
}

var perSessionOrUser = []string{"ga:users", "ga:sessions", "ga:percentNewSessions", "ga:pageviewsPerSession", "ga:sessionsPerUser", "ga:organicSearches"}

func randomQuestionV4(r *rand.Rand, events []world.Event) questionV4 {
	q := questionV4{question: randomQuestion(r, events), compare: r.IntN(3) == 0, lag: 1 + r.IntN(10)}
	q.filters = nil
	// What is computed from a path can be filtered by any operator only where it is a column.
	fields := []string{"ga:date", "ga:country", "ga:browser", "ga:deviceCategory", "ga:source", "ga:isMobile", "ga:userType"}
	if slices.Contains(q.dimensions, "ga:pagePathLevel1") {
		fields = append(fields, "ga:pagePathLevel1")
	}
	for range r.IntN(3) {
		q.clauses = append(q.clauses, randomClause(r, events, fields))
	}
	if r.IntN(4) == 0 {
		q.metrics = append(q.metrics, pick(r, []string{viewShare, otherEvents}))
	}
	if r.IntN(4) == 0 && q.having == "" {
		q.dimensions = append(q.dimensions, hourBuckets)
		q.metrics = slices.DeleteFunc(q.metrics, func(m string) bool { return slices.Contains(perSessionOrUser, m) })
		q.metrics, q.sort = append(q.metrics, "ga:totalEvents"), ""
	}
	if r.IntN(4) == 0 {
		q.segments = append(q.segments, "gaid::-5", pick(r, []string{"gaid::-1", "gaid::-11"}))[r.IntN(2):]
	} else if r.IntN(3) == 0 {
		if d := pick(r, fields); !slices.Contains(q.dimensions, d) && (d != "ga:isMobile" || !slices.Contains(q.dimensions, "ga:deviceCategory")) {
			q.pivot = d
		}
	}
	return q
}

// events are those of one range that the clauses let through.
func (q questionV4) events(all []world.Event, today report.Date, back int) []world.Event {
	first := strings.ReplaceAll(today.AddDays(-q.from-back).String(), "-", "")
	last := strings.ReplaceAll(today.AddDays(-q.to-back).String(), "-", "")
	var out []world.Event
	for _, e := range all {
		d := e.Value("date")
		if d >= first && d <= last && e.Time.Before(now) && !slices.ContainsFunc(q.clauses, func(c clauseV4) bool { return !c.passes(e) }) {
			out = append(out, e)
		}
	}
	return out
}

func names(dims []string, e world.Event) string {
	var values []string
	for _, d := range dims {
		values = append(values, valueV4(d, e))
	}
	return strings.Join(values, "\n")
}

func valueV4(dimension string, e world.Event) string {
	if dimension != hourBuckets {
		return dimensions[dimension](e)
	}
	switch hour, _ := strconv.Atoi(dimensions["ga:hour"](e)); {
	case hour < 6:
		return "<6"
	case hour < 12:
		return "6-11"
	case hour == 12:
		return "12"
	}
	return "13+"
}

// countedIn are the metrics of events by their names and, if there are any, the
// names of segments.
func (q questionV4) countedIn(events []world.Event) map[string]*metrics {
	if len(q.segments) == 0 {
		return counted(q.dimensions, events)
	}
	rows := map[string]*metrics{}
	for _, s := range q.segments {
		part := slices.DeleteFunc(slices.Clone(events), func(e world.Event) bool { return !segments[s](e) })
		for k, m := range counted(q.dimensions, part) {
			rows[strings.TrimPrefix(k+"\n"+segmentNames[s], "\n")] = m
		}
	}
	return rows
}

// counted are the metrics of events by their names.
func counted(dims []string, events []world.Event) map[string]*metrics {
	rows := map[string]*metrics{}
	for _, e := range events {
		k := names(dims, e)
		if rows[k] == nil {
			rows[k] = &metrics{users: map[uint32]bool{}, sessions: map[uint32]bool{}, organic: map[uint32]bool{}}
		}
		rows[k].add(e)
	}
	return rows
}

func valueOf(rows map[string]*metrics, k, name string) float64 {
	if m := rows[k]; m != nil {
		return m.value(name)
	}
	return (&metrics{}).value(name)
}
