package emulator

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/oriel-server/oriel/emulator/world"
)

// customWorld has one Analytics 360 property with custom definitions of all kinds.
var customWorld = sync.OnceValues(func() (*world.World, error) {
	sites := world.DefaultSites()[2:]
	sites[0].Premium, sites[0].TimeZone = true, "America/New_York"
	sites[0].Custom = []world.Custom{
		{Name: "customEvent:author", Label: "Author", Values: []string{"Ada", "Ben"}, Event: "page_view"},
		{Name: "customUser:plan", Label: "Plan", Values: []string{"free", "paid"}},
		{Name: "customItem:colour", Label: "Colour", Values: []string{"blue", "green"}},
		{Name: "customEvent:reading_time", Label: "Reading time", Type: "TYPE_SECONDS", Event: "scroll"},
		{Name: "calcMetric:perView", Label: "Reading time per view", Type: "TYPE_FLOAT", Expression: "customEvent:reading_time / screenPageViews"},
	}
	return world.New(world.Config{Seed: 7, Now: labNow, Days: 60, Events: 20_000, Sites: sites})
})

func newCustomLab(t *testing.T) *lab {
	t.Helper()
	w, err := customWorld()
	must(t, err)
	return newLabOf(t, w)
}

func TestCustomDefinitions(t *testing.T) {
	l := newCustomLab(t)
	metadata := l.do("GET", "/v1beta/properties/"+l.property+"/metadata?prettyPrint=false", "").body
	for _, want := range []string{
		`{"apiName":"customEvent:author","uiName":"Author","description":"The parameter author of the property's own.","customDefinition":true,"category":"Event-scoped Custom Dimension"}`,
		`"apiName":"customUser:plan"`, `"apiName":"customItem:colour"`, `"type":"TYPE_SECONDS","customDefinition":true`,
		`"type":"TYPE_FLOAT","expression":"customEvent:reading_time / screenPageViews","customDefinition":true`,
		`{"apiName":"sessionsPerUser","uiName":"Sessions per active user","description":"The average number of sessions per user (Sessions divided by Active Users).","type":"TYPE_FLOAT"`,
		`"apiName":"keyEvents:purchase","uiName":"Key event count for purchase"`,
	} {
		if !strings.Contains(metadata, want) {
			t.Errorf("metadata has no %s", want)
		}
	}
	if universal := l.do("GET", "/v1beta/properties/0/metadata", "").body; strings.Contains(universal, "customDefinition") {
		t.Error("all properties have custom definitions")
	}
	a := l.report(`{` + week + `,"dimensions":[{"name":"customEvent:author"}],"metrics":[{"name":"customEvent:reading_time"},{"name":"screenPageViews"}],"orderBys":[{"dimension":{"dimensionName":"customEvent:author"}}]}`)
	if got := column(a, 0); !slices.Equal(got, []string{"(not set)", "Ada", "Ben"}) {
		t.Errorf("authors %v", got)
	}
	total := l.report(`{` + week + `,"metrics":[{"name":"customEvent:reading_time"},{"name":"screenPageViews"},{"name":"calcMetric:perView"},{"name":"twice","expression":"calcMetric:perView*2"}]}`)
	v := numbers(t, texts(total.Rows[0].MetricValues))
	if v[0] == 0 || v[2] != v[0]/v[1] || v[3] != 2*v[2] || total.MetricHeaders[0].Type != "TYPE_SECONDS" {
		t.Errorf("%v %v", total.MetricHeaders, v)
	}
	items := l.report(`{` + week + `,"dimensions":[{"name":"customItem:colour"}],"metrics":[{"name":"itemsViewed"}],"dimensionFilter":{"filter":{"fieldName":"customUser:plan","stringFilter":{"value":"paid"}}}}`)
	if got := column(items, 0); !slices.Contains(got, "blue") {
		t.Errorf("colours %v", got)
	}
	if r := l.call("runReport", `{`+week+`,"dimensions":[{"name":"customItem:colour"}],"metrics":[{"name":"sessions"}]}`); r.status != 400 {
		t.Errorf("item-scoped with sessions: %d", r.status)
	}
}

func TestCustomDefinitionsInRealtime(t *testing.T) {
	l := newCustomLab(t)
	if a := l.reportBy("runRealtimeReport", `{"dimensions":[{"name":"customUser:plan"}],`+users+`}`); a.DimensionHeaders[0].Name != "customUser:plan" {
		t.Errorf("%+v", a)
	}
	for name, want := range map[string]string{
		"customEvent:author":  "Field customEvent:author is not a valid dimension. For a list of valid dimensions and metrics, see https://developers.google.com/analytics/devguides/reporting/data/v1/realtime-api-schema ",
		"customEvent:nothing": "Field customEvent:nothing is not a valid dimension. For a list of valid dimensions and metrics, see https://developers.google.com/analytics/devguides/reporting/data/v1/realtime-api-schema ",
		"pageTitle":           "Did you mean city? Field pageTitle is not a valid dimension. For a list of valid dimensions and metrics, see https://developers.google.com/analytics/devguides/reporting/data/v1/realtime-api-schema ",
	} {
		if _, message := l.call("runRealtimeReport", `{"dimensions":[{"name":"`+name+`"}],`+users+`}`).failure(t); message != want {
			t.Errorf("%s: %q", name, message)
		}
	}
}

// Analytics 360 has more quota, and minutes 30 to 59.
func TestPremium(t *testing.T) {
	l := newCustomLab(t)
	a := l.call("runReport", quotaReport)
	for _, want := range []string{
		`"tokensPerDay":{"consumed":1,"remaining":1999999}`, `"tokensPerHour":{"consumed":1,"remaining":399999}`, `"concurrentRequests":{"consumed":0,"remaining":50}`,
		`"serverErrorsPerProjectPerHour":{"consumed":0,"remaining":50}`, `"potentiallyThresholdedRequestsPerHour":{"consumed":0,"remaining":120}`, `"tokensPerProjectPerHour":{"consumed":1,"remaining":139999}`,
	} {
		if !strings.Contains(a.body, want) {
			t.Errorf("%s has no %s", a.body, want)
		}
	}
	if r := l.do("GET", "/v1beta/properties/"+l.property, ""); !strings.Contains(r.body, `"serviceLevel": "GOOGLE_ANALYTICS_360"`) {
		t.Errorf("%s", r.body)
	}
	const hour = `{"dimensions":[{"name":"minutesAgo"}],"metrics":[{"name":"eventCount"}],"minuteRanges":[{"startMinutesAgo":59}]}`
	r := l.call("runRealtimeReport", hour)
	var answer reportAnswer
	must(t, json.Unmarshal([]byte(r.body), &answer))
	if got := column(&answer, 0); r.status != 200 || len(got) == 0 || slices.Max(got) < "30" || slices.Max(got) > "59" {
		t.Errorf("%d %v", r.status, got)
	}
	if r := l.call("runRealtimeReport", strings.Replace(hour, "59", "60", 1)); r.status != 400 {
		t.Errorf("60 minutes ago: %d", r.status)
	}
	if r := newLab(t).call("runRealtimeReport", strings.Replace(hour, "59", "30", 1)); r.status != 400 {
		t.Errorf("30 minutes ago of a standard property: %d", r.status)
	}
}
