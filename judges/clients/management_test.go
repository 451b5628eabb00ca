package clients

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/oauth2"
	analytics "google.golang.org/api/analytics/v3"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
)

// watched is Google's client for v3 as universal, and its answers are searched
// for property ids.
func watched(t *testing.T, views ...string) *analytics.Service {
	t.Helper()
	client := &http.Client{Transport: &oauth2.Transport{
		Source: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: embedToken(t, views...)}), Base: &watch{t: t},
	}}
	c, err := analytics.NewService(t.Context(), option.WithEndpoint(demo.Oriel+"/analytics/v3/"), option.WithHTTPClient(client))
	fatal(t, err)
	return c
}

// TestManagementSelectors walks from account to property to view, as every
// selector of views does, and asks for data by what it finds.
func TestManagementSelectors(t *testing.T) {
	c := watched(t, "museum", "shop")
	summaries, err := c.Management.AccountSummaries.List().Do()
	fatal(t, err)
	accounts, err := c.Management.Accounts.List().Do()
	fatal(t, err)
	if len(summaries.Items) != 1 || len(accounts.Items) != 1 || summaries.Items[0].Id != accounts.Items[0].Id || len(summaries.Items[0].WebProperties) != 2 {
		t.Fatalf("accounts %+v, summaries %+v", accounts.Items, summaries.Items)
	}
	account := accounts.Items[0].Id
	properties, err := c.Management.Webproperties.List(account).Do()
	fatal(t, err)
	for i, property := range properties.Items {
		profiles, err := c.Management.Profiles.List(account, property.Id).Do()
		fatal(t, err)
		summary := summaries.Items[0].WebProperties[i]
		if summary.Id != property.Id || len(profiles.Items) != 1 || summary.Profiles[0].Id != profiles.Items[0].Id || strconv.FormatInt(property.DefaultProfileId, 10) != profiles.Items[0].Id {
			t.Errorf("%+v, its summary %+v, its profiles %+v", property, summary, profiles.Items)
			continue
		}
		profile := profiles.Items[0]
		if profile.Timezone == "" || profile.Currency == "" || profile.Name == "" || profile.Type != "WEB" {
			t.Errorf("%+v", profile)
		}
		got, err := c.Data.Ga.Get("ga:"+profile.Id, "7daysAgo", "yesterday", "ga:sessions").Do()
		fatal(t, err)
		if p := got.ProfileInfo; p.ProfileId != profile.Id || p.WebPropertyId != property.Id || p.AccountId != account || p.ProfileName != profile.Name || p.InternalWebPropertyId != property.InternalWebPropertyId {
			t.Errorf("data of %+v tells %+v", profile, p)
		}
		if sessions, _ := strconv.Atoi(got.TotalsForAllResults["ga:sessions"]); sessions == 0 {
			t.Errorf("no sessions in %s", profile.Name)
		}
	}
}

func TestManagementWildcardsAndItems(t *testing.T) {
	c := watched(t, "museum", "shop")
	profiles, err := c.Management.Profiles.List("~all", "~all").Do()
	fatal(t, err)
	if profiles.TotalResults != 2 || "ga:"+profiles.Items[0].Id != oldView {
		t.Fatalf("%+v", profiles.Items)
	}
	first := profiles.Items[0]
	one, err := c.Management.Profiles.Get(first.AccountId, first.WebPropertyId, first.Id).Do()
	fatal(t, err)
	if one.SelfLink != first.SelfLink || one.ParentLink.Href == "" || one.ChildLink.Type != "analytics#goals" {
		t.Errorf("%+v", one)
	}
	property, err := c.Management.Webproperties.Get(first.AccountId, first.WebPropertyId).Do()
	fatal(t, err)
	if property.SelfLink != one.ParentLink.Href || property.Level != "STANDARD" || property.ProfileCount != 1 {
		t.Errorf("%+v", property)
	}
	page, err := c.Management.Profiles.List("~all", "~all").StartIndex(2).MaxResults(1).Fields("items/id,previousLink,startIndex").Do()
	fatal(t, err)
	if len(page.Items) != 1 || page.Items[0].Id != profiles.Items[1].Id || page.StartIndex != 2 || page.PreviousLink == "" || page.TotalResults != 0 {
		t.Errorf("%+v", page)
	}
	_, err = c.Management.Goals.List("~all", "~all", "~all").Do()
	fatal(t, err)
	_, err = c.Management.CustomDimensions.List("~all", first.WebPropertyId).Do()
	fatal(t, err)
	_, err = c.Management.Experiments.List("~all", "~all", "~all").Do()
	fatal(t, err)
	if alone, err := watched(t, "shop").Management.Profiles.List("~all", "~all").Do(); err != nil || alone.TotalResults != 1 || alone.Items[0].Id != profiles.Items[1].Id {
		t.Errorf("a token for the shop lists %+v, %v", alone, err)
	}
}

// TestManagementSegments asks for data in every segment that is listed.
func TestManagementSegments(t *testing.T) {
	c := watched(t, "museum")
	segments, err := c.Management.Segments.List().Do()
	fatal(t, err)
	if len(segments.Items) < 10 || segments.Items[0].Name != "All Users" {
		t.Errorf("%+v", segments.Items)
	}
	for _, s := range segments.Items {
		if _, err := c.Data.Ga.Get(oldView, "7daysAgo", "yesterday", "ga:pageviews").Segment(s.SegmentId).Do(); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
	}
}

func TestMetadataColumns(t *testing.T) {
	c := watched(t, "museum")
	all, err := c.Metadata.Columns.List("ga").Do()
	fatal(t, err)
	if all.TotalResults != 535 || len(all.Items) != 535 || all.Etag == "" || len(all.AttributeNames) == 0 {
		t.Errorf("%d of %d columns", len(all.Items), all.TotalResults)
	}
	public := 0
	for _, column := range all.Items {
		if column.Attributes["status"] == "PUBLIC" {
			public++
		}
		if column.Id == "ga:sessions" && (column.Attributes["type"] != "METRIC" || column.Attributes["uiName"] != "Sessions" || column.Attributes["dataType"] != "INTEGER") {
			t.Errorf("%v", column.Attributes)
		}
	}
	if public < 150 {
		t.Errorf("only %d columns can be asked", public)
	}
	_, err = c.Metadata.Columns.List("ga").IfNoneMatch(all.Header.Get("Etag")).Do()
	if !googleapi.IsNotModified(err) {
		t.Errorf("asked again: %v", err)
	}
}

func TestManagementErrors(t *testing.T) {
	c := watched(t, "shop")
	for what, err := range map[string]error{
		"403 insufficientPermissions profile":  second(c.Management.Goals.List("~all", "~all", strings.TrimPrefix(oldView, "ga:")).Do()),
		"403 insufficientPermissions property": second(c.Management.Webproperties.Get("1", "UA-100367422-1").Do()),
		"403 insufficientPermissions account":  second(c.Management.Webproperties.List("7").Do()),
		"403 insufficientPermissions not told": second(c.Management.Filters.List("~all").Do()),
		"403 insufficientPermissions read":     second(c.Management.Webproperties.Insert("1", &analytics.Webproperty{Name: "New"}).Do()),
		"403 insufficientPermissions change":   c.Management.Profiles.Delete("1", "UA-1-1", "1").Do(),
		"404 notFound lists":                   second(c.Metadata.Columns.List("mcf").Do()),
	} {
		want := strings.SplitN(what, " ", 3)
		e, ok := err.(*googleapi.Error)
		if !ok || strconv.Itoa(e.Code) != want[0] || len(e.Errors) != 1 || e.Errors[0].Reason != want[1] || !strings.Contains(e.Message, want[2]) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
