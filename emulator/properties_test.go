package emulator

import (
	"slices"
	"strings"
	"testing"
)

// A changed time zone moves days, and everything that names it says the new one.
func TestChangedTimeZoneAndCurrency(t *testing.T) {
	l := newLab(t)
	p := newPanel(l)
	const today = `{"dateRanges":[{"startDate":"today","endDate":"today"}],"dimensions":[{"name":"date"}],"metrics":[{"name":"eventCount"}]}`
	before := l.report(today)
	p.set("PUT", "/properties/"+l.property, `{"timeZone":"Pacific/Apia","currencyCode":"JPY"}`)
	after := l.report(today)
	if got := column(after, 0); !slices.Equal(got, []string{"20261119"}) || !slices.Equal(column(before, 0), []string{"20261118"}) {
		t.Errorf("today is %v, and was %v", got, column(before, 0))
	}
	if m := after.Metadata; m.TimeZone != "Pacific/Apia" || m.CurrencyCode != "JPY" {
		t.Errorf("%+v", m)
	}
	if r := l.do("GET", "/v1beta/properties/"+l.property, ""); !strings.Contains(r.body, `"timeZone": "Pacific/Apia"`) || !strings.Contains(r.body, `"currencyCode": "JPY"`) {
		t.Errorf("%s", r.body)
	}
	p.set("POST", "/reset", "")
	if m := l.report(today).Metadata; m.TimeZone != "America/New_York" || m.CurrencyCode != "USD" {
		t.Errorf("after reset %+v", m)
	}
	for _, bad := range [][2]string{{"/properties/999", `{}`}, {"/properties/" + l.property, `{"timeZone":"Mars/Olympus"}`}, {"/properties/" + l.property, `{"currencyCode":"euro"}`}} {
		if status, _ := p.send("PUT", bad[0], bad[1]); status != 400 {
			t.Errorf("%v: %d", bad, status)
		}
	}
}

func TestAddedProperties(t *testing.T) {
	l := newLab(t)
	p := newPanel(l)
	p.set("POST", "/properties", `{"property":"77","empty":true,"timeZone":"Europe/Berlin","displayName":"Quiet"}`)
	p.set("POST", "/properties", `{"property":"78","days":1,"profile":"shop"}`)
	if r := l.do("GET", "/v1beta/accountSummaries", ""); !strings.Contains(r.body, `"displayName": "Quiet"`) {
		t.Errorf("%s", r.body)
	}
	ask := func(property string) string {
		return l.do("POST", "/v1beta/properties/"+property+":runReport?prettyPrint=false", `{"dateRanges":[{"startDate":"30daysAgo","endDate":"today"}],"dimensions":[{"name":"date"}],`+users+`}`).body
	}
	if got := ask("77"); strings.Contains(got, `"rows"`) || !strings.Contains(got, "Europe/Berlin") {
		t.Errorf("%s", got)
	}
	if got := ask("78"); !strings.Contains(got, `"rowCount":2,`) {
		t.Errorf("%s", got)
	}
	p.set("POST", "/properties", `{"property":"80","days":7,"custom":[{"name":"customEvent:author","label":"Author","values":["Ada","Ben"],"event":"page_view"},
		{"name":"customEvent:reading_time","label":"Reading time","type":"TYPE_SECONDS"},
		{"name":"calcMetric:perView","label":"Per view","type":"TYPE_FLOAT","expression":"customEvent:reading_time / screenPageViews"}]}`)
	r := l.do("POST", "/v1beta/properties/80:runReport?prettyPrint=false",
		`{"dateRanges":[{"startDate":"7daysAgo","endDate":"today"}],"dimensions":[{"name":"customEvent:author"}],"metrics":[{"name":"customEvent:reading_time"},{"name":"calcMetric:perView"}]}`)
	if !strings.Contains(r.body, `{"value":"Ada"}`) || !strings.Contains(r.body, `"TYPE_SECONDS"`) {
		t.Errorf("%s", r.body)
	}
	for _, bad := range []string{`{"property":"81","custom":[{"name":"author"}]}`, `{"property":"81","custom":[{"colour":"blue"}]}`, `{"property":"77"}`, `{"property":"x"}`, `{"property":"79","profile":"bazaar"}`, `{"property":"79","days":99}`} {
		if status, _ := p.send("POST", "/properties", bad); status != 400 {
			t.Errorf("%s: %d", bad, status)
		}
	}
}
