package ga4

import (
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// mostRows is an answer with as many rows as Google gives, of dimensions and metrics.
func mostRows(dimensions, metrics int) []byte {
	var b strings.Builder
	b.WriteString(`{"dimensionHeaders":[` + strings.TrimSuffix(strings.Repeat(`{"name":"pagePath"},`, dimensions), ",") + `],"metricHeaders":[` +
		strings.TrimSuffix(strings.Repeat(`{"name":"sessions","type":"TYPE_INTEGER"},`, metrics), ",") + `],"rows":[`)
	for i := range report.MaxLimit {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`{"dimensionValues":[`)
		for d := range dimensions {
			fmt.Fprintf(&b, `{"value":"/some/longer/path/to/a/page/%d/%d"}%s`, i, d, comma(d, dimensions))
		}
		b.WriteString(`],"metricValues":[`)
		for m := range metrics {
			fmt.Fprintf(&b, `{"value":"%d"}%s`, i+m, comma(m, metrics))
		}
		b.WriteString(`]}`)
	}
	fmt.Fprintf(&b, `],"rowCount":%d,"metadata":{"currencyCode":"EUR","timeZone":"UTC"},"kind":"analyticsData#runReport"}`, report.MaxLimit)
	return []byte(b.String())
}

func comma(i, n int) string {
	if i == n-1 {
		return ""
	}
	return ","
}

// TestLargeAnswers are read one at a time, and all are: also behind one that is too
// large.
func TestLargeAnswers(t *testing.T) {
	body := mostRows(1, 1) // some 25 MB
	g := configured(t, func(w http.ResponseWriter, r request) {
		_, _ = w.Write(body)
		if strings.Contains(string(r.body), `"offset":"1"`) {
			_, _ = w.Write(make([]byte, 8<<20))
		}
	}, func(c *Config) { c.MaxAnswerBytes = int64(len(body)) })
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			q := question(i)
			q.Property, q.Offset = strconv.Itoa(100+i), report.Int64(i)
			q.Dimensions, q.Metrics = []report.Dimension{{Name: "pagePath"}}, []report.Metric{{Name: "sessions"}}
			r, err := g.client.Report(t.Context(), report.NewQuestion(q, nil))
			switch {
			case i == 1:
				if report.KindOf(err) != report.TooLarge {
					t.Errorf("too large: %v", err)
				}
			case err != nil:
				t.Errorf("%d: %v", i, err)
			case r.Rows != report.MaxLimit || r.RowCount != report.MaxLimit:
				t.Errorf("%d: %d rows of %d", i, r.Rows, r.RowCount)
			}
		})
	}
	wg.Wait()
	if len(g.client.large) != 0 {
		t.Error("an answer that was read holds the others up")
	}
}

// BenchmarkMostRows reads the largest answers that Google gives.
func BenchmarkMostRows(b *testing.B) {
	for _, size := range []struct{ dimensions, metrics int }{{1, 2}, {3, 3}, {9, 10}} {
		b.Run(fmt.Sprintf("%d+%d", size.dimensions, size.metrics), func(b *testing.B) {
			body := mostRows(size.dimensions, size.metrics)
			q := question(0)
			q.Dimensions = make([]report.Dimension, size.dimensions)
			q.Metrics = make([]report.Metric, size.metrics)
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			b.ReportMetric(float64(len(body))/(1<<20), "MiB")
			for b.Loop() {
				var w reportResponse
				if err := json.Unmarshal(body, &w); err != nil {
					b.Fatal(err)
				}
				r, err := w.report(q, noon)
				if err != nil || r.Rows != report.MaxLimit {
					b.Fatal(r, err)
				}
				runtime.KeepAlive(r)
			}
		})
	}
}

// TestWaitingForALargeAnswer: that another property's answer is still being read says
// nothing about Google, nor about the property that waits.
func TestWaitingForALargeAnswer(t *testing.T) {
	body := mostRows(1, 1)
	g := configured(t, func(w http.ResponseWriter, _ request) { _, _ = w.Write(body) }, func(c *Config) { c.Timeout = 5 * time.Second })
	g.client.large <- struct{}{} // the other one's
	var wg sync.WaitGroup
	for i := range tripAfter {
		wg.Go(func() {
			q := question(i)
			q.Dimensions = []report.Dimension{{Name: "pagePath"}}
			if _, err := g.client.Report(t.Context(), report.NewQuestion(q, nil)); report.KindOf(err) != report.Unavailable || strings.Contains(report.AsError(err).Err.Error(), "Google did not answer") {
				t.Errorf("%v", err)
			}
		})
	}
	wg.Wait()
	if troubles := g.client.Incidents(); len(troubles) != 0 {
		t.Errorf("%+v", troubles)
	}
}
