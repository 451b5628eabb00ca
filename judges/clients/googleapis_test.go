package clients

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// A v3List is what the lists of the Management API have in common.
type v3List struct {
	Kind         string
	TotalResults int
	NextLink     string
	Items        []struct{ ID, Kind, Name, WebPropertyID, DefaultProfileID string }
}

// A v3Data is what the data methods answer.
type v3Data struct {
	Kind        string
	Rows        [][]string
	DataTable   struct{ Rows []any }
	ProfileInfo struct{ ProfileID, WebPropertyID, TableID string }
	Totals      map[string]string `json:"totalsForAllResults"`
}

type googleapisAnswer struct {
	Summaries, Accounts, WebProperties, Profiles, Goals, Segments v3List
	Profile                                                       struct{ ID, Kind string }
	Days, Table, Now                                              v3Data
	Columns                                                       struct {
		Kind, First  string
		Total, Items int
	}
	Reports struct {
		Reports []struct {
			Data struct {
				RowCount int
				Rows     []struct {
					Dimensions []string
					Metrics    []struct{ Values []string }
				}
			}
		}
	}
	Errors map[string]*struct {
		Code            int
		Message, Reason string
	}
}

// TestGoogleapis asks with npm's googleapis, which scripts on Node were written
// with, unchanged but for its address and its token.
func TestGoogleapis(t *testing.T) {
	var raw json.RawMessage
	node(t, "universal.mjs", map[string]any{"server": demo.Oriel, "token": embedToken(t, "museum", "shop"), "ids": oldView}, &raw)
	for _, id := range views {
		if strings.Contains(string(raw), id) {
			t.Errorf("the answers tell the property id %s", id)
		}
	}
	var got googleapisAnswer
	fatal(t, json.Unmarshal(raw, &got))
	checkGoogleapisLists(t, got)
	if d := got.Days; d.Kind != "analytics#gaData" || len(d.Rows) != 7 || len(d.Rows[0]) != 3 || "ga:"+d.ProfileInfo.ProfileID != oldView || d.ProfileInfo.WebPropertyID != got.Profiles.Items[0].WebPropertyID {
		t.Errorf("days: %+v", d)
	}
	checkGoogleapisReport(t, got)
	if len(got.Table.DataTable.Rows) != 7 || got.Table.Rows != nil {
		t.Errorf("table: %+v", got.Table)
	}
	if n := got.Now; n.Kind != "analytics#realtimeData" || n.Totals["rt:activeUsers"] == "" || n.ProfileInfo.TableID != "realtime:"+n.ProfileInfo.ProfileID {
		t.Errorf("now: %+v", n)
	}
	for name, want := range map[string]struct {
		code   int
		reason string
	}{
		"name":    {http.StatusBadRequest, "invalidParameter"},
		"view":    {http.StatusForbidden, "insufficientPermissions"},
		"account": {http.StatusForbidden, "insufficientPermissions"},
		"change":  {http.StatusForbidden, "insufficientPermissions"},
	} {
		if e := got.Errors[name]; e == nil || e.Code != want.code || e.Reason != want.reason || e.Message == "" {
			t.Errorf("wrong %s: %+v", name, e)
		}
	}
}

func checkGoogleapisLists(t *testing.T, got googleapisAnswer) {
	t.Helper()
	for name, c := range map[string]struct {
		list v3List
		kind string
		most int
	}{
		"summaries": {got.Summaries, "accountSummaries", 1}, "accounts": {got.Accounts, "accounts", 1},
		"webproperties": {got.WebProperties, "webproperties", 2}, "profiles": {got.Profiles, "profiles", 2}, "segments": {got.Segments, "segments", 2},
	} {
		if c.list.Kind != "analytics#"+c.kind || len(c.list.Items) != c.most || c.list.Items[0].Name == "" {
			t.Errorf("%s: %+v", name, c.list)
		}
	}
	if got.Goals.Kind != "analytics#goals" || got.Segments.NextLink == "" {
		t.Errorf("goals %+v, segments %+v", got.Goals, got.Segments)
	}
	if first := got.Profiles.Items[0]; "ga:"+first.ID != oldView || got.Profile.ID != first.ID || got.Profile.Kind != "analytics#profile" || got.WebProperties.Items[0].DefaultProfileID != first.ID {
		t.Errorf("profiles %+v, profile %+v, webproperties %+v", got.Profiles.Items, got.Profile, got.WebProperties.Items)
	}
	if c := got.Columns; c.Kind != "analytics#columns" || c.Total != c.Items || c.Items < 500 || c.First != "ga:userType" {
		t.Errorf("columns: %+v", c)
	}
}

// checkGoogleapisReport compares v4's answer with v3's: they were asked the same.
func checkGoogleapisReport(t *testing.T, got googleapisAnswer) {
	t.Helper()
	if len(got.Reports.Reports) != 1 || len(got.Reports.Reports[0].Data.Rows) != len(got.Days.Rows) {
		t.Errorf("reports: %+v", got.Reports)
		return
	}
	for i, row := range got.Reports.Reports[0].Data.Rows {
		if v4, v3 := slices.Concat(row.Dimensions, row.Metrics[0].Values), got.Days.Rows[i]; !slices.Equal(v4, v3) {
			t.Errorf("row %d of v4 is %v, of v3 %v", i, v4, v3)
		}
	}
}
