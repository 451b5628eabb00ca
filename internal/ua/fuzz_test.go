package ua

import (
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/internal/report"
)

// FuzzParseFilter checks that reading never panics, and that a filter that is
// written and read again is the same.
func FuzzParseFilter(f *testing.F) {
	for _, s := range []string{
		"", "ga:country==France", `ga:pageTitle==a\,b\;c\\d;ga:sessions>=3`, "ga:a==1,ga:b!=2;ga:c=@3,ga:d!@4;ga:e=~5,ga:f!~6",
		"ga:a>1;ga:b<2;ga:c>=3;ga:d<=4", `ga:a=~^\(none\)$`, `ga:a==\`, "ga:a==;", ",;", "ga:a=== x ", "ga:a==\xff",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := ParseFilter(s)
		if err != nil {
			return
		}
		written := e.String()
		if len(written) > maxFilter {
			return // escapes made it too long to read
		}
		again, err := ParseFilter(written)
		if err != nil {
			t.Fatalf("%q is written as %q, which is not read: %v", s, written, err)
		}
		if !reflect.DeepEqual(e, again) {
			t.Fatalf("%q is read as %q, written as %q and read as %q", s, e, written, again)
		}
	})
}

// FuzzTranslate checks that what is translated is a question that Google could
// answer, and that a body comes of any answer that has its shape.
func FuzzTranslate(f *testing.F) {
	f.Add("ga:pageviews", "ga:pagePathLevel1", "-ga:pageviews", "ga:pagePathLevel1!=/", "gaid::-5", "/a|b")
	f.Add("ga:bounces,ga:entrances", "ga:date,ga:hour", "ga:hour", "ga:bounces>3;ga:isMobile==Yes", "", "20240506")
	f.Add("ga:goal1Completions", "ga:dimension1,ga:userType", "", "ga:pagePathLevel4=@//,ga:pagePathLevel2==/a/", "", "")
	f.Fuzz(func(t *testing.T, metrics, dimensions, sort, filters, segment, value string) {
		q, err := ParseGA(url.Values{
			"ids": {"ga:1"}, "metrics": {metrics}, "dimensions": {dimensions}, "sort": {sort}, "filters": {filters}, "segment": {segment},
		})
		if err != nil {
			return
		}
		o := testOptions()
		o.Goals[1], o.Dimensions[1] = "purchase", "customEvent:author"
		plan, err := Translate(q, o)
		if err != nil {
			return
		}
		var reports []*report.Report
		for _, ask := range plan.Queries() {
			if err := ask.Validate(); err != nil {
				t.Fatalf("not a valid question: %v", err)
			}
			cells := append(strings.Split(strings.Repeat(strings.NewReplacer("\n", "", "|", "").Replace(value)+"|", len(ask.Dimensions)), "|")[:len(ask.Dimensions)],
				strings.Split(strings.Repeat("2|Infinity|", len(ask.Metrics)), "|")[:len(ask.Metrics)]...)
			totals := strings.TrimSuffix(strings.Repeat("2|", len(ask.Metrics)), "|")
			reports = append(reports, pair{}.report(t, ask, []string{totals, strings.Join(cells, "|")}))
		}
		nothing, err := plan.Answer(nothingFor(plan.Queries()))
		if err != nil {
			t.Fatalf("no rows are no answer: %v", err)
		}
		for _, total := range nothing.Totals {
			if strings.Trim(total.Value, "0.") != "" {
				t.Fatalf("nothing is %s of %s", total.Value, total.Name)
			}
		}
		body, err := plan.Answer(reports)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range body.Rows {
			if len(row) != len(body.Headers) {
				t.Fatalf("a row of %d cells under %d headers", len(row), len(body.Headers))
			}
		}
	})
}

// oddNumbers are what Google writes beside digits.
var oddNumbers = []string{"1", "NaN", "Infinity", "1.5e+21", "12345678901234567890", "-0"}

// nothingFor is Google's answer to each query when nothing is in the range.
func nothingFor(qs []report.Query) []*report.Report {
	reports := make([]*report.Report, len(qs))
	for i := range qs {
		reports[i] = &report.Report{Body: []byte(`{"totals":[{}],"metadata":{"timeZone":"UTC"},"kind":"analyticsData#runReport"}`)}
	}
	return reports
}

// FuzzPathLevels checks that a filter on a level of the path, said as a regular
// expression of the path, lets the same paths through.
func FuzzPathLevels(f *testing.F) {
	for _, path := range []string{"/", "/a", "/a/", "/a/b", "//", "/a//b/c/d/e", "(not set)", ""} {
		for _, value := range []string{"/", "/a", "/a/", "", "a", "//", "/b/", "/d/e", "a/", "(not set)"} {
			for level := range 4 {
				f.Add(path, value, level+1, "==")
				f.Add(path, value, level+1, "=@")
			}
		}
	}
	f.Fuzz(func(t *testing.T, path, value string, level int, op string) {
		how, known := map[string]string{"==": exact, "=@": contains, "=^": beginsWith}[op]
		if level < 1 || level > 4 || !known || !isASCII(path+value) ||
			path != "" && path != notSet && path[0] != '/' {
			return
		}
		match, err := comparison{match: how, values: []string{value}}.matcher()
		if err != nil {
			t.Fatal(err)
		}
		want := match(pathLevel(path, level))
		if got := passes(t, levelFilter(level, how, value), path); got != want {
			t.Errorf("level %d of %q is %q; filter %s%q says %v", level, path, pathLevel(path, level), op, value, got)
		}
	})
}

// isASCII holds fuzzed text to one line of letters whose case is one to one.
func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= 128 || r == '\n' })
}

func passes(t *testing.T, f *report.Filter, value string) bool {
	t.Helper()
	if f.Not != nil {
		return !passes(t, f.Not, value)
	}
	re, err := compile(f.Condition.String.Value)
	if err != nil {
		t.Fatal(err)
	}
	return re.MatchString(value)
}
