package policy

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// A Grant is what the holder of a token may read now. Only Rules make it; the zero Grant
// allows nothing.
type Grant struct {
	rules      *Rules // that made the grant; nil in the zero Grant
	claim      Claim
	views      []*View // that may be queried freely
	dashboards []grantedDashboard
	filter     tokenFilter            // of every view that has none of its own
	filters    map[string]tokenFilter // of the views of these names; filter is in each
	requester  Requester
	meter      func(questions int) error // see Metered; may be nil
}

// An Requester is the origin of a request beside its token: for records, never for decisions.
type Requester struct {
	Request string     // the number of the request
	Address netip.Addr // of the client, as limits count it
	Export  bool       // the answer leaves as a file

	draft *Draft // of the request; nil: decisions are recorded at once
}

// For returns the grant as it stands for one request.
func (g Grant) For(requester Requester) Grant {
	g.requester = requester
	return g
}

// Until returns the grant of a token that ends at another time.
func (g Grant) Until(end time.Time) Grant {
	g.claim.ExpiresAt = end
	return g
}

// A grantedDashboard is a dashboard with those of its views that a grant opens.
type grantedDashboard struct {
	board *board
	views []*View // at least one
	names string  // of views, as a key
}

// Grant computes what the holder of a claim may ask now. The error is
// Unauthenticated when nothing that the claim names exists any more.
func (r *Rules) Grant(c Claim) (Grant, error) {
	g := Grant{rules: r, claim: c}
	if err := g.narrow(c); err != nil {
		return Grant{}, report.Errorf(report.Unauthenticated, "The embed token is not valid. Ask for a new one.").Because(err)
	}
	if set := r.public[c.Origin]; c.Public && c.Set && set != nil {
		g.views, g.dashboards = set.questions, set.dashboards
	}
	for _, v := range r.views {
		if slices.Contains(c.Views, v.Name) && g.opens(v) && (!c.Public || v.Public == PublicQuestions) {
			g.views = append(g.views, v)
		}
	}
	for _, d := range c.Dashboards {
		if b := r.dashboard(d.Name); b != nil {
			g.open(b, d.Views)
		}
	}
	if len(g.views) == 0 && len(g.dashboards) == 0 {
		return Grant{}, report.Errorf(report.Unauthenticated, "What the embed token was for is no longer offered. Ask for a new one.")
	}
	return g, nil
}

// open adds a dashboard over those of its views that are named and that the grant opens.
func (g *Grant) open(b *board, names []string) {
	views := slices.DeleteFunc(slices.Clone(b.views), func(v *View) bool {
		return !slices.Contains(names, v.Name) || !g.opens(v)
	})
	if len(views) > 0 {
		g.dashboards = append(g.dashboards, grantedDashboard{b, views, joinNames(views)})
	}
}

// joinNames returns the names of views as one comparable value.
func joinNames(views []*View) string {
	var names strings.Builder
	for _, v := range views {
		names.WriteString(v.Name)
		names.WriteByte(0)
	}
	return names.String()
}

// A tokenFilter is what a token narrows a view to.
type tokenFilter struct {
	filter *report.Filter // nil for nothing
	hash   filterHash     // stands for filter
}

func newTokenFilter(filters ...*report.Filter) (tokenFilter, error) {
	for _, f := range filters {
		if err := CheckTokenFilter(f); err != nil {
			return tokenFilter{}, err
		}
	}
	both := report.And(filters...).Clone()
	return tokenFilter{both, hashFilter(both)}, CheckFilter(both)
}

// narrow reads the filters of a claim.
func (g *Grant) narrow(c Claim) (err error) {
	if g.filter, err = newTokenFilter(c.Filter); err != nil || len(c.Filters) == 0 {
		return err
	}
	g.filters = make(map[string]tokenFilter, len(c.Filters))
	for view, f := range c.Filters {
		if g.filters[view], err = newTokenFilter(c.Filter, f); err != nil {
			return err
		}
	}
	return nil
}

// narrowed returns what the grant narrows a view to.
func (g Grant) narrowed(v *View) tokenFilter {
	if f, ok := g.filters[v.Name]; ok {
		return f
	}
	return g.filter
}

// validFor reports whether the claim is valid for a view as it is configured now.
func (c Claim) validFor(v *View) bool {
	switch {
	case !c.Public:
		return true
	case c.Framed:
		return v.Public != Private && len(v.Origins) > 0
	}
	return v.Public != Private && v.listsOrigin(c.Origin)
}

// ViewNames returns the names of the views that the grant opens, for questions or
// under a dashboard; some may be named twice.
func (g Grant) ViewNames() []string {
	var names []string
	for _, v := range g.views {
		names = append(names, v.Name)
	}
	for _, o := range g.dashboards {
		for _, v := range o.views {
			names = append(names, v.Name)
		}
	}
	return names
}

// Anonymous reports whether the session is a visitor's for whom no host asked.
func (g Grant) Anonymous() bool { return g.claim.Public }

// questionRank returns the rank of the holder's free questions.
func (g Grant) questionRank() report.Rank { return g.rank(report.HostQuestion, report.PublicQuestion) }

// dashboardRank returns the rank of the questions of dashboards that the holder reads.
func (g Grant) dashboardRank() report.Rank {
	return g.rank(report.HostDashboard, report.PublicDashboard)
}

func (g Grant) rank(host, public report.Class) report.Rank {
	class := host
	if g.Anonymous() {
		class = public
	}
	return report.Rank{Class: class, Session: g.Session()}
}

// Host returns the host that began the session; empty for the public's.
func (g Grant) Host() string { return g.claim.Host }

// Subject returns the host's name for the visitor; empty if anonymous.
func (g Grant) Subject() string { return g.claim.Subject }

// Session returns the session that the grant was computed for.
func (g Grant) Session() string { return g.claim.Session }

// Origin returns the origin that the session is bound to; empty for none.
func (g Grant) Origin() string { return g.claim.Origin }

// Expires returns when the session's token ends.
func (g Grant) Expires() time.Time { return g.claim.ExpiresAt }

// view returns the view of the grant that may be queried under a name. A view
// that exists and one that does not sound the same when they are not granted.
func (g Grant) view(s string) (*View, error) {
	v, err := g.resolve(g.views, s)
	if err == nil || !g.Anonymous() {
		return v, err
	}
	for _, d := range g.dashboards {
		if v := find(d.views, func(v *View) bool { return v.hasName(s) }); v != nil {
			return nil, dashboardsAlone(v, g.dashboards)
		}
	}
	return nil, err
}

// ReadableFrom reports whether a page at origin, which shows the holder's token,
// may read the answer about a view (by name, alias or property id), or about a
// dashboard over a view, empty for its first. With both empty it may, and so
// it may read the gate's refusal of what the grant does not hold: the same
// from every page, whether or not there is such a view.
func (g Grant) ReadableFrom(origin, view, dashboard string) bool {
	v := g.target(view, dashboard)
	return v == nil || v.listsOrigin(origin)
}

// TargetView returns the name of the view that a request is for, which names a view (by
// name, alias or property id), or a dashboard over a view, empty for its first. It is
// empty if the request names neither or the grant does not open the view.
func (g Grant) TargetView(view, dashboard string) string {
	if v := g.target(view, dashboard); v != nil {
		return v.Name
	}
	return ""
}

// target returns the view of TargetView; nil for none.
func (g Grant) target(view, dashboard string) *View {
	views := g.views
	if dashboard != "" {
		d, err := g.dashboard(dashboard)
		if err != nil {
			return nil
		}
		if views = d.views; view == "" {
			return views[0]
		}
	}
	if view == "" {
		return nil
	}
	v, err := g.resolve(views, view)
	if err != nil {
		return nil
	}
	return v
}

// Exporting returns the grant for an answer that is served as a file, which decisions
// record.
func (g Grant) Exporting() Grant {
	g.requester.Export = true
	return g
}

// Metered returns the grant with a meter for dashboards over ranges that they do not list: it is
// called with the number of panels that are not cached before any of them is asked about, and its error answers them.
func (g Grant) Metered(meter func(questions int) error) Grant {
	g.meter = meter
	return g
}

func (g Grant) dashboard(name string) (grantedDashboard, error) {
	for _, o := range g.dashboards {
		if o.board.Name == name {
			return o, nil
		}
	}
	return grantedDashboard{}, report.Errorf(report.Forbidden, "This embed token does not open a dashboard %q.", report.Truncate(name))
}

// resolve finds the view that a name, an alias or a property id means among
// views. Names and aliases come first; a property id must mean one view only, and means
// none to anonymous visitors, who may not learn it.
func (g Grant) resolve(views []*View, s string) (*View, error) {
	if v := find(views, func(v *View) bool { return v.hasName(s) }); v != nil {
		return v, nil
	}
	var found *View
	for _, v := range views {
		switch {
		case v.Property != s || g.Anonymous():
		case found != nil:
			return nil, report.Errorf(report.Invalid, "The property id %s means several views of this embed token: name the view, such as %s or %s.", report.Truncate(s), found.Name, v.Name)
		default:
			found = v
		}
	}
	if found == nil {
		return nil, report.Errorf(report.Forbidden, "This embed token does not open a view %q.", report.Truncate(s))
	}
	return found, nil
}

// Without returns the grant without some of its views, which no dashboard shows either,
// and without some of its dashboards, and whether it opens anything still. A grant that
// loses nothing costs no memory.
func (g Grant) Without(view, dashboard func(name string) bool) (Grant, bool) {
	closed := func(v *View) bool { return view(v.Name) }
	loses := func(o grantedDashboard) bool { return dashboard(o.board.Name) || slices.ContainsFunc(o.views, closed) }
	if slices.ContainsFunc(g.views, closed) {
		g.views = slices.DeleteFunc(slices.Clone(g.views), closed)
	}
	if slices.ContainsFunc(g.dashboards, loses) {
		boards := g.dashboards
		g.dashboards = nil
		for _, o := range boards {
			if o.views = slices.DeleteFunc(slices.Clone(o.views), closed); len(o.views) > 0 && !dashboard(o.board.Name) {
				o.names = joinNames(o.views)
				g.dashboards = append(g.dashboards, o)
			}
		}
	}
	return g, len(g.views)+len(g.dashboards) > 0
}
