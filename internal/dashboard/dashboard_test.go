package dashboard

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/oriel-server/oriel/internal/report"
)

func day(s string) report.Date {
	d, err := report.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func TestParseRange(t *testing.T) {
	for s, want := range map[string]Range{
		"1d":                     {Days: 1},
		"28d":                    {Days: 28},
		"1100d":                  {Days: 1100},
		"2026-01-01..2026-01-31": {Start: day("2026-01-01"), End: day("2026-01-31")},
		"2026-01-01..2026-01-01": {Start: day("2026-01-01"), End: day("2026-01-01")},
	} {
		got, err := ParseRange(s)
		if err != nil || got != want {
			t.Errorf("ParseRange(%q) = %+v, %v", s, got, err)
		}
		if got.String() != s {
			t.Errorf("ParseRange(%q).String() = %q", s, got)
		}
	}
}

func TestParseRangeRefuses(t *testing.T) {
	for _, s := range []string{
		"", "d", "0d", "-1d", "+7d", "07d", "7", "7D", " 7d", "1101d", "99999999999999999999d", "7d..8d", "..",
		"2026-02-01..2026-01-01", "2026-02-30..2026-03-01", "today..today", "2020-01-01..2026-01-01",
		"2015-08-13..2015-08-20", "3000-01-01..3000-01-02", strings.Repeat("é", 5000),
	} {
		_, err := ParseRange(s)
		if err == nil || report.KindOf(err) != report.Invalid {
			t.Errorf("ParseRange(%.40q): %v, want Invalid", s, err)
		} else if len(err.Error()) > 300 {
			t.Errorf("ParseRange(%.40q): message of %d bytes", s, len(err.Error()))
		}
	}
}

func FuzzParseRange(f *testing.F) {
	f.Add("28d")
	f.Add("2026-01-01..2026-01-31")
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseRange(s)
		if err != nil {
			return
		}
		if again, err := ParseRange(r.String()); err != nil || again != r {
			t.Errorf("%q reads as %+v, its print as %+v, %v", s, r, again, err)
		}
		start, end := r.Resolve(day("2026-11-23"))
		if n := start.DaysUntil(end); n < 0 || n >= MaxDays {
			t.Errorf("%q spans %d days", s, n+1)
		}
	})
}

func TestResolveEndsYesterday(t *testing.T) {
	start, end := Range{Days: 28}.Resolve(day("2026-03-01"))
	if start != day("2026-02-01") || end != day("2026-02-28") {
		t.Errorf("got %s..%s", start, end)
	}
}

func TestQueryFor(t *testing.T) {
	p := Panel{Compare: true, Query: report.Query{Metrics: []report.Metric{{Name: "sessions"}}}}
	want := []report.DateRange{
		{StartDate: "2026-02-01", EndDate: "2026-02-28", Name: "current"},
		{StartDate: "2026-01-04", EndDate: "2026-01-31", Name: "previous"},
	}
	plain := []report.DateRange{{StartDate: "2026-02-01", EndDate: "2026-02-28"}}
	start, end := day("2026-02-01"), day("2026-02-28")
	if got := p.QueryFor(start, end, report.Date{}).DateRanges; !reflect.DeepEqual(got, want) {
		t.Errorf("compared: %v", got)
	}
	if got := p.QueryFor(start, end, day("2026-01-04")).DateRanges; !reflect.DeepEqual(got, want) {
		t.Errorf("compared, just inside the history: %v", got)
	}
	if got := p.QueryFor(start, end, day("2026-01-05")).DateRanges; !reflect.DeepEqual(got, plain) {
		t.Errorf("compared, a day of the period before is missing: %v", got)
	}
	p.Query.Realtime = true
	if got := p.QueryFor(start, end, report.Date{}).DateRanges; got != nil {
		t.Errorf("realtime: %v", got)
	}
	if p.Query.DateRanges != nil {
		t.Error("the panel was changed")
	}
}

const good = `
title: Overview
views: [shop, blog]
range: 7d
panels:
  - {title: Visits, name: visits, type: line, metrics: [sessions, totalUsers], dimensions: [date], width: 8}
  - {type: scorecard, metrics: [sessions], compare: true}
  - {type: bar, metrics: [screenPageViews], dimensions: [pagePath], limit: 5}
  - {type: table, metrics: [sessions], dimensions: [country, city], sort: [country, -sessions], range: 90d}
  - {type: geo, metrics: [activeUsers], dimensions: [country], options: {region: DE, colors: ["#fff", "#00ff00"]}}
  - {type: column, metrics: [activeUsers], dimensions: [minutesAgo], realtime: true}
  - type: donut
    metrics: [sessions]
    dimensions: [deviceCategory]
    filter:
      notExpression:
        filter:
          fieldName: country
          inListFilter: {values: [Germany, "(not set)"]}
`

func load(t *testing.T, text string) (Dashboard, error) {
	t.Helper()
	var s Spec
	if err := yaml.Load([]byte(text), &s, yaml.WithKnownFields()); err != nil {
		return Dashboard{}, err
	}
	return s.Dashboard("overview")
}

func TestSpec(t *testing.T) {
	d, err := load(t, good)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	var widths []int
	var orders, limits []string
	for _, p := range d.Panels {
		names, widths = append(names, p.Name), append(widths, p.Width)
		o, _ := json.Marshal(p.Query.OrderBys)
		orders = append(orders, string(o))
		l, _ := json.Marshal(p.Query.Limit)
		limits = append(limits, string(l))
	}
	check := func(what string, got, want any) {
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %q\nwant %q", what, got, want)
		}
	}
	check("names", names, []string{"visits", "2", "3", "4", "5", "6", "7"})
	check("widths", widths, []int{8, 3, 6, 6, 6, 6, 4})
	check("limits", limits, []string{`"0"`, `"0"`, `"5"`, `"25"`, `"300"`, `"0"`, `"12"`})
	check("orders", orders, []string{
		`[{"dimension":{"dimensionName":"date"}}]`,
		`null`,
		`[{"metric":{"metricName":"screenPageViews"},"desc":true}]`,
		`[{"dimension":{"dimensionName":"country"}},{"metric":{"metricName":"sessions"},"desc":true}]`,
		`[{"metric":{"metricName":"activeUsers"},"desc":true}]`,
		`[{"dimension":{"dimensionName":"minutesAgo","orderType":"NUMERIC"},"desc":true}]`,
		`[{"metric":{"metricName":"sessions"},"desc":true}]`,
	})
	f, _ := json.Marshal(d.Panels[6].Query.DimensionFilter)
	check("filter", string(f), `{"notExpression":{"filter":{"fieldName":"country","inListFilter":{"values":["Germany","(not set)"]}}}}`)
	check("range", d.Range, Range{Days: 7})
	check("table's range", d.Panels[3].Range, Range{Days: 90})
	for _, p := range d.Panels {
		q := p.QueryFor(day("2026-01-01"), day("2026-01-07"), report.Date{})
		if err := q.Validate(); err != nil {
			t.Errorf("panel %s: %v", p.Name, err)
		}
	}
}

func TestSpecErrorsNameLineAndField(t *testing.T) {
	const head = "views: [shop]\npanels:\n  - "
	for _, c := range []struct{ panel, want string }{
		{"{type: line, metrics: [sessions], dimensions: [country]}", "line 3: panel \"1\": dimensions: a line runs over time"},
		{"{type: wheel, metrics: [sessions]}", `type: "wheel" is not one of area, bar`},
		{"{metrics: [sessions]}", `type: choose one of`},
		{"{type: scorecard, metrics: [a, b]}", "metrics: a scorecard has exactly 1, this has 2"},
		{"{type: scorecard, metrics: [a], dimensions: [date]}", "dimensions: a scorecard has none, this has 1"},
		{"{type: pie, metrics: [a]}", "dimensions: a pie has exactly 1"},
		{"{type: geo, metrics: [a], dimensions: [browser]}", "a map shows country"},
		{"{type: table}", "needs a metric or a dimension"},
		{"{type: table, metrics: [a], width: 13}", "width: 13"},
		{"{type: table, metrics: [a], name: Big One}", "name: must be"},
		{"{type: table, metrics: [a], range: 5 weeks}", "range: "},
		{"{type: table, metrics: [a], limit: -1}", "limit: -1"},
		{"{type: table, metrics: [a], sort: [-b]}", `sort: "b" is not one of`},
		{"{type: table, metrics: [a], realtime: true, range: 7d}", "range: a realtime panel"},
		{"{type: table, metrics: [a], realtime: true, compare: true}", "compare: a realtime panel"},
		{"{type: table, metrics: [a], options: {colors: [red]}}", `options.colors: "red"`},
		{"{type: table, metrics: [a], options: {region: DE}}", "options.region: only a geo"},
		{"{type: geo, metrics: [a], dimensions: [country], options: {region: Germany}}", "options.region: \"Germany\""},
		{"{type: table, metrics: [a], colour: red}", "colour"},
		{"{type: table, metrics: [a], options: {shiny: true}}", "shiny"},
		{"{type: table, metrics: [a], filter: {filtre: {}}}", "line 3: filter: field filtre not found"},
	} {
		_, err := load(t, head+c.panel)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s:\n got %v\nwant %s", c.panel, err, c.want)
		}
	}
}

func TestDashboardErrors(t *testing.T) {
	const panel = "{type: table, metrics: [a], name: x}"
	for _, c := range []struct{ text, want string }{
		{"panels: [" + panel + "]", "views: name at least one"},
		{"views: [a, a]\npanels: [" + panel + "]", `"a" is there twice`},
		{"views: [a]", "panels: there must be 1 to 40"},
		{"views: [a]\npanels: [" + panel + "," + panel + "]", `panel "x": name: another`},
		{"views: [a]\nrange: x\npanels: [" + panel + "]", "range: \"x\" is not a range"},
		{"views: [a]\nvue: x\npanels: [" + panel + "]", "vue"},
	} {
		_, err := load(t, c.text)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s:\n got %v\nwant %s", c.text, err, c.want)
		}
	}
}

func TestFilterIsStrict(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"filter:\n  fieldName: a\n  stringFilter:\n    value: 404", "line 4: filter: value cannot be a number; put it in quotes"},
		{"filter:\n  fieldName: a\n  fieldname2: b", "line 3: filter: field fieldname2 not found"},
		{"filter: {fieldName: a}\nfilter: {fieldName: b}", "filter"},
		{"filter:", "line 1: filter: a value is missing"},
		{"&a\nandGroup: {expressions: [*a]}", "nested"},
		{"? [a]\n: b", "keys must be words"},
		{"- a", "filter"},
	} {
		var f Filter
		err := yaml.Load([]byte(c.text), &f)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %s", c.text, err, c.want)
		}
	}
	var f Filter
	err := yaml.Load([]byte("filter:\n  fieldName: a\n  betweenFilter: {fromValue: {int64Value: 1}, toValue: {doubleValue: 2.5}}"), &f)
	if err != nil || f.Filter == nil || f.Condition.Between == nil || *f.Condition.Between.FromValue.Int64 != 1 || *f.Condition.Between.ToValue.Double != 2.5 {
		t.Errorf("%v, %+v", err, f)
	}
}

func TestFilterAsText(t *testing.T) {
	var both struct {
		Filter       Filter       `yaml:"filter"`
		MetricFilter MetricFilter `yaml:"metric_filter"`
	}
	if err := yaml.Load([]byte("filter: country!=New Zealand\nmetric_filter: 'sessions>=10'"), &both); err != nil {
		t.Fatal(err)
	}
	if f := both.Filter.Not; f == nil || f.Condition.FieldName != "country" || f.Condition.String.Value != "New Zealand" {
		t.Errorf("filter: %+v", both.Filter)
	}
	if f := both.MetricFilter.Condition; f == nil || f.FieldName != "sessions" || *f.Numeric.Value.Int64 != 10 {
		t.Errorf("metric_filter: %+v", both.MetricFilter)
	}
	for _, c := range []struct{ text, want string }{
		{"\nfilter: country=x", `line 2: filter: The filter's "country=x", at character 1: there is no operator.`},
		{"filter: ''", "line 1: filter: The filter is empty"},
		{"filter: 7", "filter:  cannot be a number"},
		{"metric_filter: sessions=@x", "metrics are compared by"},
		{"a: &a country==x\nfilter: *a\nmetric_filter: *a", `"x" is not a number`},
	} {
		if err := yaml.Load([]byte(c.text), &both); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %s", c.text, err, c.want)
		}
	}
}

func TestEverySpecFieldHasAYAMLName(t *testing.T) {
	for _, typ := range []reflect.Type{reflect.TypeFor[Spec](), reflect.TypeFor[PanelSpec](), reflect.TypeFor[Options]()} {
		for f := range typ.Fields() {
			if f.IsExported() && f.Tag.Get("yaml") == "" {
				t.Errorf("%s.%s has no yaml tag", typ, f.Name)
			}
		}
	}
}

func TestEveryTypeHasAShape(t *testing.T) {
	for _, typ := range []Type{Line, Area, Column, Bar, Pie, Donut, Table, Geo, Scorecard} {
		if shapes[typ].width == 0 {
			t.Errorf("%s has no shape", typ)
		}
	}
}

func TestPanelRangeMustBeOneThing(t *testing.T) {
	p := Panel{Name: "x", Type: Table, Width: 1, Query: report.Query{Metrics: []report.Metric{{Name: "a"}}}}
	p.Range = Range{Days: 3, Start: report.NewDate(2026, time.May, 1), End: report.NewDate(2026, time.May, 2)}
	if err := p.Validate(); err == nil {
		t.Error("days and a span were accepted together")
	}
}

func TestUnknownKeysNameTheirLine(t *testing.T) {
	_, err := load(t, "views: [a]\npanels:\n  - type: table\n    metrics: [a]\n    colour: red\n")
	if err == nil || !strings.Contains(err.Error(), "line 5: field colour not found") {
		t.Errorf("%v does not name line 5", err)
	}
}
