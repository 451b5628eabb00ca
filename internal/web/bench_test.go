package web

import (
	"bytes"
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

// BenchmarkServeReport is the server's own work for a report that was asked for
// before, without connection and net/http; internal/app measures the whole road.
func BenchmarkServeReport(b *testing.B) {
	s := newSite(b, func(c *Config) {
		c.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
		c.Limits.Requests, c.Limits.View = Pace{1e9, 1 << 30}, Pace{1e9, 1 << 30}
	})
	answer := s.report()
	answer.Body = rows(35)
	s.source.answer = func(context.Context, report.Query) (*report.Report, error) { return answer, nil }
	body := bytes.NewReader([]byte(runReport))
	r := httptest.NewRequest("POST", "/v1/views/shop:runReport", nil)
	r.Body, r.ContentLength = io.NopCloser(body), int64(len(runReport))
	r.Header.Set("Origin", shopOrigin)
	r.Header.Set("Authorization", strings.TrimPrefix(bearing(s.token("shop")), "Authorization: "))
	for _, encoding := range []string{"", "gzip"} {
		b.Run("encoding="+encoding, func(b *testing.B) {
			r.Header.Set("Accept-Encoding", encoding)
			b.ReportAllocs()
			for b.Loop() {
				body.Reset([]byte(runReport))
				w := nowhere{header: http.Header{}}
				s.server.Handler().ServeHTTP(&w, r)
				if w.code != http.StatusOK {
					b.Fatal(w.code)
				}
				s.source.queries = s.source.queries[:0]
			}
		})
	}
}

// nowhere is where answers cost nothing.
type nowhere struct {
	header http.Header
	code   int
}

func (n *nowhere) Header() http.Header         { return n.header }
func (n *nowhere) WriteHeader(code int)        { n.code = code }
func (n *nowhere) Write(b []byte) (int, error) { return len(b), nil }

func rows(n int) []byte {
	row := `{"dimensionValues":[{"value":"A page's title"}],"metricValues":[{"value":"1234"}]}`
	return []byte(`{"rows":[` + strings.TrimSuffix(strings.Repeat(row+",", n), ",") + `],"rowCount":` + strconv.Itoa(n) + `}`)
}

// BenchmarkReading shows what the memory of questions earns: a body that was read
// before, and one that was not.
func BenchmarkReading(b *testing.B) {
	body := []byte(oftenAsked)
	for _, newParsedQueries := range []bool{true, false} {
		b.Run(map[bool]string{true: "remembered", false: "new"}[newParsedQueries], func(b *testing.B) {
			m := newQueryCache(defaultQueryCache)
			b.ReportAllocs()
			for b.Loop() {
				if !newParsedQueries {
					b.StopTimer()
					m.entries.InvalidateAll()
					b.StartTimer()
				}
				if _, err := m.body("runReport", body, one(report.DecodeRunReport)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
