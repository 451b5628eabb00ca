package adversary

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"testing"
	"time"
	_ "time/tzdata"
)

// firstDay is the first one that the narrow views show, in the property's time
// zone, as rows write it.
func firstDay(t testing.TB) string {
	t.Helper()
	zone, err := time.LoadLocation("Pacific/Auckland")
	must(t, err)
	return time.Now().In(zone).AddDate(0, 0, 1-historyDays).Format("20060102")
}

// A day in a row, and the figure for it, in any dialect. Universal Analytics has
// rows of 0 for days without data, which tell nothing.
var rowDay = regexp.MustCompile(`"(20\d{6})"(?:[^0-9]|date_range_\d)*?"(\d+)"`)

// noDayBefore sends an ask by day: no day before the history comes back.
func noDayBefore(a ask) func(*testing.T, *stage) {
	return func(t *testing.T, s *stage) {
		first := firstDay(t)
		got := s.do(t, a)
		if got.status >= 500 {
			t.Errorf("answered %d: %.600s", got.status, got.body)
		}
		for _, m := range rowDay.FindAllStringSubmatch(got.body, -1) {
			if m[1] < first && m[2] != "0" {
				t.Errorf("%s for %s is in the answer to %s %s, and the history begins on %s: %.300s", m[2], m[1], a.path, a.body, first, got.body)
				return
			}
		}
	}
}

// spans are what a question may say that its days are.
var spans = []struct{ name, start, end string }{
	{"thirty days", "30daysAgo", "yesterday"},
	{"all before", "38daysAgo", "20daysAgo"},
	{"ends on the day before", "38daysAgo", "10daysAgo"},
	{"begins on the day before", "10daysAgo", "today"},
	{"begins where the clock is behind", "11daysAgo", "10daysAgo"},
	{"very long ago", "99999999daysAgo", "today"},
	{"more days than fit", "999999999999999999999daysAgo", "today"},
	{"more days than fit in 64 bits, and few", "18446744073709551646daysAgo", "today"},
	{"2 to the 32, and 30", "4294967326daysAgo", "yesterday"},
	{"negative", "-30daysAgo", "today"},
	{"with a plus", "+30daysAgo", "today"},
	{"with zeros", "00000030daysAgo", "today"},
	{"Arabic digits", "٣٠daysAgo", "today"},
	{"wide digits", "３０daysAgo", "today"},
	{"other case", "30DAYSAGO", "today"},
	{"a space", " 30daysAgo", "today"},
	{"a line's end", "30daysAgo\n", "today"},
	{"a zero byte", "30daysAgo\x00", "today"},
	{"hexadecimal", "0x1EdaysAgo", "today"},
	{"an exponent", "3e1daysAgo", "today"},
	{"a fraction", "30.5daysAgo", "today"},
	{"the first year", "0001-01-01", "today"},
	{"year zero", "0000-00-00", "today"},
	{"a negative year", "-2026-01-01", "today"},
	{"the last year", "9999-12-31", "9999-12-31"},
	{"from the first to the last", "0001-01-01", "9999-12-31"},
	{"year ten thousand", "10000-01-01", "10000-01-02"},
	{"before Google Analytics", "2015-08-14", "2015-08-20"},
	{"reversed", "today", "30daysAgo"},
	{"reversed, with the start outside", "yesterday", "38daysAgo"},
	{"a day that is none", "2026-02-30", "today"},
	{"a month that is none", "2026-13-01", "today"},
	{"without dashes", "20260101", "today"},
	{"without zeros", "2026-1-1", "today"},
	{"slashes", "2026/01/01", "today"},
	{"a time", "2026-01-01T00:00:00Z", "today"},
	{"a time zone", "2026-01-01-12:00", "today"},
	{"other dashes", "2026‐01‐01", "today"},
	{"an end before history", "2020-01-01", "2020-01-02"},
	{"tomorrow", "30daysAgo", "tomorrow"},
	{"a word", "never", "always"},
	{"empty", "", ""},
	{"an empty end", "30daysAgo", ""},
	{"a range of a dashboard", "30d", "1d"},
	{"an expression", "today-30", "today"},
}

// dateAttacks ask for days outside of the history, at every endpoint.
func dateAttacks() []attack {
	var attacks []attack
	add := func(name string, of lesson, a ask) {
		attacks = append(attacks, attack{name: name, of: of, run: noDayBefore(a)})
	}
	day := `"dimensions":[{"name":"date"}],`
	for _, span := range spans {
		one := fmt.Sprintf(`{"startDate":%s,"endDate":%s}`, quoted(span.start), quoted(span.end))
		for _, view := range []string{"narrow", "strict"} {
			name := view + " " + span.name
			add("v1 "+name, dates, v1(view, day+`"dateRanges":[`+one+`]`))
			add("v1 beside a good range "+name, dates, v1(view, day+`"dateRanges":[{"startDate":"3daysAgo","endDate":"yesterday"},`+one+`]`))
			add("v1 among four "+name, dates, v1(view, day+`"dateRanges":[`+one+`,`+one+`,{"startDate":"3daysAgo","endDate":"yesterday"},`+one+`]`))
			add("batch "+name, sideEndpoints, ask{path: "/v1beta/properties/" + view + ":batchRunReports", as: token(view), body: `{"requests":[` + v1Body(day+`"dateRanges":[{"startDate":"3daysAgo","endDate":"yesterday"}]`) + `,` + v1Body(day+`"dateRanges":[`+one+`]`) + `]}`})
			add("v3 "+name, sideEndpoints, v3(view, "dimensions", "ga:date", "start-date", span.start, "end-date", span.end))
			add("v3 with empty rows "+name, sideEndpoints, v3(view, "dimensions", "ga:date", "include-empty-rows", "true", "start-date", span.start, "end-date", span.end))
			add("v4 "+name, sideEndpoints, v4(view, `,"dimensions":[{"name":"ga:date"}],"dateRanges":[`+one+`]`))
			add("v4 second range "+name, sideEndpoints, v4(view, `,"dimensions":[{"name":"ga:date"}],"dateRanges":[{"startDate":"3daysAgo","endDate":"yesterday"},`+one+`]`))
		}
		span := url.QueryEscape(span.start + ".." + span.end)
		add("dashboard "+span, sideEndpoints, ask{path: "/v1/dashboards/days?range=" + span, as: token("narrow")})
		add("page "+span, sideEndpoints, ask{path: "/embed/days?token=$TOKEN(narrow)&range=" + span})
	}
	for _, span := range []string{"38d", "1100d", "0d", "-38d", "9999999999999999999999d", "38D", "٣٨d", "38d ", "1d..38d", "38d,7d", "all", "2026-01-01", "2026-01-01..", "..2026-01-01", "%00"} {
		add("dashboard's days "+span, sideEndpoints, ask{path: "/v1/dashboards/days?range=" + url.QueryEscape(span), as: token("narrow")})
		add("page's days "+span, sideEndpoints, ask{path: "/embed/days?token=$TOKEN(narrow)&range=" + url.QueryEscape(span)})
	}
	for name, value := range map[string]string{"a number": "20260101", "a list": `["30daysAgo"]`, "null": "null", "an object": `{"year":2026,"month":1,"day":1}`, "a timestamp": "1767225600"} {
		add("v1 days "+name, dates, v1("narrow", day+`"dateRanges":[{"startDate":`+value+`,"endDate":"today"}]`))
	}
	return append(attacks,
		attack{name: "no range", of: dates, run: noDayBefore(v1("narrow", day+`"dateRanges":[]`))},
		attack{name: "ranges that are null", of: dates, run: noDayBefore(v1("narrow", day+`"dateRanges":null`))},
		attack{name: "ranges given twice", of: dates, run: noDayBefore(v1("narrow", day+`"dateRanges":[{"startDate":"3daysAgo","endDate":"today"}],"date_ranges":[{"startDate":"30daysAgo","endDate":"today"}]`))},
		attack{name: "a start given twice", of: dates, run: noDayBefore(v1("narrow", day+`"dateRanges":[{"startDate":"3daysAgo","start_date":"30daysAgo","endDate":"today"}]`))},
		attack{name: "outside, refused where the view says so", of: dates, ask: v1("strict", day+`"dateRanges":[{"startDate":"30daysAgo","endDate":"today"}]`), want: refused},
		attack{name: "outside, refused in v3 where the view says so", of: sideEndpoints, ask: v3("strict", "start-date", "30daysAgo"), want: refused},
		attack{name: "outside, refused in v4 where the view says so", of: sideEndpoints, ask: v4("strict", `,"dateRanges":[{"startDate":"30daysAgo","endDate":"today"}]`), want: refused},
		attack{name: "all of the history, to its first day", of: dates, run: wholeHistory},
		attack{name: "the shop has days before", of: dates, run: olderDays},
	)
}

func quoted(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings always marshal
	}
	return string(text)
}

// days returns the days of a report, first to last.
func (s *stage) days(t *testing.T, view string) []string {
	t.Helper()
	a := s.do(t, v1(view, `"dimensions":[{"name":"date"}],"dateRanges":[{"startDate":"35daysAgo","endDate":"today"}]`))
	if a.status != http.StatusOK {
		t.Fatalf("%d %.300s", a.status, a.body)
	}
	var days []string
	for _, row := range rowsOf(t, a.body) {
		days = append(days, row[0])
	}
	slices.Sort(days)
	return days
}

// The first day is the property's, which is a day ahead of UTC for most of it.
func wholeHistory(t *testing.T, s *stage) {
	first := firstDay(t)
	if days := s.days(t, "narrow"); len(days) < historyDays-1 || days[0] != first {
		t.Errorf("the days are %v, and the history begins on %s", days, first)
	}
}

func olderDays(t *testing.T, s *stage) {
	if days := s.days(t, "shop"); days[0] >= firstDay(t) {
		t.Errorf("the shop's days begin on %s: nothing is hidden", days[0])
	}
}
