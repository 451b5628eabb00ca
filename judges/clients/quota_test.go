package clients

import (
	"context"
	"net/http"
	"testing"
	"time"

	"golang.org/x/oauth2"
	data "google.golang.org/api/analyticsdata/v1beta"
	"google.golang.org/api/option"

	"github.com/oriel-server/oriel/judges/house"
)

// forgetful is a server whose answers are old at once.
const forgetful = `
cache: {intraday: 1ms, settling: 1ms, final: 1ms, stale: 1h}
views:
  shop: {property: "412600303", public: questions, fields: {allow: ["*"]}, history: {days: 4000}, origins: ["https://www.example.com"]}
`

func TestQuota(t *testing.T) {
	google := house.NewGoogle(t, smallWorld(t), nil)
	key, err := google.IssueKey(robot)
	fatal(t, err)
	program, err := house.Build(t.TempDir())
	fatal(t, err)
	server := house.Serve(t, program, house.Config{Google: google, Key: key, Rest: forgetful})
	watched := &watch{t: t}
	through, err := data.NewService(t.Context(), option.WithEndpoint(server.Public), option.WithHTTPClient(&http.Client{
		Transport: &oauth2.Transport{Source: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: tokenOf(t, server)}), Base: watched}}))
	fatal(t, err)
	direct, err := data.NewService(t.Context(), option.WithEndpoint(google.URL),
		option.WithAuthCredentialsJSON(option.ServiceAccount, key), option.WithScopes(data.AnalyticsReadonlyScope))
	fatal(t, err)
	asked := &data.RunReportRequest{Metrics: metrics("sessions"), DateRanges: days("7daysAgo", "yesterday")}
	fresh, err := through.Properties.RunReport("properties/shop", asked).Do()
	fatal(t, err)
	if stale := watched.last.Get("Oriel-Stale"); stale != "" {
		t.Fatalf("the first answer is stale for %q", stale)
	}

	t.Run("Oriel, after Google forgot its token", func(t *testing.T) {
		fatal(t, google.RevokeTokens(robot))
		again, err := through.Properties.RunReport("properties/shop", asked).Do()
		fatal(t, err)
		if stale := watched.last.Get("Oriel-Stale"); stale != "" {
			t.Errorf("the answer is stale for %q", stale)
		}
		same(t, fresh, again)
	})
	for _, category := range []bool{false, true} {
		fatal(t, google.SetQuotaLeft("412600303", category, "tokensPerHour", 0))
	}
	t.Run("Google", func(t *testing.T) {
		_, err := direct.Properties.RunReport("properties/412600303", asked).Do()
		refusal{http.StatusTooManyRequests, "RESOURCE_EXHAUSTED", "quota"}.check(t, err)
	})
	t.Run("Oriel, asked before", func(t *testing.T) {
		old, err := eventually(t.Context(), through, asked, watched)
		fatal(t, err)
		if stale := watched.last.Get("Oriel-Stale"); stale != "quota" {
			t.Errorf("Oriel-Stale is %q, want quota", stale)
		}
		same(t, fresh, old)
	})
	t.Run("Oriel, not asked before", func(t *testing.T) {
		_, err := through.Properties.RunReport("properties/shop",
			&data.RunReportRequest{Metrics: metrics("newUsers"), DateRanges: days("7daysAgo", "yesterday")}).Do()
		refusal{http.StatusTooManyRequests, "RESOURCE_EXHAUSTED", ""}.check(t, err)
		if watched.last.Get("Retry-After") == "" {
			t.Error("there is no Retry-After")
		}
	})
	t.Run("Oriel, realtime", func(t *testing.T) {
		_, err := through.Properties.RunRealtimeReport("properties/shop", &data.RunRealtimeReportRequest{Metrics: metrics("activeUsers")}).Do()
		refusal{http.StatusTooManyRequests, "RESOURCE_EXHAUSTED", ""}.check(t, err)
	})
}

// eventually asks until the answer is a stale one: the first may still be in time.
func eventually(ctx context.Context, s *data.Service, q *data.RunReportRequest, w *watch) (r *data.RunReportResponse, err error) {
	for range 3000 {
		r, err = s.Properties.RunReport("properties/shop", q).Context(ctx).Do()
		if err != nil || w.last.Get("Oriel-Stale") != "" {
			return r, err
		}
		time.Sleep(10 * time.Millisecond)
	}
	return r, err
}

func tokenOf(t *testing.T, s *house.Server) string {
	t.Helper()
	token, err := s.Token("https://www.example.com", "view=shop")
	fatal(t, err)
	return token
}
