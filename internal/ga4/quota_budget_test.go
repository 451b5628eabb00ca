package ga4

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/internal/report"
)

// TestTooLargeResponsesAreSpent: Google charges a response that is too large to be read, so free
// questions that cause them end the public's budget.
func TestTooLargeResponsesAreSpent(t *testing.T) {
	g := configured(t, func(w http.ResponseWriter, _ request) { _, _ = io.WriteString(w, "{"+strings.Repeat(" ", 2000)) },
		func(c *Config) { c.MaxAnswerBytes, c.PublicTokens = 1000, map[string]int64{"123456": 200} })
	for i, want := range []report.Kind{report.TooLarge, report.TooLarge, report.Quota} {
		_, err := g.client.Report(t.Context(), report.NewQuestion(question(i), nil).Ranked(report.Rank{Class: report.PublicQuestion}))
		if report.KindOf(err) != want {
			t.Errorf("question %d: %v, want %s", i, err, want)
		}
	}
}
