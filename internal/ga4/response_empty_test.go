package ga4

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/internal/report"
)

const (
	meta  = `"metadata":{"currencyCode":"EUR","timeZone":"Europe/Berlin"},"kind":"analyticsData#runReport"`
	names = `"dimensionHeaders":[{"name":"city"}],"metricHeaders":[{"name":"sessions","type":"TYPE_INTEGER"}]`
)

// cities is a question with a dimension.
func cities() report.Query {
	q := question(0)
	q.Dimensions = []report.Dimension{{Name: "city"}}
	return q
}

func compared(q report.Query) report.Query {
	q.DateRanges = []report.DateRange{{StartDate: "2026-01-02", EndDate: "2026-01-02"}, {StartDate: "2026-01-01", EndDate: "2026-01-01"}}
	return q
}

func live(q report.Query) report.Query {
	q.Realtime, q.DateRanges = true, nil
	return q
}

// TestEmptyAnswers: an answer about nothing is an answer, and passes as Google
// wrote it. Source: recorded answers of the Data API.
func TestEmptyAnswers(t *testing.T) {
	for body, q := range map[string]report.Query{
		`{"kind":"analyticsData#runRealtimeReport"}`: live(question(0)),
		`{` + meta + `}`: question(0),
		`{"totals":[{}],"maximums":[{}],"minimums":[{}],` + meta + `}`:                             question(0),
		`{"totals":[{},{}],` + meta + `}`:                                                          compared(question(0)),
		`{"dimensionHeaders":[{"name":"dateRange"}],` + meta + `}`:                                 compared(question(0)),
		`{` + names + `,` + meta + `}`:                                                             cities(),
		`{` + names + `,"totals":[{}],` + meta + `}`:                                               cities(),
		`{` + names + `,"totals":[{},{"metricValues":[{"value":"7"}]}],` + meta + `}`:              compared(cities()),
		`{` + names + `,"totals":[{"metricValues":[{"value":"7"}]},{}],"rowCount":9,` + meta + `}`: compared(cities()),
		`{"dimensionHeaders":[{"name":"city"}],"metadata":{"emptyReason":"NO_DATA"},"kind":"analyticsData#runReport"}`: func() report.Query {
			q := cities()
			q.Metrics = nil
			return q
		}(),
	} {
		g := newGoogle(t, func(w http.ResponseWriter, _ request) { _, _ = io.WriteString(w, body) })
		r, err := g.client.Report(t.Context(), report.NewQuestion(q, nil))
		if err != nil {
			t.Errorf("%s: %v", body, report.AsError(err).Err)
			continue
		}
		if string(r.Body) != body || r.Rows != 0 {
			t.Errorf("%s became %s of %d rows", body, r.Body, r.Rows)
		}
	}
}

// TestAnswersThatOnlySeemEmpty: what does not say that it is a report is none, and
// rows without values are not nothing.
func TestAnswersThatOnlySeemEmpty(t *testing.T) {
	for _, body := range []string{
		`{}`, `{"metadata":{}}`, `{"kind":"analyticsAdmin#x"}`, `{"kind":"","rows":[]}`,
		`{"rows":[{}],` + meta + `}`, `{"rowCount":3,` + meta + `}`,
		`{"totals":[{"metricValues":[{"value":"1"}]}],` + meta + `}`,
		`{` + names + `,"rows":[{"dimensionValues":[{"value":"x"}]}],"rowCount":1,` + meta + `}`,
		`{` + names + `,"rows":[{"dimensionValues":[{"value":"x"}],"metricValues":[{"value":"1"}]},{}],"rowCount":2,` + meta + `}`,
		`{` + names + `,"totals":[{"metricValues":[{"value":"1"},{"value":"2"}]}],` + meta + `}`,
	} {
		g := newGoogle(t, func(w http.ResponseWriter, _ request) { _, _ = io.WriteString(w, body) })
		if r, err := g.client.Report(t.Context(), report.NewQuestion(cities(), nil)); report.KindOf(err) != report.Unavailable {
			t.Errorf("%s: got %+v, %v", body, r, err)
		}
	}
}

// TestEmptyAnswersInABatch: an answer without headers can stand where one may be
// empty so, and nowhere else.
func TestEmptyAnswersInABatch(t *testing.T) {
	empty, none := `{`+meta+`}`, `{`+names+`,`+meta+`}`
	for name, tt := range map[string]struct {
		reports [2]string
		alone   bool
	}{
		"in their places":          {[2]string{empty, none}, false},
		"changed places":           {[2]string{none, empty}, true},
		"headers for a number":     {[2]string{none, none}, true},
		"dimensions without names": {[2]string{empty, empty}, true},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGoogle(t, func(w http.ResponseWriter, r request) {
				switch {
				case r.method == "batchRunReports":
					fmt.Fprintf(w, `{"reports":[%s,%s]}`, tt.reports[0], tt.reports[1])
				case strings.Contains(string(r.body), "city"):
					_, _ = io.WriteString(w, none)
				default:
					_, _ = io.WriteString(w, empty)
				}
			})
			jobs := []*job{
				{ctx: t.Context(), query: question(0), done: make(chan answer, 1)},
				{ctx: t.Context(), query: cities(), done: make(chan answer, 1)},
			}
			g.client.runBatch(jobs)
			for i, want := range []string{empty, none} {
				if a := <-jobs[i].done; a.err != nil || string(a.report.Body) != want {
					t.Errorf("report %d: %+v, want %s", i, a, want)
				}
			}
			if n := len(g.seen()); n != map[bool]int{false: 1, true: 3}[tt.alone] {
				t.Errorf("Google was asked %d times", n)
			}
		})
	}
}

// TestZoneOfAQuietProperty: without the Admin API a report tells the time zone, on
// a day without visitors too.
func TestZoneOfAQuietProperty(t *testing.T) {
	g := newGoogle(t, func(w http.ResponseWriter, r request) {
		if strings.HasPrefix(r.method, "admin/") {
			writeError(w, 403, "PERMISSION_DENIED", "has not been used", "SERVICE_DISABLED")
			return
		}
		_, _ = io.WriteString(w, `{"metadata":{"timeZone":"Pacific/Apia"},"kind":"analyticsData#runReport"}`)
	})
	p, err := g.client.Property(t.Context(), "main", "123456")
	if err != nil || p.TimeZone.String() != "Pacific/Apia" || p.CurrencyCode != "" {
		t.Errorf("got %+v, %v", p, err)
	}
}

// TestWhatGoogleLeavesOut: a list that is absent has nothing in it.
func TestWhatGoogleLeavesOut(t *testing.T) {
	g := newGoogle(t, func(w http.ResponseWriter, r request) {
		switch r.method {
		case "data/v1beta/properties/123456/metadata":
			_, _ = io.WriteString(w, `{"name":"properties/123456/metadata","dimensions":[{"apiName":"city"}]}`)
		case "runReport":
			_, _ = io.WriteString(w, `{"metadata":{"timeZone":"UTC"},"kind":"analyticsData#runReport"}`)
		case "admin/v1beta/accountSummaries":
			_, _ = io.WriteString(w, `{}`)
		}
	})
	if f, err := g.client.Fields(t.Context(), "main", "123456"); err != nil || len(f.Dimensions) != 1 || len(f.Metrics) != 0 {
		t.Errorf("fields without metrics: %+v, %v", f, err)
	}
	if p, err := g.client.Property(t.Context(), "main", "123456"); err != nil || p.CurrencyCode != "" {
		t.Errorf("a property without currency: %+v, %v", p, err)
	}
	if all, err := g.client.AccountSummaries(t.Context(), "main"); err != nil || len(all) != 0 {
		t.Errorf("an account that reads nothing: %+v, %v", all, err)
	}
}
