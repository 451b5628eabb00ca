package access

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

// A MintDashboard is a dashboard that a token reads, and over which views. In JSON it
// is an object with both, or the name alone where only one view is left to it.
type MintDashboard struct {
	Name  string   `json:"name"`
	Views []string `json:"views"` // nil for the only one
}

// UnmarshalJSON reads either form. An object without views is refused: a customer
// without views must not get those of others.
func (d *MintDashboard) UnmarshalJSON(b []byte) error {
	*d = MintDashboard{}
	if json.Unmarshal(b, &d.Name) == nil && d.Name != "" {
		return nil
	}
	type object MintDashboard
	decoder := json.NewDecoder(bytes.NewReader(b))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode((*object)(d)); err != nil || d.Name == "" || len(d.Views) == 0 {
		return report.Errorf(report.Invalid, `A dashboard is written with the views over which it is read, at least one: {"name": "overview", "views": ["shop"]}.`)
	}
	return nil
}

// claimDashboards resolves the dashboards of a request, and their views.
func (a *Authority) claimDashboards(h Host, asked []MintDashboard) ([]policy.DashboardClaim, error) {
	var claims []policy.DashboardClaim
	for _, d := range asked {
		if slices.ContainsFunc(claims, func(c policy.DashboardClaim) bool { return c.Name == d.Name }) {
			return nil, report.Errorf(report.Invalid, "The dashboard %q is named twice: list its views in one place.", report.Truncate(d.Name))
		}
		views, err := a.claimOver(h, d)
		if err != nil {
			return nil, err
		}
		claims = append(claims, policy.DashboardClaim{Name: d.Name, Views: views})
	}
	return claims, nil
}

// claimOver returns the views over which a token reads a dashboard.
func (a *Authority) claimOver(h Host, d MintDashboard) ([]string, error) {
	over, _ := a.c.Rules.DashboardViews(d.Name)
	over = h.allowed(over)
	switch {
	case len(over) == 0 || !h.allowsDashboard(d.Name):
		return nil, report.Errorf(report.Forbidden, "This API key does not open a dashboard %q.", report.Truncate(d.Name))
	case len(d.Views) == 0 && len(over) > 1:
		return nil, report.Errorf(report.Invalid, `The dashboard %q has %d views for this API key: write which of them, as in {"name": %[1]q, "views": [%[3]q]}.`, d.Name, len(over), over[0])
	case len(d.Views) == 0:
		return over, nil
	}
	var views []string
	for _, s := range d.Views {
		name, ok := a.c.Rules.ResolveView(s)
		if !ok || !slices.Contains(over, name) {
			return nil, report.Errorf(report.Forbidden, "This API key does not open the dashboard %q over a view %q.", d.Name, report.Truncate(s))
		}
		views = append(views, name)
	}
	return unique(views), nil
}

func mintDashboards(claims []policy.DashboardClaim) []MintDashboard {
	var out []MintDashboard
	for _, c := range claims {
		out = append(out, MintDashboard(c))
	}
	return out
}

func dashboardClaims(dashboards []MintDashboard) []policy.DashboardClaim {
	var out []policy.DashboardClaim
	for _, d := range dashboards {
		out = append(out, policy.DashboardClaim(d))
	}
	return out
}

func names(claims []policy.DashboardClaim) []string {
	var out []string
	for _, c := range claims {
		out = append(out, c.Name)
	}
	return out
}

// unique returns the names in their order, each once.
func unique(names []string) []string {
	var out []string
	for _, name := range names {
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}
