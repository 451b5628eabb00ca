package ua

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/internal/report"
)

var update = flag.Bool("update", false, "rewrite testdata/*.want and docs/from-universal-analytics.md")

// TestPairs translates every testdata/*.in and compares with its .want. Adding a
// case is adding a file: the method (ga or realtime), the parameters, options
// (goal, dimension, metric, each with a number or, the last two, a name; calc, pagePath), "full" to see the whole body, "fails" with what Google or the gate says instead, and for each question a section
// "-- report --" of its totals and rows, cells separated by |. A line "rowCount
// n" says that there are more rows than shown. A section that begins with { is
// Google's JSON, as recorded.
func TestPairs(t *testing.T) {
	comparePairs(t, "testdata/*.in", func(t *testing.T, in string) string { return readPair(t, in).run(t) })
}

// comparePairs runs every .in that matches and compares with its .want, which it
// rewrites with -update.
func comparePairs(t *testing.T, pattern string, run func(t *testing.T, in string) string) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no pairs: %v", err)
	}
	for _, in := range files {
		t.Run(strings.TrimSuffix(filepath.Base(in), ".in"), func(t *testing.T) {
			text, err := os.ReadFile(in)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, strings.TrimSuffix(in, ".in")+".want", run(t, string(text)))
		})
	}
}

var friday = report.NewDate(2024, 5, 10)

func testOptions() Options {
	return Options{
		Today: friday, Endpoint: "https://oriel.example/analytics/v3/data/ga",
		Goals: map[int]string{}, Dimensions: map[int]string{}, Metrics: map[int]string{}, Calculated: map[string]string{},
		DimensionNames: map[string]string{}, MetricNames: map[string]string{},
		Profile: Profile{ID: "100367422", AccountID: "1", WebPropertyID: "UA-1-1", InternalWebPropertyID: "2", Name: "Shop"},
	}
}

// A pair is the contents of an .in file.
type pair struct {
	realtime bool
	values   url.Values
	options  Options
	reports  [][]string // lines
	full     bool       // show the body as JSON, not only its summary
	fails    string     // what Google or the gate says instead of reports
}

func readPair(t *testing.T, text string) pair {
	t.Helper()
	sections := strings.Split(text, "-- report --\n")
	p := pair{values: url.Values{}, options: testOptions()}
	for line := range strings.Lines(sections[0]) {
		line = strings.TrimSuffix(line, "\n")
		name, value, _ := strings.Cut(line, "=")
		word, arg, _ := strings.Cut(name, " ")
		n, _ := strconv.Atoi(arg)
		switch word {
		case "", "#", "ga":
		case "fails":
			p.fails = strings.TrimPrefix(line, "fails ")
		case "full":
			p.full = true
		case "realtime":
			p.realtime = true
		case "goal":
			p.options.Goals[n] = value
		case "dimension":
			p.options.Dimensions[n] = value
			p.options.DimensionNames[arg] = value
		case "metric":
			p.options.Metrics[n] = value
			p.options.MetricNames[arg] = value
		case "calc":
			p.options.Calculated[arg] = value
		case "maxRows":
			p.options.MaxRows, _ = strconv.ParseInt(value, 10, 64)
		case "pagePath":
			p.options.PagePath = value
		default:
			p.values.Add(name, value)
		}
	}
	for _, s := range sections[1:] {
		p.reports = append(p.reports, strings.Split(strings.TrimSuffix(s, "\n"), "\n"))
	}
	return p
}

func (p pair) parse() (Query, error) {
	if p.realtime {
		return ParseRealtime(p.values)
	}
	return ParseGA(p.values)
}

// answered writes the questions of a plan, and returns the pair's answers to them.
func (p pair) answered(t *testing.T, out *strings.Builder, requested []report.Query, answer func(*testing.T, report.Query, []string) *report.Report) (reports []*report.Report) {
	t.Helper()
	for i, q := range requested {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(q); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(out, "query %s", b.String())
		if i < len(p.reports) {
			reports = append(reports, answer(t, q, p.reports[i]))
		}
	}
	return reports
}

// hasMembers fails unless all that an answer has is among the members that a mask may name.
func hasMembers(t *testing.T, members report.Mask, body []byte) {
	t.Helper()
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	if unknown := maskOf(v).Unknown(members); unknown != "" {
		t.Errorf("an answer has %s, which fields may not name", unknown)
	}
}

// maskOf names all that a value has.
func maskOf(v any) report.Mask {
	all := report.Mask{}
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			all[name] = maskOf(inner)
		}
	case []any:
		for _, e := range v {
			maps.Copy(all, maskOf(e))
		}
	}
	return all
}

// run writes what becomes of the pair: queries and body, or the error.
func (p pair) run(t *testing.T) string {
	t.Helper()
	var out strings.Builder
	q, err := p.parse()
	if err != nil {
		return "error " + string(AsError(err).Body()) + "\n"
	}
	plan, err := Translate(q, p.options)
	if err != nil {
		return "error " + string(AsError(err).Body()) + "\n"
	}
	reports := p.answered(t, &out, plan.Queries(), p.report)
	if p.fails != "" {
		return out.String() + "error " + string(AsError(plan.Explain(report.Errorf(report.Invalid, "%s", p.fails))).Body()) + "\n"
	}
	if len(p.reports) == 0 {
		return out.String()
	}
	body, err := plan.Answer(reports)
	if err != nil {
		return out.String() + "error " + string(AsError(err).Body()) + "\n"
	}
	hasMembers(t, bodyMembers, body.JSON())
	if p.full {
		return out.String() + "body " + string(body.JSON()) + "\n"
	}
	return out.String() + summary(body)
}

// summary is what differs between most bodies.
func summary(b *Body) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%d of %d rows\n", len(b.Rows), b.TotalResults)
	for i, h := range b.Headers {
		fmt.Fprintf(&out, "column %d %s %s %s\n", i, h.Name, h.ColumnType, h.DataType)
	}
	for _, t := range b.Totals {
		fmt.Fprintf(&out, "total %s %s\n", t.Name, t.Value)
	}
	for _, r := range b.Rows {
		out.WriteString(strings.Join(r, "|") + "\n")
	}
	return out.String()
}

// report makes Google's JSON of a section.
func (p pair) report(t *testing.T, q report.Query, lines []string) *report.Report {
	t.Helper()
	if strings.HasPrefix(lines[0], "{") {
		return &report.Report{Body: []byte(lines[0])}
	}
	type value struct {
		Value string `json:"value"`
	}
	type row struct {
		DimensionValues []value `json:"dimensionValues,omitempty"`
		MetricValues    []value `json:"metricValues,omitempty"`
	}
	var body struct {
		Rows     []row `json:"rows,omitempty"`
		Totals   []row `json:"totals,omitempty"`
		RowCount int   `json:"rowCount,omitempty"`
	}
	count := -1
	for i, line := range lines {
		if n, ok := strings.CutPrefix(line, "rowCount "); ok {
			count, _ = strconv.Atoi(n)
			continue
		}
		var r row
		for j, cell := range strings.Split(line, "|") {
			if j < len(q.Dimensions) && i > 0 {
				r.DimensionValues = append(r.DimensionValues, value{cell})
			} else {
				r.MetricValues = append(r.MetricValues, value{cell})
			}
		}
		if i == 0 {
			body.Totals = append(body.Totals, r)
		} else {
			body.Rows = append(body.Rows, r)
		}
	}
	body.RowCount = max(count, len(body.Rows))
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r := &report.Report{Body: b, Rows: len(body.Rows)}
	if body.RowCount > len(body.Rows) {
		r.MaxRows = p.options.MaxRows
	}
	return r
}
