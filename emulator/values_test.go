package emulator

import (
	"slices"
	"strings"
	"testing"
)

// Values that a client may not expect are written as they are, in all kinds of reports.
func TestOddValues(t *testing.T) {
	l := newLab(t)
	p := newPanel(l)
	odd := []string{"NaN", "Infinity", "1.5e+21", "12345678901234567890", "-0", ""}
	p.set("PUT", "/properties/"+l.property+"/values", `{"sessions":["`+strings.Join(odd, `","`)+`"],"city":["","(not set)","(other)"]}`)
	const ask = `{` + week + `,"dimensions":[{"name":"city"}],"metrics":[{"name":"eventCount"},{"name":"sessions"}],"metricAggregations":["TOTAL"]}`
	a := l.report(ask)
	if got := column(a, 2); !slices.Equal(got[:6], odd) || len(got) > 6 && got[6] != "NaN" {
		t.Errorf("sessions %v", got)
	}
	if got := column(a, 0); !slices.Equal(got[:4], []string{"", "(not set)", "(other)", ""}) || column(a, 1)[0] == "NaN" {
		t.Errorf("cities %q", got)
	}
	if total := a.Totals[0].MetricValues[1].Value; total == "NaN" {
		t.Error("totals are odd, too")
	}
	pivot := l.pivots(`{` + week + `,"dimensions":[{"name":"city"}],"metrics":[{"name":"sessions"}],"pivots":[{"fieldNames":["city"],"limit":3}]}`)
	if pivot.Rows[1].MetricValues[0].Value != "Infinity" {
		t.Errorf("%v", pivot.Rows)
	}
	if r := l.call("batchRunReports", `{"requests":[`+ask+`]}`); !strings.Contains(r.body, `{"value":"12345678901234567890"}`) {
		t.Errorf("%s", r.body)
	}
	p.set("PUT", "/properties/"+l.property+"/values", `{}`)
	if got := column(l.report(ask), 2); slices.Contains(got, "NaN") {
		t.Errorf("after the end: %v", got)
	}
	if status, _ := p.send("PUT", "/properties/999/values", `{}`); status != 400 {
		t.Errorf("%d", status)
	}
}
