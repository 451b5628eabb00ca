package access

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

// overview asks for the dashboard overview over views; over the only one without.
func overview(views ...string) []MintDashboard { return []MintDashboard{{"overview", views}} }

func TestDashboardsNameTheirViews(t *testing.T) {
	b := newBench(t)
	for name, c := range map[string]struct {
		dashboards []MintDashboard
		kind       report.Kind
		want       string
	}{
		"which of two":                {overview(), report.Invalid, `write which of them, as in {"name": "overview", "views": ["shop"]}`},
		"a view of none":              {overview("shop", "gone"), report.Forbidden, `over a view "gone"`},
		"a dashboard twice":           {append(overview("shop"), overview("blog")...), report.Invalid, "named twice"},
		"a hundred and one, under it": {overview(make([]string, 101)...), report.Invalid, "at most 100"},
	} {
		_, err := b.Mint(context.Background(), b.secret, from(""), MintRequest{Dashboards: c.dashboards})
		if err == nil || report.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s with %q", name, err, c.kind, c.want)
		}
	}
	g, err := b.verify(b.minted(MintRequest{Dashboards: overview("ga:1")}), "")
	ok(t, err)
	if got := g.ViewNames(); !slices.Equal(got, []string{"shop"}) {
		t.Errorf("a token for the shop opens %v", got)
	}
	if e := b.trail.last(); !slices.Equal(e.Dashboards, []string{"overview"}) || !slices.Equal(e.Over, []string{"shop"}) {
		t.Errorf("recorded %+v", e)
	}
}

// What a token opens is fixed when it is minted: the short form names the view that
// was the only one, and stays with it.
func TestLaterConfigurationsWidenNoToken(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Hosts[0].Views = []string{"blog"} })
	token := b.minted(MintRequest{Dashboards: overview()})
	b.reload(func(c *Config) { c.Hosts[0].Views = []string{"shop", "blog"} })
	var g policy.Grant
	renewed, err := b.Renew(context.Background(), token, from(""), func(grant policy.Grant) error {
		g = grant
		return nil
	})
	ok(t, err)
	if got := g.ViewNames(); !slices.Equal(got, []string{"blog"}) {
		t.Errorf("it opens %v", got)
	}
	if g, err = b.verify(renewed.AccessToken, ""); err != nil || !slices.Equal(g.ViewNames(), []string{"blog"}) {
		t.Errorf("renewed, it opens %v, %v", g.ViewNames(), err)
	}
}

func TestDashboardsInJSON(t *testing.T) {
	for body, want := range map[string]string{
		`"overview"`: "overview", `{"name":"overview","views":["b"]}`: "overview b",
		`""`: "", `{"name":"overview"}`: "", `{"name":"overview","views":[]}`: "", `{"name":"overview","views":null}`: "", `{"views":["b"]}`: "",
		`{"name":"overview","views":["b"],"view":"c"}`: "", `{"name":"overview","views":"b"}`: "", `7`: "", `null`: "", `["overview"]`: "",
	} {
		var d MintDashboard
		err := json.Unmarshal([]byte(body), &d)
		if got := strings.TrimSpace(d.Name + " " + strings.Join(d.Views, " ")); (err != nil) != (want == "") || err == nil && got != want {
			t.Errorf("%s is %q, %v", body, got, err)
		}
	}
}

func TestFiltersMustNarrow(t *testing.T) {
	b := newBench(t)
	b.reload(func(c *Config) {
		v := views()
		v[1].TokenFilter = []string{"country"}
		c.Rules = rules(t, v...)
	})
	all := []string{"shop", "blog"}
	not := report.WrittenFilter{Filter: &report.Filter{Not: country("NZ").Filter}}
	for name, c := range map[string]struct {
		req  MintRequest
		want string
	}{
		"a view without":           {MintRequest{Views: all, Filters: filters{"blog": country("NZ")}}, `"shop" has no filter`},
		"a dashboard's without":    {MintRequest{Views: all[1:], Dashboards: overview("shop"), Filters: filters{"blog": country("NZ")}}, `"shop" has no filter`},
		"an exclusion":             {MintRequest{Views: all[:1], Filter: not}, "filter: It does not narrow"},
		"one view's exclusion":     {MintRequest{Views: all[:1], Filters: filters{"shop": not}}, "filters: shop: It does not narrow"},
		"an empty value":           {MintRequest{Views: all[:1], Filter: country("")}, "It does not narrow"},
		"no token filter":          {MintRequest{Views: all[1:]}, `"blog" needs a filter by country`},
		"none under its dashboard": {MintRequest{Dashboards: overview("blog")}, `"blog" needs a filter by country`},
		"one of another field":     {MintRequest{Views: all[1:], Filter: city("Paris")}, `"blog" needs a filter by country`},
	} {
		_, err := b.Mint(context.Background(), b.secret, from(""), c.req)
		if report.KindOf(err) != report.Invalid || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	g, err := b.verify(b.minted(MintRequest{Views: all, Dashboards: overview("blog"), Filter: country("NZ"), Filters: filters{"shop": city("Paris")}}), "")
	ok(t, err)
	if got := g.ViewNames(); !slices.Equal(got, []string{"shop", "blog", "blog"}) {
		t.Errorf("it opens %v", got)
	}
}

// A view that comes to need a filter closes to the tokens without, at once.
func TestTokenFilterHoldsForOldTokens(t *testing.T) {
	b := newBench(t)
	open, narrow := b.minted(MintRequest{Views: []string{"blog"}}), b.minted(MintRequest{Views: []string{"blog"}, Filter: country("NZ")})
	b.reload(func(c *Config) {
		v := views()
		v[1].TokenFilter = []string{"country"}
		c.Rules = rules(t, v...)
	})
	_, err := b.verify(open, "")
	refused(t, "without the filter", err, "no longer offered")
	if _, err := b.verify(narrow, ""); err != nil {
		t.Errorf("with it: %v", err)
	}
}

func TestEmptyFiltersInJSON(t *testing.T) {
	for _, body := range []string{
		`{"filter":null}`, `{"filters":null}`, `{"filters":{}}`, `{"filters":{"shop":null}}`, `{"filter":""}`,
	} {
		var req MintRequest
		if err := json.Unmarshal([]byte(body), &req); report.KindOf(err) != report.Invalid || err == nil {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func city(is string) report.WrittenFilter {
	return report.WrittenFilter{Filter: &report.Filter{Condition: &report.Condition{FieldName: "city", String: &report.StringFilter{Value: is}}}}
}

func TestQuestionsAreForHostsThatMayAsk(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Hosts[0].Questions = false })
	_, err := b.Mint(context.Background(), b.secret, from(""), MintRequest{Views: []string{"shop"}, Dashboards: overview("shop")})
	if report.KindOf(err) != report.Forbidden || !strings.Contains(report.AsError(err).Message, "leave views out") {
		t.Errorf("%v", err)
	}
	c := b.config
	c.Hosts = []Host{{Name: "host", APIKeys: c.Hosts[0].APIKeys}}
	if _, err := New(c); err == nil || !strings.Contains(err.Error(), "names no view") {
		t.Errorf("a host without views: %v", err)
	}
}
