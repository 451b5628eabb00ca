package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/internal/report"
)

// BenchmarkServeReport is the server's own work for a report that needs no asking
// of Google, without client and connection; internal/app measures the whole road.
func BenchmarkServeReport(b *testing.B) {
	s := newSite(b, func(c *Config) { c.Logger = slog.New(slog.NewJSONHandler(io.Discard, nil)) })
	answer := s.report()
	answer.Body = rows(100)
	s.source.answer = func(context.Context, report.Query) (*report.Report, error) { return answer, nil }
	token := strings.TrimPrefix(bearing(s.token("shop")), "Authorization: ")
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest("POST", "/v1/views/shop:runReport", strings.NewReader(runReport))
		r.Header.Set("Authorization", token)
		w := httptest.NewRecorder()
		s.server.Handler().ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatal(w.Code, w.Body)
		}
		s.source.queries = nil
	}
}

func rows(n int) []byte {
	row := `{"dimensionValues":[{"value":"A page's title"}],"metricValues":[{"value":"1234"}]}`
	return []byte(`{"rows":[` + strings.TrimSuffix(strings.Repeat(row+",", n), ",") + `],"rowCount":` + strconv.Itoa(n) + `}`)
}
