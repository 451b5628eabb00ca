package ga4

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/internal/report"
)

// TestGooglesWordsInTheLogHoldNoCredential: Google repeats a name that it does not know,
// and a client may have written a key in the place of one.
func TestGooglesWordsInTheLogHoldNoCredential(t *testing.T) {
	for _, key := range []string{"oriel_" + strings.Repeat("k", 51), "AIzaSy" + strings.Repeat("k", 33)} {
		var log bytes.Buffer
		g := configured(t, func(w http.ResponseWriter, _ request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprintf(w, `{"error":{"code":400,"message":"Field customEvent:%s is not a valid metric.","status":"INVALID_ARGUMENT"}}`, key)
		}, func(c *Config) {
			c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		})
		_, err := g.client.Report(t.Context(), report.NewQuestion(question(0), nil))
		if text := log.String() + fmt.Sprint(err); strings.Contains(text, key) || !strings.Contains(text, "is not a valid metric") {
			t.Errorf("%s", text)
		}
	}
}
