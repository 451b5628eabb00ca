package policy

import "testing"

// What a grant does not open has no target view, or its holder could use up what the
// view's limits let others do.
func TestTargetView(t *testing.T) {
	_, _, rules := start(t, shop(), blog())
	views := grant(t, rules, Claim{Views: []string{"shop"}})
	dashboards := grant(t, rules, Claim{Dashboards: overview("shop", "blog", "two")})
	for _, tt := range []struct {
		name            string
		grant           Grant
		view, dashboard string
		want            string
	}{
		{"a view", views, "shop", "", "shop"},
		{"its property", views, shop().Property, "", "shop"},
		{"another view", views, "blog", "", ""},
		{"no view", views, "", "", ""},
		{"a dashboard that is not open", views, "shop", "overview", ""},
		{"a view under a dashboard alone", dashboards, "shop", "", ""},
		{"a dashboard", dashboards, "", "overview", "shop"},
		{"a dashboard over a view", dashboards, "blog", "overview", "blog"},
		{"a dashboard over no view", dashboards, "nothing", "overview", ""},
		{"nobody's", Grant{}, "shop", "overview", ""},
	} {
		if got := tt.grant.TargetView(tt.view, tt.dashboard); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
