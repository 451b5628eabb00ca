package policy

import (
	"errors"
	"fmt"

	"github.com/oriel-server/oriel/internal/report"
)

// CheckTokenFilter reports what is wrong with a filter by which a host narrows a
// token: its shape, or that it opens every row. A nil filter is right.
func CheckTokenFilter(f *report.Filter) error {
	if err := CheckFilter(f); err != nil {
		return err
	}
	if f != nil && !f.Narrows() {
		return report.Errorf(report.Invalid, "It does not narrow: name values that rows must have, in every branch of an OR. An exclusion, a range, an empty value and an expression such as .* count for nothing.")
	}
	return nil
}

// checkTokenFilter reports what is wrong with the view's own setting.
func (v View) checkTokenFilter() error {
	for _, field := range v.TokenFilter {
		if _, err := report.ParseFilter(field + "==x"); err != nil || !plainName.MatchString(field) {
			return fmt.Errorf("%q is not a dimension of GA4: write one such as customEvent:customer_id", field)
		}
	}
	if v.Public != Private && len(v.TokenFilter) > 0 {
		return errors.New("anonymous visitors have no filter: write public: false, or leave token_filter out")
	}
	return nil
}

// opens reports whether the claim holds for a view as it is configured now, its
// token_filter included.
func (g *Grant) opens(v *View) bool { return g.claim.validFor(v) && g.lacks(v) == nil }

// lacks says which filter the token lacks for a view; nil for none.
func (g *Grant) lacks(v *View) error {
	if _, own := g.filters[v.Name]; len(g.filters) > 0 && !own && g.filter.filter == nil {
		return report.Errorf(report.Invalid, "The view %q has no filter, and other views have: add it to filters, or write filter for all views.", v.Name)
	}
	f := g.narrowed(v).filter
	for _, field := range v.TokenFilter {
		if !f.Requires(field) {
			return report.Errorf(report.Invalid, "The view %q needs a filter by %s: name the values that its holder may see in filter or filters, in every branch of an OR.", v.Name, field)
		}
	}
	return nil
}

// CheckClaim says what a host's claim lacks: a filter of one of its views. The error
// is Invalid, for the host's developer.
func (r *Rules) CheckClaim(c Claim) error {
	g := Grant{rules: r, claim: c}
	if err := g.narrow(c); err != nil {
		return err
	}
	for _, name := range c.ViewNames() {
		if v := r.view(name); v != nil {
			if err := g.lacks(v); err != nil {
				return err
			}
		}
	}
	return nil
}
