package policy

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// said is what a filter's text means for a row, read without regard to how
// package report reads it: letter by letter, an escaped letter never separating.
func said(text string, r row) bool {
	all, any, comparison := true, false, ""
	end := func() { any = any || compares(comparison, r); comparison = "" }
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text):
			comparison += text[i : i+2]
			i++
		case text[i] == ',':
			end()
		case text[i] == ';':
			end()
			all, any = all && any, false
		default:
			comparison += text[i : i+1]
		}
	}
	end()
	return all && any
}

var comparison = regexp.MustCompile(`(?s)^([^=!<>]+)(==|!=|=@|!@|=~|!~|>=|<=|>|<)(.*)$`)

func compares(text string, r row) bool {
	parts := comparison.FindStringSubmatch(text)
	field := strings.TrimSpace(parts[1])
	is := strings.ToLower(r[field])
	value := regexp.MustCompile(`\\([,;\\])`).ReplaceAllString(parts[3], "$1")
	want := strings.ToLower(value)
	switch parts[2] {
	case "==", "!=":
		return (is == want) == (parts[2] == "==")
	case "=@", "!@":
		return strings.Contains(is, want) == (parts[2] == "=@")
	case "=~", "!~":
		return regexp.MustCompile("(?i)"+value).MatchString(r[field]) == (parts[2] == "=~")
	}
	a, err := strconv.ParseFloat(is, 64)
	b, _ := strconv.ParseFloat(value, 64)
	return err == nil && map[string]bool{">": a > b, "<": a < b, ">=": a >= b, "<=": a <= b}[parts[2]]
}

// passes is what Google makes of a filter of dimensions.
func passes(f *report.Filter, r row) bool {
	switch {
	case f.AndGroup != nil:
		return !slices.ContainsFunc(f.AndGroup.Expressions, func(e *report.Filter) bool { return !passes(e, r) })
	case f.OrGroup != nil:
		return slices.ContainsFunc(f.OrGroup.Expressions, func(e *report.Filter) bool { return passes(e, r) })
	case f.Not != nil:
		return !passes(f.Not, r)
	}
	c := f.Condition
	if c.Numeric != nil {
		return numberPasses(c.Numeric, r[c.FieldName])
	}
	is, value := r[c.FieldName], c.String.Value
	switch c.String.MatchType {
	case "CONTAINS":
		return strings.Contains(strings.ToLower(is), strings.ToLower(value))
	case "PARTIAL_REGEXP":
		return regexp.MustCompile("(?i)" + value).MatchString(is)
	}
	//lint:ignore SA6005 EqualFold takes ſ for s, and this does not
	return strings.ToLower(is) == strings.ToLower(value)
}

func numberPasses(f *report.NumericFilter, is string) bool {
	a, err := strconv.ParseFloat(is, 64)
	b := 0.0
	if f.Value.Int64 != nil {
		b = float64(*f.Value.Int64)
	} else {
		b = *f.Value.Double
	}
	return err == nil && map[string]bool{
		"EQUAL": a == b, "GREATER_THAN": a > b, "LESS_THAN": a < b, "GREATER_THAN_OR_EQUAL": a >= b, "LESS_THAN_OR_EQUAL": a <= b,
	}[f.Operation]
}

// FuzzNoTextEscapes puts a host's text and a visitor's behind a view's: whatever
// they say, a row passes if and only if all three let it through.
func FuzzNoTextEscapes(f *testing.F) {
	for _, s := range []string{
		"country==x", "country==New Zealand,country!=New Zealand", "country=~.", "city!~New;country=@e", `city==a\,b,country==\;`, "hour>3,hour<=3",
		`city==a\;country==b`, `city==Apia\,country=~.`, `city!=x\;country==nowhere`, `city==\`, `city==\\,country=~.`, "city==),(country=~.", "country!=x,country!=y",
	} {
		f.Add(s, "country!=Mars", "Mars", "7")
		f.Add("hour>=0,country=~.", s, "New Zealand", "a,b")
	}
	v := &View{Filter: &report.Filter{OrGroup: &report.FilterList{Expressions: []*report.Filter{
		{Condition: &report.Condition{FieldName: "country", String: &report.StringFilter{Value: "New Zealand"}}},
		{Condition: &report.Condition{FieldName: "city", String: &report.StringFilter{Value: "Apia"}}},
	}}}}
	now := time.Date(2026, time.May, 4, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, hosts, visitors, place, other string) {
		narrowing, err := report.ParseFilter(hosts)
		if err != nil {
			return
		}
		asked, err := report.ParseFilter(visitors)
		if err != nil {
			return
		}
		q := report.Query{Metrics: []report.Metric{{Name: "sessions"}}, DateRanges: []report.DateRange{{StartDate: "today", EndDate: "today"}}, DimensionFilter: asked}
		narrowed, _, err := v.narrow(q, narrowing, time.UTC, now)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range []row{
			{"country": place, "city": other, "hour": other}, {"country": other, "city": "Apia", "hour": "3"}, {"country": "New Zealand", "city": place, "hour": "12"},
		} {
			mine := strings.ToLower(r["country"]) == "new zealand" || strings.ToLower(r["city"]) == "apia"
			if want := mine && said(hosts, r) && said(visitors, r); passes(narrowed.DimensionFilter, r) != want {
				t.Fatalf("%q passes: %v, although the view says %v, the host %v, the requester %v", r, !want, mine, said(hosts, r), said(visitors, r))
			}
		}
	})
}
