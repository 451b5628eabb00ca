package clients

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
	data "google.golang.org/api/analyticsdata/v1beta"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
)

// refusal is what a test wants to be told.
type refusal struct {
	code    int
	status  string
	message string // a part of it
}

// check fails the test unless err is Google's error with that code, status and
// message.
func (want refusal) check(t *testing.T, err error) {
	t.Helper()
	var got *googleapi.Error
	if !errors.As(err, &got) {
		t.Fatalf("got %v, want an error of the API, %d %s", err, want.code, want.status)
	}
	var body struct {
		Error struct {
			Code    int    `json:"code"`
			Status  string `json:"status"`
			Message string `json:"message"`
		} `json:"error"`
	}
	if err := json.Unmarshal([]byte(got.Body), &body); err != nil {
		t.Fatalf("the body is not an envelope: %v\n%s", err, got.Body)
	}
	if got.Code != want.code || body.Error.Code != want.code || body.Error.Status != want.status || got.Message != body.Error.Message {
		t.Errorf("got %d %s, want %d %s\n%s", got.Code, body.Error.Status, want.code, want.status, got.Body)
	}
	if !strings.Contains(got.Message, want.message) {
		t.Errorf("got the message %q, want one with %q", got.Message, want.message)
	}
}

func run7days(s side, property string, change func(*data.RunReportRequest)) error {
	q := &data.RunReportRequest{Metrics: metrics("sessions"), DateRanges: days("7daysAgo", "yesterday")}
	if change != nil {
		change(q)
	}
	_, err := s.data.Properties.RunReport(property, q).Do()
	return err
}

func TestWrongQuestions(t *testing.T) {
	sides := map[string]side{"Google": google(t), "Oriel": oriel(t, "shop")}
	for _, tt := range []struct {
		name, message string
		change        func(*data.RunReportRequest)
	}{
		{"unknown metric", "noSuchMetric", func(q *data.RunReportRequest) { q.Metrics = metrics("noSuchMetric") }},
		{"unknown dimension", "noSuchDimension", func(q *data.RunReportRequest) { q.Dimensions = dimensions("noSuchDimension") }},
		{"unknown field in a filter", "noSuchField", func(q *data.RunReportRequest) { q.DimensionFilter = is("noSuchField", "x") }},
		{"no date range", "", func(q *data.RunReportRequest) { q.DateRanges = nil }},
		{"date range reversed", "", func(q *data.RunReportRequest) { q.DateRanges = days("yesterday", "7daysAgo") }},
		{"no date", "", func(q *data.RunReportRequest) { q.DateRanges = days("soon", "later") }},
		{"ten metrics too many", "", func(q *data.RunReportRequest) {
			q.Metrics = metrics("sessions", "totalUsers", "newUsers", "activeUsers", "bounceRate", "eventCount", "screenPageViews",
				"engagementRate", "engagedSessions", "averageSessionDuration", "sessionsPerUser")
		}},
		{"order by what was not asked", "", func(q *data.RunReportRequest) {
			q.OrderBys = []*data.OrderBy{{Metric: &data.MetricOrderBy{MetricName: "totalUsers"}}}
		}},
		{"bad regular expression", "", func(q *data.RunReportRequest) {
			q.Dimensions = dimensions("country")
			q.DimensionFilter = where(&data.Filter{FieldName: "country", StringFilter: &data.StringFilter{MatchType: "FULL_REGEXP", Value: "("}})
		}},
	} {
		for name, s := range sides {
			t.Run(tt.name+"/"+name, func(t *testing.T) {
				refusal{http.StatusBadRequest, "INVALID_ARGUMENT", tt.message}.check(t, run7days(s, s.property("shop"), tt.change))
			})
		}
	}
}

func TestNoPermission(t *testing.T) {
	t.Run("Google", func(t *testing.T) {
		const access = "/accounts/" + account + "/properties/412600301"
		steered(t, "PUT", access, `{"access": false}`, "PUT", access, `{"access": true}`)
		s := google(t)
		want := refusal{http.StatusForbidden, "PERMISSION_DENIED", "sufficient permissions for this property"}
		want.check(t, run7days(s, s.property("archive"), nil))
		want.check(t, run7days(s, "properties/1", nil))
	})
	t.Run("Oriel", func(t *testing.T) {
		s := oriel(t, "shop")
		for _, property := range []string{"properties/archive", "properties/" + views["archive"], "properties/1", "properties/nothing"} {
			refusal{code: http.StatusForbidden, status: "PERMISSION_DENIED"}.check(t, run7days(s, property, nil))
		}
	})
}

func TestBadTokens(t *testing.T) {
	good := embedToken(t, "shop")
	for name, token := range map[string]string{
		"garbage":      "garbage",
		"Google's":     "ya29.c.looks-like-one-of-google",
		"cut":          good[:len(good)-3],
		"unsigned":     resigned(t, good, nil, func(map[string]any) {}),
		"wrongly":      resigned(t, good, []byte("not the key of the demo's Oriel"), func(map[string]any) {}),
		"expired":      resigned(t, good, signingKey(t), func(c map[string]any) { c["exp"], c["iat"] = ago(time.Minute), ago(5*time.Minute) }),
		"never ending": resigned(t, good, signingKey(t), func(c map[string]any) { delete(c, "exp") }),
		"too long":     resigned(t, good, signingKey(t), func(c map[string]any) { c["exp"] = ago(-48 * time.Hour) }),
		"other's":      resigned(t, good, signingKey(t), func(c map[string]any) { c["aud"] = "somebody" }),
	} {
		t.Run(name, func(t *testing.T) {
			message := "embed token"
			if name == "expired" {
				message = "has expired"
			}
			refusal{http.StatusUnauthorized, "UNAUTHENTICATED", message}.check(t, run7days(orielWith(t, token), "properties/shop", nil))
		})
	}
	t.Run("resigned with the right key", func(t *testing.T) {
		token := resigned(t, good, signingKey(t), func(map[string]any) {})
		if err := run7days(orielWith(t, token), "properties/shop", nil); err != nil {
			t.Errorf("so the refusals above prove nothing: %v", err)
		}
	})
	t.Run("Google", func(t *testing.T) {
		s := newSide(t, nil, option.WithEndpoint(demo.Emulator),
			option.WithTokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "garbage"})))
		refusal{http.StatusUnauthorized, "UNAUTHENTICATED", "invalid authentication credentials"}.check(t, run7days(s, "properties/412600303", nil))
	})
}

func ago(d time.Duration) int64 { return time.Now().Add(-d).Unix() }

// signingKey reads the key that the demo's Oriel signs with.
func signingKey(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(filepath.Dir(demo.Config), "oriel-keys.json"))
	fatal(t, err)
	var file struct {
		Keys []struct {
			Secret []byte `json:"secret"`
		} `json:"keys"`
	}
	fatal(t, json.Unmarshal(b, &file))
	return file.Keys[0].Secret
}

// resigned changes the claims of an embed token and signs it with a key; without
// one it says alg: none.
func resigned(t *testing.T, token string, key []byte, change func(claims map[string]any)) string {
	t.Helper()
	parts := strings.Split(token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	fatal(t, err)
	var claims map[string]any
	fatal(t, json.Unmarshal(raw, &claims))
	change(claims)
	raw, err = json.Marshal(claims)
	fatal(t, err)
	if key == nil {
		head := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"oriel-embed+jwt"}`))
		return head + "." + base64.RawURLEncoding.EncodeToString(raw) + "."
	}
	signed := parts[0] + "." + base64.RawURLEncoding.EncodeToString(raw)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
