package policy

import (
	"errors"
	"slices"
	"strings"

	"github.com/oriel-server/oriel/internal/dashboard"
	"github.com/oriel-server/oriel/internal/report"
)

// A Publicity is what a view opens to anonymous visitors of pages at its origins.
type Publicity int8

// The degrees of publicity. Each opens what those before it open.
const (
	Private          Publicity = iota // nothing
	PublicDashboards                  // its dashboards, over the ranges that they list
	PublicQuestions                   // free questions
)

// publicFaults returns what the view lacks to be public.
func (v View) publicFaults() (faults []Fault) {
	if v.Public != PublicQuestions {
		return nil
	}
	if len(v.Fields.Allow) == 0 {
		faults = append(faults, Fault{"fields.allow", errors.New("public: questions lets anybody query the view: list the fields that a query may name, or write public: true for its dashboards alone")})
	}
	if !v.History.bounded() {
		faults = append(faults, Fault{"history", errors.New("public: questions lets anybody query the view: bound the days with since or days, or write public: true for its dashboards alone")})
	}
	return faults
}

// A publicSet is what anonymous visitors of the pages of one origin may read.
type publicSet struct {
	names      []string // of the views, for questions or under a dashboard; each once
	questions  []*View
	dashboards []grantedDashboard
}

// publicSets returns the public set of each origin that a public view lists.
func (r *Rules) publicSets() map[string]*publicSet {
	sets := map[string]*publicSet{}
	for _, v := range r.views {
		for _, o := range v.publicOrigins() {
			s := sets[o]
			if s == nil {
				s = &publicSet{}
				sets[o] = s
			}
			s.names = append(s.names, v.Name)
			if v.Public == PublicQuestions {
				s.questions = append(s.questions, v)
			}
		}
	}
	for _, b := range r.dashboards {
		over := map[string][]*View{}
		for _, v := range b.views {
			for _, o := range v.publicOrigins() {
				over[o] = append(over[o], v)
			}
		}
		for o, views := range over {
			sets[o].dashboards = append(sets[o].dashboards, grantedDashboard{b, views, joinNames(views)})
		}
	}
	return sets
}

// publicOrigins returns the origins at which the view is public, each once.
func (v *View) publicOrigins() []string {
	if v.Public == Private {
		return nil
	}
	return slices.Compact(slices.Sorted(slices.Values(v.Origins)))
}

// PublicViews returns the names of the views that are public on an origin. The list is shared
// and must not be changed.
func (r *Rules) PublicViews(origin string) []string {
	if s := r.public[origin]; s != nil {
		return s.names
	}
	return nil
}

// PublicClaim returns what an anonymous visitor of a page at origin may be given:
// free questions about the named views, or a dashboard over its public views, or, when neither is
// named, the public set of the origin. Views may be named by alias. Errors: NotFound (unknown or
// not public, with the same message), Forbidden (public, but not on this origin, or for dashboards
// alone; names the setting).
func (r *Rules) PublicClaim(origin string, views []string, dashboard string) (Claim, error) {
	c := Claim{Public: true, Origin: origin}
	if len(views) == 0 && dashboard == "" {
		if c.Set = true; r.public[origin] == nil {
			return Claim{}, notListed(origin, "views that are public")
		}
		return c, nil
	}
	for _, name := range views {
		v := find(r.views, func(v *View) bool { return v.Public != Private && v.hasName(name) })
		if v == nil {
			return Claim{}, report.Errorf(report.NotFound, "There is no public view %q.", report.Truncate(name))
		}
		if !v.listsOrigin(origin) {
			return Claim{}, notListed(origin, "view "+v.Name)
		}
		if v.Public != PublicQuestions {
			return Claim{}, dashboardsAlone(v, r.public[origin].dashboards)
		}
		if !slices.Contains(c.Views, v.Name) {
			c.Views = append(c.Views, v.Name)
		}
	}
	if dashboard == "" {
		return c, nil
	}
	b, err := r.publicBoard(dashboard)
	if err != nil {
		return Claim{}, err
	}
	if c.Dashboards = c.over(b); c.Dashboards == nil {
		return Claim{}, notListed(origin, "views of dashboard "+b.Name)
	}
	return c, nil
}

// dashboardsAlone refuses free questions of anonymous visitors. It tells the page's developer
// what to write, with one of the dashboards that they may read.
func dashboardsAlone(v *View, dashboards []grantedDashboard) error {
	board, panel := "NAME", "NAME"
	for _, d := range dashboards {
		if slices.Contains(d.views, v) {
			board, panel = d.board.Name, d.board.Panels[0].Name
			break
		}
	}
	return report.Errorf(report.Forbidden, `Anonymous visitors may read the dashboards of view %q, and not query it: show a panel, as in <oriel-chart dashboard=%q panel=%q>. The operator of this server can open it to queries with public: questions.`,
		v.Name, board, panel)
}

// FramedClaim returns what an anonymous visitor of our own embed page, at
// origin, may be given: a dashboard over its public views that may be framed.
// Who may put the page into a frame is for FrameOrigins to say. Errors are those
// of PublicClaim.
func (r *Rules) FramedClaim(origin, dashboard string) (Claim, error) {
	b, err := r.publicBoard(dashboard)
	if err != nil {
		return Claim{}, err
	}
	c := Claim{Public: true, Framed: true, Origin: origin}
	if c.Dashboards = c.over(b); c.Dashboards == nil {
		return Claim{}, report.Errorf(report.Forbidden, "No page may frame the dashboard %q: list its origin under origins of its views.", b.Name)
	}
	return c, nil
}

// over claims a dashboard over all of its views that the public claim reaches; nil
// for none.
func (c Claim) over(b *board) []DashboardClaim {
	var names []string
	for _, v := range b.views {
		if c.validFor(v) {
			names = append(names, v.Name)
		}
	}
	if names == nil {
		return nil
	}
	return []DashboardClaim{{b.Name, names}}
}

func (r *Rules) publicBoard(name string) (*board, error) {
	b := r.dashboard(name)
	if b == nil || !slices.ContainsFunc(b.views, func(v *View) bool { return v.Public != Private }) {
		return nil, report.Errorf(report.NotFound, "There is no public dashboard %q.", report.Truncate(name))
	}
	return b, nil
}

func notListed(origin, where string) error {
	return report.Errorf(report.Forbidden, "Pages at %q may not show this: add it to origins of the %s.", report.Truncate(origin), where)
}

// FrameOrigins returns the origins that may frame a dashboard: those that all of
// the dashboard's framed views list. These are its public views, or all of them
// when none is public, and the view of a name or alias, which may be empty for the default.
func (r *Rules) FrameOrigins(dashboard, view string) []string {
	b := r.dashboard(dashboard)
	if b == nil {
		return nil
	}
	framed := slices.DeleteFunc(slices.Clone(b.views), func(v *View) bool { return v.Public == Private || len(v.Origins) == 0 })
	if len(framed) == 0 {
		framed = slices.Clone(b.views)
	}
	if view != "" {
		v := find(b.views, func(v *View) bool { return v.hasName(view) })
		if v == nil {
			return nil
		}
		framed = append(framed, v)
	}
	if len(framed) == 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(framed[0].Origins), func(origin string) bool {
		return slices.ContainsFunc(framed, func(v *View) bool { return !v.listsOrigin(origin) })
	})
}

// offers reports whether the dashboard offers a range: by its name, or by the days that it means
// today or meant yesterday, which a page shows that is open over midnight.
func (b *board) offers(r dashboard.Range, d days) bool {
	if r.IsZero() || slices.Contains(b.ranges, r) || r.End.Before(r.Start) { // which is refused elsewhere
		return true
	}
	return r.Days == 0 && slices.ContainsFunc(b.ranges, func(listed dashboard.Range) bool {
		return d.same(r, listed, d.today) || d.same(r, listed, d.today.AddDays(-1))
	})
}

// same reports whether r is the days of another range on a day, as clipped to the history.
func (d days) same(r, other dashboard.Range, today report.Date) bool {
	start, end := other.Resolve(today)
	return r.End == end && d.clipped(r.Start) == d.clipped(start)
}

func (d days) clipped(start report.Date) report.Date {
	if start.Before(d.first) {
		return d.first
	}
	return start
}

// refuseRange refuses a range that the dashboard does not offer.
func (b *board) refuseRange() error {
	names := make([]string, len(b.ranges))
	for i, r := range b.ranges {
		names[i] = r.String()
	}
	return report.Errorf(report.Forbidden, "Anonymous visitors may read this dashboard over the ranges %s. The operator of this server can list others under ranges of the dashboard.",
		strings.Join(names, ", "))
}
