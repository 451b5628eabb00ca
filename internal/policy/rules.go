package policy

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-server/oriel/internal/dashboard"
	"github.com/oriel-server/oriel/internal/origin"
	"github.com/oriel-server/oriel/internal/report"
)

// Rules are the configured views and dashboards. They decide on access and are immutable.
type Rules struct {
	views      []*View // in configuration's order
	dashboards []*board
	viewOf     map[string]*View      // by name
	boardOf    map[string]*board     // by name
	origins    map[string]bool       // that any view lists
	public     map[string]*publicSet // by origin
}

// A board is a dashboard with its views found.
type board struct {
	dashboard.Dashboard
	views  []*View
	ranges []dashboard.Range // that it lists, see dashboard.Dashboard.Listed
}

var (
	namePattern     = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)
	aliasPattern    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$`)
	propertyPattern = regexp.MustCompile(`^[1-9][0-9]{0,19}$`)
)

// NewRules validates views and dashboards: names unique and well formed, every
// dashboard's views known, every panel's fields allowed in each of its views.
func NewRules(views []View, dashboards []dashboard.Dashboard) (*Rules, error) {
	r := &Rules{viewOf: map[string]*View{}, boardOf: map[string]*board{}, origins: map[string]bool{}}
	var errs []error
	for _, v := range views {
		c := v.clone()
		for _, f := range v.Faults() {
			errs = append(errs, fmt.Errorf("view %q: %s: %w", v.Name, f.Setting, f.Err))
		}
		r.views, r.viewOf[c.Name] = append(r.views, c), c
		for _, origin := range c.Origins {
			r.origins[origin] = true
		}
	}
	errs = append(errs, r.checkNames())
	for _, d := range dashboards {
		b, err := r.board(d)
		if err != nil {
			errs = append(errs, fmt.Errorf("dashboard %q: %w", d.Name, err))
		}
		if r.dashboard(d.Name) != nil {
			errs = append(errs, fmt.Errorf("dashboard %q: there are two of this name", d.Name))
		}
		r.dashboards, r.boardOf[b.Name] = append(r.dashboards, b), b
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	r.public = r.publicSets()
	return r, nil
}

func (v View) clone() *View {
	v.Origins = slices.Clone(v.Origins)
	v.Aliases = slices.Clone(v.Aliases)
	v.Fields = v.Fields.expanded()
	if v.History.bounded() {
		v.Fields.Deny = append(v.Fields.Deny, lifetimeDimensions...)
	}
	v.Filter, v.TokenFilter = v.Filter.Clone(), slices.Clone(v.TokenFilter)
	v.number = numericID(v.Name, v.Aliases)
	return &v
}

// A Fault is what is wrong with one setting of a view.
type Fault struct {
	Setting string // its path in the view's configuration: "history.days"; or "name"
	Err     error
}

// Faults returns everything that is wrong with v by itself.
func (v View) Faults() []Fault {
	var faults []Fault
	add := func(setting, format string, args ...any) {
		faults = append(faults, Fault{setting, fmt.Errorf(format, args...)})
	}
	if !namePattern.MatchString(v.Name) {
		add("name", "must be lower-case letters, digits, - and _, at most 64")
	}
	if v.Account == "" {
		add("account", "name the Google account that asks")
	}
	if !propertyPattern.MatchString(v.Property) {
		add("property", "%q is not a GA4 property id: write its digits, from Admin → Property details", v.Property)
	}
	for _, a := range v.Aliases {
		if !aliasPattern.MatchString(a) {
			add("aliases", "%q is not an id such as ga:123", a)
		}
	}
	for _, o := range v.Origins {
		if !origin.Is(o) {
			add("origins", "%q is not an origin: write scheme://host[:port] as browsers send it, without a path or *", o)
		}
	}
	if err := CheckFilter(v.Filter); err != nil {
		add("filter", "%w", err)
	}
	if err := v.checkTokenFilter(); err != nil {
		add("token_filter", "%w", err)
	}
	if err := v.Fields.validate(); err != nil {
		add("fields", "%w", err)
	}
	if v.History.Days < 0 {
		add("history.days", "%d is negative", v.History.Days)
	}
	if v.MaxRows < 0 || v.MaxRows > report.MaxLimit {
		add("max_rows", "%d is not one of 0 to %d", v.MaxRows, report.MaxLimit)
	}
	return append(faults, v.publicFaults()...)
}

// CheckFilter reports what is wrong with the shape of a dimension filter that
// configuration or a host gives. A nil filter is right.
func CheckFilter(f *report.Filter) error {
	if f == nil {
		return nil
	}
	probe := report.Query{
		Metrics:         []report.Metric{{Name: "sessions"}},
		DateRanges:      []report.DateRange{{StartDate: "today", EndDate: "today"}},
		DimensionFilter: f,
	}
	return probe.Validate()
}

// checkNames makes sure that a name or alias means one view, and that none
// hides another view's property id.
func (r *Rules) checkNames() error {
	var errs []error
	owner := map[string]string{}
	for _, v := range r.views {
		for _, a := range append([]string{v.Name}, v.Aliases...) {
			if other, ok := owner[a]; ok {
				errs = append(errs, fmt.Errorf("view %q: %q already names view %q", v.Name, a, other))
			}
			owner[a] = v.Name
		}
	}
	for _, v := range r.views {
		if other, ok := owner[v.Property]; ok && other != v.Name {
			errs = append(errs, fmt.Errorf("view %q: the name or alias %q is the property id of view %q", other, v.Property, v.Name))
		}
	}
	return errors.Join(append(errs, r.checkNumericIDs()...)...)
}

func (r *Rules) board(d dashboard.Dashboard) (*board, error) {
	d.Views, d.Panels = slices.Clone(d.Views), slices.Clone(d.Panels)
	b := &board{Dashboard: d, ranges: d.Listed()}
	errs := []error{d.Validate()}
	for _, name := range d.Views {
		v := r.view(name)
		if v == nil {
			errs = append(errs, fmt.Errorf("views: there is no view %q", name))
			continue
		}
		b.views = append(b.views, v)
		for _, p := range d.Panels {
			if err := v.checkPanel(p); err != nil {
				errs = append(errs, fmt.Errorf("panel %q over view %q: %w", p.Name, name, err))
			}
		}
	}
	return b, errors.Join(errs...)
}

// checkPanel checks a panel's query like the gate. Its errors are for operators: they name the
// view's settings.
func (v *View) checkPanel(p dashboard.Panel) error {
	q := p.Query.Clone()
	if !q.Realtime {
		q.DateRanges = []report.DateRange{{StartDate: "yesterday", EndDate: "yesterday"}}
	}
	if err := q.Validate(); err != nil {
		return err
	}
	if q.Realtime && !v.Realtime {
		return errors.New("the view does not allow realtime")
	}
	if q.Realtime {
		if names := missingInRealtime(v.Filter); names != nil {
			return fmt.Errorf("filter of view %q reads %s, which realtime questions do not have, so they are refused", v.Name, strings.Join(names, ", "))
		}
		if err := realtimeFields(q); err != nil {
			return err
		}
		if i := slices.IndexFunc(v.TokenFilter, func(field string) bool { return !inRealtime(field) }); i >= 0 {
			return fmt.Errorf("token_filter of view %q is by %s, which realtime questions do not have, so they are refused", v.Name, v.TokenFilter[i])
		}
	}
	return v.checkVisible(q)
}

// checkVisible is checkFields with errors that name the setting which hides the field.
func (v *View) checkVisible(q report.Query) (err error) {
	q.Mentions(func(m report.Mention) {
		switch {
		case err != nil || v.Fields.allows(m.Name):
		case v.precedesHistory(m.Name):
			err = fmt.Errorf("history of view %q hides %s, which tells of earlier days", v.Name, m.Name)
		case v.Fields.denies(m.Name):
			err = fmt.Errorf("fields.deny of view %q hides %s", v.Name, m.Name)
		case plainName.MatchString(m.Name):
			err = fmt.Errorf("fields.allow of view %q does not list %s", v.Name, m.Name)
		default:
			err = fmt.Errorf("%q is not the name of a field", m.Name)
		}
	})
	return err
}

// realtimeFields returns an error for a field that realtime queries do not have.
func realtimeFields(q report.Query) error {
	for _, d := range q.Dimensions {
		if !inRealtime(d.Name) {
			return fmt.Errorf("realtime questions have no dimension %s; they have %s", d.Name, strings.Join(realtimeDimensions, ", "))
		}
	}
	for _, m := range q.Metrics {
		if !slices.Contains(realtimeMetrics, m.Name) {
			return fmt.Errorf("realtime questions have no metric %s; they have %s", m.Name, strings.Join(realtimeMetrics, ", "))
		}
	}
	return nil
}

func (r *Rules) view(name string) *View { return r.viewOf[name] }

func (r *Rules) dashboard(name string) *board { return r.boardOf[name] }

func find[T any](list []*T, is func(*T) bool) *T {
	if i := slices.IndexFunc(list, is); i >= 0 {
		return list[i]
	}
	return nil
}

// hasName reports whether s is the view's name, one of its aliases, or its number
// as Universal Analytics' clients write it.
func (v *View) hasName(s string) bool {
	number, numbered := strings.CutPrefix(s, "ga:")
	return v.Name == s || slices.Contains(v.Aliases, s) || numbered && number == v.number
}

func (v *View) listsOrigin(origin string) bool {
	return origin != "" && slices.Contains(v.Origins, origin)
}

// ListsOrigin reports whether any view lists the origin: whether its pages are
// answered at all. What they may read is for a grant to say, see ReadableFrom.
func (r *Rules) ListsOrigin(origin string) bool { return r.origins[origin] && origin != "" }

// ViewNames returns the names of all views, in configuration's order.
func (r *Rules) ViewNames() []string {
	names := make([]string, len(r.views))
	for i, v := range r.views {
		names[i] = v.Name
	}
	return names
}

// ResolveView returns the name of the view that a name or alias means.
func (r *Rules) ResolveView(s string) (name string, ok bool) {
	v := find(r.views, func(v *View) bool { return v.hasName(s) })
	if v == nil {
		return "", false
	}
	return v.Name, true
}

// DashboardViews returns the names of a dashboard's views; ok is false when there
// is no such dashboard.
func (r *Rules) DashboardViews(name string) (views []string, ok bool) {
	b := r.dashboard(name)
	if b == nil {
		return nil, false
	}
	return slices.Clone(b.Views), true
}

// oldID is an alias that Universal Analytics' clients can write. Fifteen digits
// are exact in JavaScript, which reads numbers up to 2^53.
var oldID = regexp.MustCompile(`^ga:([1-9][0-9]{0,14})$`)

// Numbers made of names have fifteen digits: more than any id that Google has
// given out, so that no other view has them, and as many as JavaScript can represent.
const (
	firstMadeID = 100_000_000_000_000
	pastMadeIDs = 1_000_000_000_000_000
)

// numericID returns the number by which the dialects of Universal Analytics name
// a view: that of its first old id, or else one made of the view's name, which
// its viewers know. It tells nothing of the property, and stays the same
// whatever else the configuration says.
func numericID(name string, aliases []string) string {
	for _, a := range aliases {
		if m := oldID.FindStringSubmatch(a); m != nil {
			return m[1]
		}
	}
	sum := sha256.Sum256([]byte("view " + name))
	n := binary.BigEndian.Uint64(sum[:8])
	return strconv.FormatUint(firstMadeID+n%(pastMadeIDs-firstMadeID), 10)
}

// checkNumericIDs makes sure that a number made of a view's name means nothing else.
func (r *Rules) checkNumericIDs() (errs []error) {
	taken := map[string]string{}
	for _, v := range r.views {
		taken[v.Name], taken[v.Property] = "a view's name", "a property id"
		for _, a := range v.Aliases {
			taken[a] = "an alias of view " + v.Name
		}
	}
	for _, v := range r.views {
		if v.aliased() {
			continue
		}
		for _, id := range []string{v.number, "ga:" + v.number} {
			if what, ok := taken[id]; ok {
				errs = append(errs, fmt.Errorf("view %q: the id ga:%s, made of its name, is %s already: give it an id under aliases, such as ga:1", v.Name, v.number, what))
			}
		}
		taken["ga:"+v.number] = "that of view " + v.Name
	}
	return errs
}

// aliased reports whether the view's number is one of its aliases.
func (v *View) aliased() bool {
	for _, a := range v.Aliases {
		if oldID.MatchString(a) {
			return true
		}
	}
	return false
}
