package ua

import (
	"encoding/json"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
)

func testManagement() Management {
	return Management{
		Base: "https://oriel.example/v3", AccountName: "Oriel", Website: "https://shop.example",
		Views: []ManagedView{
			{
				Profile: NewProfile("100367422", "Shop"), TimeZone: "Europe/Berlin", CurrencyCode: "EUR",
				Names: allNames(Options{
					Goals:      map[int]string{20: "sign_up", 1: "purchase"},
					Dimensions: map[int]string{2: "customUser:plan", 1: "customEvent:author", 3: "customItem:colour", 4: "contentGroup"},
					Metrics:    map[int]string{1: "customEvent:words"},
				}),
			},
			{Profile: NewProfile("473864015031999", "Blog"), Names: allNames(Options{Goals: map[int]string{1: "read"}})},
		},
	}
}

// allNames lets a client use every name.
func allNames(o Options) ViewNames {
	all := func(string) bool { return true }
	return ViewNames{Options: o, May: all, Has: all}
}

// TestManagement answers every testdata/management/*.in and compares with its .want.
// Adding a case is adding a file: lines "account ID", "property ID", "profile ID",
// "collection NAME", "item ID" are the place, "nobody" is a grant without views, and
// lines with = are parameters.
func TestManagement(t *testing.T) {
	comparePairs(t, "testdata/management/*.in", func(_ *testing.T, in string) string { return managed(in) })
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func managed(text string) string {
	m, at, values := testManagement(), ManagementPath{}, url.Values{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if name, value, ok := strings.Cut(line, "="); ok {
			values.Add(name, value)
			continue
		}
		word, id, _ := strings.Cut(line, " ")
		switch word {
		case "account":
			at.Account = id
		case "property":
			at.WebProperty = id
		case "profile":
			at.Profile = id
		case "collection":
			at.Collection = id
		case "item":
			at.Item = id
		case "nobody":
			m.Views = nil
		}
	}
	q, err := ParseList(values)
	if err != nil {
		return "error " + string(AsError(err).Body()) + "\n"
	}
	body, err := m.Answer(at, q)
	if err != nil {
		return "error " + string(AsError(err).Body()) + "\n"
	}
	return string(body) + "\n"
}

// Every collection answers at every level that it has, with links that lead to
// the lists and items they name.
func TestManagementLinks(t *testing.T) {
	var follow func(v any)
	followed := map[string]bool{}
	follow = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, member := range v {
				follow(member)
			}
		case map[string]any:
			for name, member := range v {
				if href, ok := member.(string); ok && (name == "selfLink" || name == "href" || name == "nextLink") && !followed[href] {
					followed[href] = true
					follow(fetch(t, href))
				}
				follow(member)
			}
		}
	}
	follow(fetch(t, "https://oriel.example/v3/management/accounts"))
	follow(fetch(t, "https://oriel.example/v3/management/accounts/1/webproperties?max-results=1"))
	follow(fetch(t, "https://oriel.example/v3/management/segments?max-results=4"))
	follow(fetch(t, "https://oriel.example/v3/management/accounts/1/webproperties/~all/customDimensions"))
	if len(followed) < 25 {
		t.Errorf("only %d links: %v", len(followed), followed)
	}
}

// fetch reads what an address of testManagement has.
func fetch(t *testing.T, address string) any {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(address, "https://oriel.example/v3/management/") {
		t.Fatalf("%s: %v", address, err)
	}
	steps := strings.Split(strings.TrimPrefix(u.Path, "/v3/management/"), "/")
	var at ManagementPath
	if len(steps)%2 == 0 {
		at.Item, steps = steps[len(steps)-1], steps[:len(steps)-1]
	}
	at.Collection = steps[len(steps)-1]
	for i, id := range []*string{&at.Account, &at.WebProperty, &at.Profile} {
		if 2*i+1 < len(steps) {
			*id = steps[2*i+1]
		}
	}
	q, err := ParseList(u.Query())
	if err != nil {
		t.Fatal(err)
	}
	body, err := testManagement().Answer(at, q)
	if err != nil {
		t.Errorf("%s: %v", address, err)
		return nil
	}
	members := collections[at.Collection].members
	if at.Item == "" {
		members = collections[at.Collection].list()
	}
	hasMembers(t, members, body)
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// Whatever place is requested for, nothing but the views is there.
func TestManagementHoldsOnlyItsViews(t *testing.T) {
	m := testManagement()
	m.Views = m.Views[:1]
	ids := []string{"", All, "1", "2", "UA-100367422-1", "UA-473864015031999-1", "100367422", "473864015031999", "ga:dimension1"}
	for name := range collections {
		for _, account := range ids {
			for _, property := range ids {
				for _, profile := range ids {
					for _, id := range ids {
						body, err := m.Answer(ManagementPath{account, property, profile, name, id}, ListQuery{StartIndex: 1, MaxResults: mostListed})
						if err == nil && strings.Contains(string(body), "Blog") || err == nil && strings.Contains(string(body), "473864015031999") {
							t.Fatalf("%s at %s %s %s: %s", name, account, property, profile, body)
						}
					}
				}
			}
		}
	}
}

func TestProfileIn(t *testing.T) {
	for id, want := range map[string]string{NewProfile("5", "Shop").WebPropertyID: "5", "UA-5-2": "", "UA--1": "", "5": "", "5-1": "", "~all": "", "": ""} {
		if got := ProfileIn(id); got != want {
			t.Errorf("%s: %q instead of %q", id, got, want)
		}
	}
}

func TestParseListErrors(t *testing.T) {
	for query, location := range map[string]string{
		"start-index=0": "start-index", "start-index=x": "start-index", "start-index=99999999999999999999": "start-index", "max-results=-1": "max-results",
		"alt=csv": "alt", "callback=f": "callback", "fields=items(": "fields", "prettyPrint=maybe": "prettyPrint",
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = ParseList(values); err == nil || AsError(err).Location != location {
			t.Errorf("%s: %+v", query, err)
		}
	}
	for place, fields := range map[ManagementPath]string{
		{Collection: "accountSummaries"}: "items/webProperties/nothing", {Collection: "accounts"}: "nothing", {Collection: "accounts", Item: "1"}: "nothing",
	} {
		q, err := ParseList(url.Values{"fields": {"kind," + fields}})
		if err != nil {
			t.Fatal(err)
		}
		if b, err := testManagement().Answer(place, q); err == nil || AsError(err).Location != "fields" || !strings.HasSuffix(AsError(err).Message, "selection "+fields) {
			t.Errorf("%v: %s, %v", place, b, err)
		}
		if b, err := ColumnsOf(nil).JSON(q); err == nil {
			t.Errorf("columns: %s", b)
		}
	}
	q, err := ParseList(url.Values{"max-results": {"5000"}, "quotaUser": {"x"}})
	if err != nil || q.MaxResults != mostListed {
		t.Errorf("%+v %v", q, err)
	}
}

func FuzzList(f *testing.F) {
	f.Add("start-index=2&max-results=1&fields=items(id,childLink/href)", "1", "~all", "~all", "goals", "")
	f.Add("fields=*/*", "", "", "", "accountSummaries", "")
	f.Add("", "1", "UA-100367422-1", "", "profiles", "100367422")
	f.Fuzz(func(t *testing.T, query, account, property, profile, name, id string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		q, err := ParseList(values)
		if err != nil {
			return
		}
		body, err := testManagement().Answer(ManagementPath{account, property, profile, name, id}, q)
		if err != nil {
			body = AsError(err).Body()
		}
		if !json.Valid(body) {
			t.Errorf("no JSON: %s", body)
		}
	})
}

func TestColumns(t *testing.T) {
	c := AllColumns()
	if c.TotalResults != 535 || len(c.Items) != 535 {
		t.Errorf("%d of %d columns", len(c.Items), c.TotalResults)
	}
	seen := map[string]bool{}
	for _, column := range c.Items {
		a := column.Attributes
		n := table().byKey[strings.ToLower(column.ID)]
		if n == nil || seen[column.ID] || a.Group == "" || a.UIName == "" || a.AddedIn == "" || a.DataType != n.Type {
			t.Errorf("%+v", column)
			continue
		}
		seen[column.ID] = true
		if public := n.Fidelity != None && n.ReplacedBy == ""; (a.Status == "PUBLIC") != public {
			t.Errorf("%s is %s and answered %s", column.ID, a.Status, n.Fidelity)
		}
		if n.Fidelity == None && !strings.Contains(a.Description, "Cannot be answered") || strings.Contains(column.ID, "XX") != (a.MaxTemplateIndex != "") {
			t.Errorf("%+v", column)
		}
	}
	q, err := ParseList(url.Values{"fields": {"kind,items(id,attributes(type,status))"}, "prettyPrint": {"false"}})
	if err != nil {
		t.Fatal(err)
	}
	body, err := c.JSON(q)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(body), `{"kind":"analytics#columns","items":[{"id":"ga:userType","attributes":{"type":"DIMENSION","status":"PUBLIC"}},`; !strings.HasPrefix(got, want) {
		t.Errorf("%.300s", got)
	}
	var all struct {
		AttributeNames []string
		Items          []struct{ Attributes map[string]string }
	}
	if err := json.Unmarshal(encode(c), &all); err != nil {
		t.Fatal(err)
	}
	for _, item := range all.Items {
		for name := range item.Attributes {
			if !slices.Contains(all.AttributeNames, name) {
				t.Fatalf("attributeNames lack %s", name)
			}
		}
	}
}
