// Package policy holds the views, computes grants and is the gate: the only way
// from a request to a report, a dashboard or a field list. The gate refuses,
// narrows and records.
package policy

import (
	"slices"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// A View is a named window on one GA4 property.
type View struct {
	Name     string
	Title    string
	Account  string // configuration's name of the account that asks
	Property string // digits
	// Public is what anonymous visitors of pages at Origins may read.
	Public  Publicity
	Origins []string       // exact, as a browser sends them: scheme://host[:port]
	Aliases []string       // old ids that name this view: ga:123
	Filter  *report.Filter // mandatory dimension filter; nil for none
	// TokenFilter names fields by which a token's filter must narrow the view, each
	// of them in every branch, see report.Filter.Requires. It opens the view to no
	// token without.
	TokenFilter []string
	Fields      Fields
	History     History
	// Realtime allows realtime queries.
	Realtime bool
	// MaxRows bounds the rows of one answer; 0 means report.MaxLimit. A report
	// that it shortens has MaxRows set.
	MaxRows int64
	// Ages are how old answers may be; nil for the server's.
	Ages *report.Ages

	number string // see numberOf; made by NewRules
}

// Fields says which dimensions and metrics of a view may be named anywhere in
// a query. An empty Allow allows all; Deny wins, and holds for a field's
// deprecated names, for its parameterized forms (keyEvents denies
// keyEvents:purchase) and in any case of letters. A name that ends in "*" is a
// prefix; family:revenue is a family of fields. A calculated metric is denied with any field that it is computed from.
type Fields struct {
	Allow, Deny []string
}

// History says which days of a view may be asked for. Zero: all. Google's rolling
// metrics (active28DayUsers …) begin that many days later; dimensions whose values are earlier
// days (firstSessionDate) are denied.
type History struct {
	Since report.Date // first day; zero for none
	Days  int         // only the last so many days, today included; 0 for all
	// Refuse makes a query that reaches outside an error; else it is clipped.
	Refuse bool
}

// A Claim is the content of a verified embed token.
type Claim struct {
	Host       string   // that began the session; empty for the public's
	Session    string   // the same in a token and those that it is renewed to
	Subject    string   // the host's name for the visitor; empty if anonymous
	Origin     string   // the page's origin; empty for tokens that servers use
	Views      []string // that may be queried freely
	Dashboards []DashboardClaim
	// Public says that the claim was made for an anonymous visitor: it holds
	// only for views that are public, and list Origin, when it is used.
	Public bool
	// Set stands for Views and Dashboards: all that is public on Origin when the claim is used.
	Set bool
	// Framed says that a public claim was made for our own embed page: Origin is
	// ours, and whom the views list are the pages around it.
	Framed bool
	Filter *report.Filter // further narrowing, chosen by the host
	// Filters narrow further, each the view of its name.
	Filters   map[string]*report.Filter
	IssuedAt  time.Time
	ExpiresAt time.Time
}

// A DashboardClaim is a dashboard that may be read over some views, which opens no
// free queries about them.
type DashboardClaim struct {
	Name  string
	Views []string // explicit, so that no later configuration widens a token
}

// ViewNames returns the names of the views that the claim opens, for queries or
// under a dashboard; some may occur twice.
func (c Claim) ViewNames() []string {
	return append(slices.Clone(c.Views), c.ReadOver()...)
}

// ReadOver returns the names of the views over which dashboards are read; some may
// occur twice.
func (c Claim) ReadOver() []string {
	var names []string
	for _, d := range c.Dashboards {
		names = append(names, d.Views...)
	}
	return names
}
