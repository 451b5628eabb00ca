// Package dashboard holds dashboards and panels as configuration writes them:
// a panel is a query with a shape, a dashboard is a page of panels.
package dashboard

import (
	"cmp"
	"slices"

	"github.com/oriel-server/oriel/internal/report"
)

// A Dashboard is a page of panels over one of its views at a time.
type Dashboard struct {
	Name        string
	Title       string
	Description string
	Views       []string // in the order of the view switcher; the first is the default
	Range       Range    // if a request names none
	Ranges      []Range  // that visitors choose from, see Listed
	Panels      []Panel
}

// usualRanges are those of dashboards that list none.
var usualRanges = []Range{{Days: 7}, {Days: 28}, {Days: 90}}

// Listed returns the ranges that visitors choose from: Ranges, or the usual ones, and Range.
// The last days come first, in the order of their number.
func (d Dashboard) Listed() []Range {
	listed := slices.Clone(d.Ranges)
	if len(listed) == 0 {
		listed = slices.Clone(usualRanges)
	}
	if r := cmp.Or(d.Range, defaultRange); !slices.Contains(listed, r) {
		listed = append(listed, r)
	}
	slices.SortStableFunc(listed, func(a, b Range) int {
		const last = MaxDays + 1
		return cmp.Compare(cmp.Or(a.Days, last), cmp.Or(b.Days, last))
	})
	return listed
}

// A Panel is a query with a shape.
type Panel struct {
	Name    string // unique within the dashboard; its number when none is given
	Title   string
	Type    Type
	Width   int          // of 12 columns
	Compare bool         // ask for the period before as well
	Query   report.Query // without date ranges: the dashboard's range fills them
	Range   Range        // zero: the dashboard's range; else fixed
	Options Options
}

// Type is the shape that a panel is drawn in.
type Type string

// The types of panels.
const (
	Line      Type = "line"
	Area      Type = "area"
	Column    Type = "column"
	Bar       Type = "bar"
	Pie       Type = "pie"
	Donut     Type = "donut"
	Table     Type = "table"
	Geo       Type = "geo"
	Scorecard Type = "scorecard"
)

// Options are settings of a panel's chart. The page gets them as JSON.
type Options struct {
	Stacked bool     `json:"stacked,omitempty" yaml:"stacked"` // line, area, column, bar: series on top of each other
	Region  string   `json:"region,omitempty" yaml:"region"`   // geo: ISO 3166-1 alpha-2 or "world"
	Colors  []string `json:"colors,omitempty" yaml:"colors"`   // CSS colours, #rgb or #rrggbb
}

// The names of a compared panel's date ranges, which Google repeats in the rows.
const (
	Current  = "current"
	Previous = "previous"
)

// QueryFor returns the panel's query over the days start to end. A compared
// panel asks for the equally long period immediately before as well, unless
// that begins before since, the first day of the view's history, since part of a period
// cannot be compared. A zero since is no bound. Realtime queries have no dates.
func (p Panel) QueryFor(start, end, since report.Date) report.Query {
	q := p.Query.Clone()
	if q.Realtime {
		return q
	}
	current := report.DateRange{StartDate: start.String(), EndDate: end.String()}
	q.DateRanges = []report.DateRange{current}
	if !p.Compare {
		return q
	}
	before := start.AddDays(-1 - start.DaysUntil(end))
	if before.Before(since) {
		return q
	}
	q.DateRanges[0].Name = Current
	q.DateRanges = append(q.DateRanges, report.DateRange{
		StartDate: before.String(),
		EndDate:   start.AddDays(-1).String(),
		Name:      Previous,
	})
	return q
}
