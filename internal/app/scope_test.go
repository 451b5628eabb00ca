package app

import (
	"strings"
	"testing"
)

const sharedBoard = `dashboards:
  shared: {views: [museum, shop, archive], panels: [{type: scorecard, metrics: [sessions], range: 7d}]}
`

// A token for one customer's view reads a dashboard of all customers over no other.
func TestDashboardOfOneCustomer(t *testing.T) {
	p := newPortalOver(t, "museum, shop", sharedBoard)
	for name, c := range map[string]struct {
		body string
		want int
	}{
		"which view is not said":       {`{"views":["museum"],"dashboards":["shared"]}`, 400},
		"a view of another customer":   {`{"dashboards":[{"name":"shared","views":["museum","archive"]}]}`, 403},
		"no view":                      {`{"dashboards":[{"name":"shared","views":[]}]}`, 400},
		"a member that is not":         {`{"dashboards":[{"name":"shared","views":["museum"],"all":true}]}`, 400},
		"views twice":                  {`{"dashboards":[{"name":"shared","views":["museum"],"views":["shop"]}]}`, 400},
		"a dashboard twice":            {`{"dashboards":[{"name":"shared","views":["museum"]},{"name":"shared","views":["shop"]}]}`, 400},
		"a filter of the other's view": {`{"dashboards":[{"name":"shared","views":["museum"]}],"filters":{"shop":"country==Japan"}}`, 400},
	} {
		if status, body := p.ask("POST", "/v1/tokens", p.apiKey, c.body); status != c.want {
			t.Errorf("%s: %d %s, want %d", name, status, body, c.want)
		}
	}
	status, body := p.ask("POST", "/v1/tokens", p.apiKey, `{"views":["museum"],"dashboards":[{"name":"shared","views":["museum"]}]}`)
	token := p.given("access_token", status, body)
	for view, want := range map[string]int{"": 200, "museum": 200, "shop": 403, "archive": 403} {
		status, body := p.ask("GET", "/v1/dashboards/shared?view="+view, token, "")
		if status != want || strings.Contains(body, "shop") && view != "shop" || strings.Contains(body, "archive") && view != "archive" {
			t.Errorf("over %q: %d %.300s, want %d", view, status, body, want)
		}
	}
}

// Views with a token_filter open to tokens with a value for it, and filters that
// let every row through are refused.
func TestFiltersOfHostsNarrow(t *testing.T) {
	p := newPortalOver(t, "museum, shop, archive", sharedBoard)
	for _, body := range []string{
		`{"views":["archive"]}`,
		`{"views":["museum"],"dashboards":[{"name":"shared","views":["archive"]}]}`,
		`{"views":["archive"],"filter":"country==Japan"}`,
		`{"views":["archive"],"filter":"deviceCategory==mobile,country==Japan"}`,
		`{"views":["archive"],"filters":{"archive":"deviceCategory!=mobile"}}`,
		`{"views":["museum"],"filter":null}`,
		`{"views":["museum"],"filters":null}`,
		`{"views":["museum"],"filters":{}}`,
		`{"views":["museum"],"filter":{}}`,
		`{"views":["museum"],"filter":"country=~.*"}`,
		`{"views":["museum"],"filter":"country!=Japan"}`,
		`{"views":["museum"],"filter":{"filter":{"fieldName":"country","stringFilter":{"matchType":"CONTAINS","value":""}}}}`,
		`{"views":["museum"],"filter":{"filter":{"fieldName":"country","stringFilter":{"matchType":"BEGINS_WITH"}}}}`,
		`{"views":["museum"],"filter":{"filter":{"fieldName":"country","inListFilter":{"values":[]}}}}`,
		`{"views":["museum","shop"],"filters":{"museum":"country==Japan"}}`,
		`{"views":["museum"],"dashboards":[{"name":"shared","views":["shop"]}],"filters":{"museum":"country==Japan"}}`,
	} {
		if status, answer := p.ask("POST", "/v1/tokens", p.apiKey, body); status != 400 {
			t.Errorf("%s: %d %s, want 400", body, status, answer)
		}
	}
	status, body := p.ask("POST", "/v1/tokens", p.apiKey, `{"views":["archive"],"filter":"deviceCategory==mobile"}`)
	if got := p.reads(p.given("access_token", status, body), "archive"); got != 200 {
		t.Errorf("with the filter it answers %d", got)
	}
	if got := p.reads(p.signed("archive"), "archive"); got != 401 {
		t.Errorf("signed without, it answers %d", got)
	}
}
