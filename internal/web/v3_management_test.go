package web

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/internal/ua"
)

// What blog, which has no old id, is to clients of Universal Analytics.
const blogNumber = "617138222516213"

// summaries is what pages read of accountSummaries.
type summaries struct {
	Kind         string
	TotalResults int
	Items        []struct {
		ID, Name      string
		WebProperties []struct {
			ID, Name, WebsiteURL string
			Profiles             []struct{ ID, Name string }
		}
	}
}

func (s *site) summaries(prefix, token string, headers ...string) summaries {
	s.t.Helper()
	a := s.do("GET", prefix+"/management/accountSummaries", "", append(headers, bearing(token))...)
	var got summaries
	if err := json.Unmarshal([]byte(a.body), &got); err != nil || a.code != 200 {
		s.t.Fatalf("%d %s: %v", a.code, a.body, err)
	}
	return got
}

func TestManagementListsTheGrant(t *testing.T) {
	s := newSite(t)
	for _, prefix := range []string{"/analytics/v3", "/v3"} {
		got := s.summaries(prefix, s.token("blog", "shop"))
		if got.Kind != "analytics#accountSummaries" || got.TotalResults != 1 || len(got.Items) != 1 || len(got.Items[0].WebProperties) != 2 {
			t.Fatalf("%+v", got)
		}
		shop, blog := got.Items[0].WebProperties[0], got.Items[0].WebProperties[1]
		if shop.ID != "UA-123-1" || shop.Profiles[0].ID != "123" || shop.Profiles[0].Name != "Shop "+hostile || shop.WebsiteURL != ownOrigin {
			t.Errorf("shop is %+v", shop)
		}
		if blog.ID != "UA-"+blogNumber+"-1" || blog.Profiles[0].ID != blogNumber || blog.Profiles[0].Name != "Blog" {
			t.Errorf("blog is %+v", blog)
		}
		if got := s.summaries(prefix, s.token("shop")); len(got.Items[0].WebProperties) != 1 {
			t.Errorf("a token for shop lists %+v", got)
		}
	}
}

// A view has one profile, whichever of its old ids it is asked by.
func TestManagementOldIDs(t *testing.T) {
	s := newSite(t)
	s.source.answer = daily
	token := s.token("shop")
	for _, path := range []string{
		"/v3/management/accounts/1/webproperties/~all/profiles/77?fields=id",
		"/v3/management/accounts/~all/webproperties/UA-123-1/profiles/123?fields=id",
		"/v3/data/ga?fields=profileInfo/profileId&ids=ga:77" + v3Day + "ga:sessions",
	} {
		if a := s.do("GET", path, "", bearing(token)); a.code != 200 || !strings.Contains(a.body, `"123"`) || strings.Contains(a.body, "77") {
			t.Errorf("%s: %d %s", path, a.code, a.body)
		}
	}
}

// The ids of the lists are those that the data methods take and tell.
func TestManagementIDsAskForData(t *testing.T) {
	s := newSite(t)
	s.source.answer = daily
	token := s.token("blog", "shop")
	for _, property := range s.summaries("/v3", token).Items[0].WebProperties {
		id := property.Profiles[0].ID
		a := s.do("GET", "/v3/data/ga?ids=ga:"+id+v3Day+"ga:sessions", "", bearing(token))
		var got struct {
			ProfileInfo struct{ ProfileID, AccountID, WebPropertyID, InternalWebPropertyID, ProfileName, TableID string }
		}
		if err := json.Unmarshal([]byte(a.body), &got); err != nil || a.code != 200 {
			t.Fatalf("%s: %d %s", id, a.code, a.body)
		}
		if p := got.ProfileInfo; p.ProfileID != id || p.WebPropertyID != property.ID || p.ProfileName != property.Name || p.AccountID != "1" || p.TableID != "ga:"+id {
			t.Errorf("%s: %+v", id, p)
		}
	}
}

func TestManagementPaths(t *testing.T) {
	s := newSite(t, func(c *Config) {
		c.Dialects = map[string]ua.Options{"shop": {Goals: map[int]string{1: "purchase"}, Dimensions: map[int]string{1: "customEvent:author"}}}
	})
	token := s.token("blog", "shop")
	blog := "/accounts/1/webproperties/UA-" + blogNumber + "-1"
	for path, want := range map[string]struct {
		code  int
		words string
	}{
		"/management/accounts":                                                                       {200, `"kind":"analytics#accounts"`},
		"/management/accounts/1":                                                                     {200, `"kind":"analytics#account"`},
		"/management/accounts/~all/webproperties":                                                    {200, `"totalResults":2`},
		"/management/accounts/1/webproperties/UA-123-1":                                              {200, `"defaultProfileId":"123"`},
		"/management/accounts/1/webproperties/~all/profiles?max-results=1":                           {200, `"nextLink":"https://oriel.example/v3/management/accounts/1/webproperties/~all/profiles?start-index=2&max-results=1"`},
		"/management/accounts/1/webproperties/~all/profiles":                                         {200, `"currency":"EUR","timezone":"UTC"`},
		"/management" + blog + "/profiles/" + blogNumber:                                             {200, `"type":"WEB"`},
		"/management/accounts/~all/webproperties/~all/profiles/~all/goals?fields=items(id,name)":     {200, `{"items":[{"id":"1","name":"purchase"}]}`},
		"/management/accounts/1/webproperties/UA-123-1/profiles/123/goals/1":                         {200, `"kind":"analytics#goal"`},
		"/management/accounts/1/webproperties/UA-123-1/customDimensions":                             {200, `"id":"ga:dimension1"`},
		"/management/accounts/1/webproperties/UA-123-1/customDimensions/ga:dimension1":               {200, `"name":"author"`},
		"/management/accounts/1/webproperties/UA-123-1/customDimensions/ga%3Adimension1?fields=name": {200, `{"name":"author"}`},
		"/management/segments":                                                                       {200, `"segmentId":"gaid::-14"`},
		"/management/accounts/1/webproperties/UA-9-1":                                                {403, "insufficientPermissions"},
		"/management" + blog + "/profiles/123":                                                       {403, "insufficientPermissions"},
		"/management/accounts/1/webproperties/~all/profiles/646464/goals":                            {403, "insufficientPermissions"},
		"/management/accounts/1/filters":                                                             {403, "insufficientPermissions"},
		"/management/accounts/1/webproperties/UA-123-1/profiles/123/nought":                          {404, "notFound"},
		"/management/uploads":                                                                        {404, "notFound"},
		"/data/mcf?ids=ga:123":                                                                       {404, "notFound"},
		"/management/segments?callback=f":                                                            {400, "callback"},
		"/metadata/mcf/columns":                                                                      {404, "notFound"},
	} {
		a := s.do("GET", "/v3"+path, "", bearing(token))
		packed := strings.Join(strings.Fields(strings.ReplaceAll(a.body, `": `, `":`)), "")
		if a.code != want.code || !strings.Contains(packed, want.words) || strings.Contains(a.body, "Secret") {
			t.Errorf("%s: %d %s", path, a.code, a.body)
		}
		for _, private := range []string{"424242", "535353", "646464", "never shown"} {
			if strings.Contains(a.body, private) && !strings.Contains(path, private) {
				t.Errorf("%s tells %q: %s", path, private, a.body)
			}
		}
		if a.code == 200 {
			wantHeader(t, a, "Cache-Control", "private, no-store")
		}
	}
}

// Embed tokens read. Whoever wants more, or shows none, is told so in v3's words.
func TestManagementRefuses(t *testing.T) {
	s := newSite(t)
	token := s.token("shop")
	for _, c := range []struct {
		method, path, header string
		code                 int
		reason               string
	}{
		{"POST", "/analytics/v3/management/accounts/1/webproperties", bearing(token), 403, "insufficientPermissions"},
		{"DELETE", "/v3/management/accounts/1/webproperties/UA-123-1/profiles/123", bearing(token), 403, "insufficientPermissions"},
		{"PATCH", "/v3/anything", bearing(token), 403, "insufficientPermissions"},
		{"GET", "/analytics/v3/management/accountSummaries", "X: y", 401, "authError"},
		{"GET", "/analytics/v3/metadata/ga/columns", "X: y", 401, "authError"},
		{"POST", "/v3/management/segments", "Authorization: Bearer x", 401, "authError"},
		{"GET", "/v3/anything", "X: y", 401, "authError"},
	} {
		a := s.do(c.method, c.path, "", c.header)
		var e v3Error
		if err := json.Unmarshal([]byte(a.body), &e); err != nil || a.code != c.code || len(e.Error.Errors) != 1 || e.Error.Errors[0].Reason != c.reason {
			t.Errorf("%s %s: %d %s", c.method, c.path, a.code, a.body)
		}
	}
	if a := s.do("GET", "/v3/management/segments?access_token="+token, ""); a.code != 200 {
		t.Errorf("token in the address: %d %s", a.code, a.body)
	}
}

func TestManagementForPages(t *testing.T) {
	s := newSite(t)
	const path = "/v3/management/accounts/1/webproperties/UA-123-1/profiles/123/goals"
	a := s.do("OPTIONS", path, "", "Origin: "+shopOrigin, "Access-Control-Request-Method: GET", "Access-Control-Request-Headers: authorization")
	if a.code != 204 || !strings.Contains(a.header.Get("Access-Control-Allow-Methods"), "GET") {
		t.Errorf("preflight: %d %v", a.code, a.header)
	}
	wantHeader(t, a, "Access-Control-Allow-Origin", shopOrigin)
	if a := s.do("OPTIONS", path, "", "Origin: https://nobody.example", "Access-Control-Request-Method: GET"); a.code != 403 {
		t.Errorf("preflight of a page that no view lists: %d", a.code)
	}
	token := s.token("shop", "blog")
	for query, want := range map[string]int{
		path: 403, // only shop's pages may read about shop
		"/v3/management/accounts/1/webproperties/UA-123-1":                                                        403,
		"/v3/management/accounts/~all/webproperties/~all/profiles/123":                                            403,
		"/v3/management/accounts/1/webproperties/UA-" + blogNumber + "-1/profiles":                                200,
		"/v3/management/accounts/1/webproperties/UA-" + blogNumber + "-1/profiles/" + blogNumber + "/experiments": 200,
	} {
		if a := s.do("GET", query, "", bearing(token), "Origin: "+otherOrigin); a.code != want {
			t.Errorf("%s: %d %s", query, a.code, a.body)
		}
		if a := s.do("GET", query, "", bearing(token), "Origin: "+shopOrigin); a.code != 200 || a.header.Get("Access-Control-Allow-Origin") != shopOrigin {
			t.Errorf("%s from the shop: %d %s", query, a.code, a.body)
		}
	}
	// The website is the page that holds the token.
	held := s.minted(s.do("GET", "/token?view=shop", "", "Origin: "+shopOrigin))
	if got := s.summaries("/v3", held, "Origin: "+shopOrigin).Items[0].WebProperties[0].WebsiteURL; got != shopOrigin {
		t.Errorf("the website is %q", got)
	}
}

func TestColumns(t *testing.T) {
	s := newSite(t)
	token := s.token("shop")
	a := s.do("GET", "/analytics/v3/metadata/ga/columns?prettyPrint=false", "", bearing(token))
	if a.code != 200 || !strings.HasPrefix(a.body, `{"kind":"analytics#columns","etag":"`) || !strings.Contains(a.body, `"id":"ga:sessions"`) {
		t.Fatalf("%d %.300s", a.code, a.body)
	}
	tag := a.header.Get("ETag")
	for known, want := range map[string]int{tag: 304, `"other", ` + strings.TrimPrefix(tag, "W/"): 304, "*": 304, `"other"`: 200} {
		a := s.do("GET", "/analytics/v3/metadata/ga/columns?prettyPrint=false", "", bearing(token), "If-None-Match: "+known)
		if a.code != want || want == 304 && a.body != "" || a.header.Get("ETag") != tag {
			t.Errorf("If-None-Match %s: %d, %d bytes, %s", known, a.code, len(a.body), a.header.Get("ETag"))
		}
	}
	if a := s.do("GET", "/v3/metadata/ga/columns?fields=totalResults", "", bearing(token)); strings.Join(strings.Fields(a.body), "") != `{"totalResults":534}` {
		t.Errorf("%s", a.body)
	}
}

// TestColumnsOfAGrant lists what the grant may name, over all its views.
func TestColumnsOfAGrant(t *testing.T) {
	s := newSite(t, func(c *Config) {
		c.Dialects = map[string]ua.Options{
			"shop": {
				Goals: map[int]string{1: "purchase"}, Dimensions: map[int]string{1: "city", 2: "customEvent:author"},
				DimensionNames: map[string]string{"eventCategory": "city", "socialNetwork": "country"},
			},
			"blog": {DimensionNames: map[string]string{"socialNetwork": "pageTitle"}},
		}
	})
	statuses := func(views ...string) map[string]string {
		var list struct {
			TotalResults int
			Items        []struct {
				ID         string
				Attributes struct{ Status, Description string }
			}
		}
		a := s.do("GET", "/v3/metadata/ga/columns", "", bearing(s.token(views...)))
		if err := json.Unmarshal([]byte(a.body), &list); err != nil || a.code != 200 || list.TotalResults != len(list.Items) {
			t.Fatalf("%d %.300s", a.code, a.body)
		}
		of := map[string]string{}
		for _, i := range list.Items {
			of[i.ID] = i.Attributes.Status
			if i.ID == "ga:socialNetwork" && !strings.Contains(i.Attributes.Description, "Google Analytics 4: ") {
				t.Errorf("%+v", i)
			}
		}
		return of
	}
	for _, c := range []struct {
		views string
		want  map[string]string
	}{
		{"shop", map[string]string{
			"ga:city": "", "ga:country": "PUBLIC", "ga:sessions": "PUBLIC", "ga:visits": "DEPRECATED", "ga:14dayUsers": "DEPRECATED",
			"ga:goalXXCompletions": "PUBLIC", "ga:dimensionXX": "DEPRECATED", "ga:metricXX": "DEPRECATED", "ga:eventCategory": "",
			"ga:eventLabel": "DEPRECATED", "ga:socialNetwork": "PUBLIC", "ga:productCategoryLevelXX": "PUBLIC",
		}},
		{"blog", map[string]string{"ga:city": "PUBLIC", "ga:goalXXCompletions": "DEPRECATED", "ga:eventCategory": "DEPRECATED", "ga:socialNetwork": "PUBLIC"}},
		{"shop blog", map[string]string{"ga:city": "PUBLIC", "ga:goalXXCompletions": "PUBLIC"}},
	} {
		got := statuses(strings.Fields(c.views)...)
		for name, want := range c.want {
			if got[name] != want {
				t.Errorf("%s, %s: %q instead of %q", c.views, name, got[name], want)
			}
		}
	}
	definitions := s.do("GET", "/v3/management/accounts/1/webproperties/UA-123-1/customDimensions?fields=items/id", "", bearing(s.token("shop")))
	if strings.Join(strings.Fields(definitions.body), "") != `{"items":[{"id":"ga:dimension2"}]}` {
		t.Errorf("the list has a dimension that the view hides: %s", definitions.body)
	}
}
