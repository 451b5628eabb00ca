package ua

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// TestPairsV4 translates every testdata/v4/*.in and compares with its .want.
// Adding a case is adding a file. Its lines are the request as "body {…}", or as
// one or more "report {…}", each one of reportRequests with the view and the dates
// of the tests unless it has others; options as in TestPairs; parameters as
// name=value; "full" to see the whole body; and for each question a section as in
// TestPairs, which may also have the lines "min a|b", "max a|b", "sampled n|of",
// "fresh GRADE".
func TestPairsV4(t *testing.T) {
	comparePairs(t, "testdata/v4/*.in", func(t *testing.T, in string) string { return readPairV4(t, in).run(t) })
}

type pairV4 struct {
	pair
	body string
}

func readPairV4(t *testing.T, text string) pairV4 {
	t.Helper()
	request, reports, _ := strings.Cut(text, "-- report --\n")
	var plain []string
	var requests []json.RawMessage
	p := pairV4{}
	for line := range strings.Lines(request) {
		line = strings.TrimSpace(line)
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "body":
			p.body = rest
		case "report":
			requests = append(requests, withDefaults(t, rest))
		default:
			plain = append(plain, line)
		}
	}
	if requests != nil {
		b, err := json.Marshal(map[string]any{"reportRequests": requests})
		if err != nil {
			t.Fatal(err)
		}
		p.body = string(b)
	}
	head := strings.Join(plain, "\n") + "\n"
	if reports != "" {
		head += "-- report --\n" + reports
	}
	p.pair = readPair(t, head)
	return p
}

func withDefaults(t *testing.T, request string) json.RawMessage {
	t.Helper()
	all := map[string]any{"viewId": "100367422", "dateRanges": []dateRangeJSON{{"2024-05-06", "2024-05-08"}}}
	var own map[string]any
	if err := json.Unmarshal([]byte(request), &own); err != nil {
		t.Fatalf("%s: %v", request, err)
	}
	maps.Copy(all, own)
	b, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

type dateRangeJSON struct {
	StartDate string `json:"startDate"`
	EndDate   string `json:"endDate"`
}

// run writes what becomes of the pair: queries and body, or the error.
func (p pairV4) run(t *testing.T) string {
	t.Helper()
	failed := func(err error) string { return fmt.Sprintf("error %d %s\n", AsError(err).Code, err) }
	batch, err := ParseBatch(p.values, []byte(p.body))
	if err != nil {
		return failed(err)
	}
	plan, err := TranslateBatch(batch, p.options)
	if err != nil {
		return failed(err)
	}
	var out strings.Builder
	reports := p.answered(t, &out, plan.Queries(), p.reportV4)
	if p.fails != "" {
		return out.String() + failed(AsError(plan.Explain(report.Errorf(report.Invalid, "%s", p.fails))))
	}
	if len(p.reports) == 0 {
		return out.String()
	}
	body, err := plan.Answer(reports)
	if err != nil {
		return out.String() + failed(err)
	}
	hasMembers(t, batchMembers, body.JSON())
	if p.full {
		return out.String() + "body " + string(body.JSON()) + "\n"
	}
	for _, r := range body.Reports {
		out.WriteString(summaryV4(r))
	}
	return out.String()
}

// summaryV4 is what differs between most reports.
func summaryV4(r reportBody) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%d of %d rows", len(r.Data.Rows), r.Data.RowCount)
	if r.NextPageToken != "" {
		fmt.Fprintf(&out, ", next page %s", r.NextPageToken)
	}
	fmt.Fprintf(&out, "\ncolumns %s", strings.Join(r.ColumnHeader.Dimensions, "|"))
	for _, m := range r.ColumnHeader.MetricHeader.Entries {
		fmt.Fprintf(&out, "|%s %s", m.Name, m.Type)
	}
	for _, v := range r.ColumnHeader.MetricHeader.Pivots {
		fmt.Fprintf(&out, "\npivot of %d groups: ", v.Count)
		for _, e := range v.Entries {
			fmt.Fprintf(&out, "|%s=%s %s", strings.Join(e.DimensionNames, ","), strings.Join(e.DimensionValues, ","), e.Metric.Name)
		}
	}
	out.WriteString("\n")
	for _, over := range []struct {
		name   string
		values []dateRangeValues
	}{{"totals", r.Data.Totals}, {"minimums", r.Data.Minimums}, {"maximums", r.Data.Maximums}} {
		if over.values != nil {
			fmt.Fprintf(&out, "%s%s\n", over.name, valuesOfRanges(over.values))
		}
	}
	for _, row := range r.Data.Rows {
		fmt.Fprintf(&out, "%s%s\n", strings.Join(row.Dimensions, "|"), valuesOfRanges(row.Metrics))
	}
	return out.String()
}

func valuesOfRanges(all []dateRangeValues) string {
	var out strings.Builder
	for _, d := range all {
		out.WriteString(" : " + strings.Join(d.Values, "|"))
		for _, v := range d.Pivots {
			out.WriteString(" [" + strings.Join(v.Values, "|") + "]")
		}
	}
	return out.String()
}

// reportV4 makes Google's JSON of a section.
func (p pairV4) reportV4(t *testing.T, q report.Query, lines []string) *report.Report {
	t.Helper()
	more := map[string]any{}
	var rest []string
	r := report.Report{Freshness: report.FreshFinal, FetchedAt: time.Date(2024, 5, 10, 12, 0, 0, 0, time.UTC)}
	cells := func(s string) (values []map[string]string) {
		for v := range strings.SplitSeq(s, "|") {
			values = append(values, map[string]string{"value": v})
		}
		return values
	}
	for _, line := range lines {
		word, arg, _ := strings.Cut(line, " ")
		switch word {
		case "min":
			more["minimums"] = []any{map[string]any{"metricValues": cells(arg)}}
		case "max":
			more["maximums"] = []any{map[string]any{"metricValues": cells(arg)}}
		case "sampled":
			size, space, _ := strings.Cut(arg, "|")
			r.Sampled = true
			more["metadata"] = map[string]any{"samplingMetadatas": []any{map[string]string{"samplesReadCount": size, "samplingSpaceSize": space}}}
		case "fresh":
			r.Freshness = report.Freshness(arg)
		default:
			rest = append(rest, line)
		}
	}
	made := p.report(t, q, rest)
	body := map[string]any{}
	if err := json.Unmarshal(made.Body, &body); err != nil {
		t.Fatal(err)
	}
	maps.Copy(body, more)
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r.Body, r.Rows = b, made.Rows
	return &r
}

// TestTooManyCells asks for more cells than are answered: each of many rows in
// each of as many groups.
func TestTooManyCells(t *testing.T) {
	const n = 800
	batch, err := ParseBatch(url.Values{}, []byte(`{"reportRequests":[{"viewId":"1","metrics":[{"expression":"ga:users"}],"dimensions":[{"name":"ga:city"}],
		"pivots":[{"dimensions":[{"name":"ga:pageTitle"}],"metrics":[{"expression":"ga:users"}],"maxGroupCount":1000}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := TranslateBatch(batch, testOptions())
	if err != nil {
		t.Fatal(err)
	}
	var reports []*report.Report
	for _, ask := range plan.Queries() {
		lines := []string{strconv.Itoa(n)}
		for i := range n {
			lines = append(lines, strings.Repeat(fmt.Sprintf("name %d|", i), len(ask.Dimensions))+"1")
		}
		reports = append(reports, pair{}.report(t, ask, lines))
	}
	if _, err := plan.Answer(reports); err == nil || AsError(err).Code != 400 || !strings.Contains(err.Error(), "640000 cells") {
		t.Errorf("the error is %v", err)
	}
}

// FuzzBatch checks that no request makes the translation panic, that what is
// translated are questions that Google could answer, and that a body comes of any
// answers that have their shape.
func FuzzBatch(f *testing.F) {
	files, err := filepath.Glob("testdata/v4/*.in")
	if err != nil {
		f.Fatal(err)
	}
	for _, in := range files {
		text, err := os.ReadFile(in)
		if err != nil {
			f.Fatal(err)
		}
		request, _, _ := strings.Cut(string(text), "-- report --\n")
		for line := range strings.Lines(request) {
			if word, rest, _ := strings.Cut(strings.TrimSpace(line), " "); word == "report" || word == "body" {
				f.Add(rest, "/a/b")
			}
		}
	}
	f.Fuzz(func(t *testing.T, request, value string) {
		if !strings.Contains(request, "reportRequests") {
			request = `{"reportRequests":[` + strings.Replace(request, "{", `{"viewId":"1",`, 1) + `]}`
		}
		batch, err := ParseBatch(url.Values{}, []byte(request))
		if err != nil {
			if e := AsError(err); e.Code != 400 || e.Message == "" {
				t.Fatalf("%d %q", e.Code, e.Message)
			}
			return
		}
		o := testOptions()
		o.Goals[1], o.Dimensions[1] = "purchase", "customEvent:author"
		plan, err := TranslateBatch(batch, o)
		if err != nil {
			return
		}
		value = strings.NewReplacer("\n", "", "|", "").Replace(value)
		var reports []*report.Report
		for i, ask := range plan.Queries() {
			if err := ask.Validate(); err != nil {
				t.Fatalf("not a valid question: %v", err)
			}
			var cells []string
			for range ask.Dimensions {
				cells = append(cells, value)
			}
			for range ask.Metrics {
				cells = append(cells, oddNumbers[i%len(oddNumbers)])
			}
			reports = append(reports, pair{}.report(t, ask, []string{strings.Join(cells[len(ask.Dimensions):], "|"), strings.Join(cells, "|")}))
		}
		if _, err := plan.Answer(nothingFor(plan.Queries())); err != nil {
			t.Fatalf("no rows are no answer: %v", err)
		}
		body, err := plan.Answer(reports)
		if err != nil {
			if AsError(err).Code != http.StatusBadRequest {
				t.Fatal(err)
			}
			return // rows that cannot be added up
		}
		if !json.Valid(body.JSON()) {
			t.Fatalf("no JSON: %s", body.JSON())
		}
		for _, r := range body.Reports {
			for _, row := range r.Data.Rows {
				if len(row.Dimensions) != len(r.ColumnHeader.Dimensions) || len(row.Metrics[0].Values) != len(r.ColumnHeader.MetricHeader.Entries) {
					t.Fatalf("a row %+v under %+v", row, r.ColumnHeader)
				}
			}
		}
	})
}
