package clients

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/auth"
	"cloud.google.com/go/auth/credentials"
	data "google.golang.org/api/analyticsdata/v1beta"

	"github.com/oriel-server/oriel/emulator/world"
	"github.com/oriel-server/oriel/judges/house"
)

func smallWorld(t *testing.T) *world.World {
	t.Helper()
	w, err := world.New(world.Config{Seed: 7, Now: time.Now(), Days: 40, Events: 20_000})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

const (
	platformScope = "https://www.googleapis.com/auth/cloud-platform"
	robot         = "robot@judge-project.iam.gserviceaccount.com"
)

// issueAll issues one file of every kind that the emulator knows.
func issueAll(t *testing.T, g *house.Google) map[credentials.CredType][]byte {
	t.Helper()
	key, err := g.IssueKey(robot)
	fatal(t, err)
	user, err := g.IssueAuthorizedUser("ann@example.com")
	fatal(t, err)
	impersonated, err := g.IssueImpersonated(key, "target@judge-project.iam.gserviceaccount.com")
	fatal(t, err)
	subject := filepath.Join(t.TempDir(), "subject-token")
	federated, token, err := g.IssueFederated(subject, "federated@judge-project.iam.gserviceaccount.com")
	fatal(t, err)
	fatal(t, os.WriteFile(subject, []byte(token), 0o600))
	return map[credentials.CredType][]byte{
		credentials.ServiceAccount: key, credentials.AuthorizedUser: user,
		credentials.ImpersonatedServiceAccount: impersonated, credentials.ExternalAccount: federated,
	}
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// detect makes credentials of a file as a program on Google Cloud does. tokenURL is
// where authorized users refresh: their files do not say.
func detect(t *testing.T, kind credentials.CredType, file []byte, tokenURL string, scopes ...string) *auth.Credentials {
	t.Helper()
	c, err := credentials.NewCredentialsFromJSON(kind, file, &credentials.DetectOptions{Scopes: scopes, TokenURL: tokenURL})
	fatal(t, err)
	return c
}

// summariesWith asks the Admin API with an access token.
func summariesWith(t *testing.T, g *house.Google, token string) (code int) {
	t.Helper()
	req, err := http.NewRequest("GET", g.URL+"/v1beta/accountSummaries", nil)
	fatal(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	fatal(t, err)
	res.Body.Close()
	return res.StatusCode
}

func TestAuth(t *testing.T) {
	google := house.NewGoogle(t, smallWorld(t), nil)
	for kind, file := range issueAll(t, google) {
		t.Run(string(kind), func(t *testing.T) {
			tokenURL := ""
			if kind == credentials.AuthorizedUser {
				tokenURL = google.URL + "/token"
			}
			token, err := detect(t, kind, file, tokenURL, data.AnalyticsReadonlyScope).Token(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if life := time.Until(token.Expiry); life < 10*time.Minute || life > time.Hour {
				t.Errorf("it lives for %v", life)
			}
			if token.Type != "Bearer" || !strings.HasPrefix(token.Value, "ya29.") {
				t.Errorf("it is a %s that begins with %.5s", token.Type, token.Value)
			}
			if code := summariesWith(t, google, token.Value); code != http.StatusOK {
				t.Errorf("the Admin API answered %d", code)
			}
		})
	}
}

func disableKey(t *testing.T, g *house.Google, file []byte) {
	t.Helper()
	var key struct {
		ID string `json:"private_key_id"`
	}
	fatal(t, json.Unmarshal(file, &key))
	fatal(t, g.SetKeyDisabled(key.ID, true))
}

func TestAuthRefusals(t *testing.T) {
	google := house.NewGoogle(t, smallWorld(t), nil)
	key, err := google.IssueKey(robot)
	fatal(t, err)
	other, err := google.IssueKey("other@judge-project.iam.gserviceaccount.com")
	fatal(t, err)
	for _, tt := range []struct {
		name, want string
		code       int
		file       []byte
		scope      string
		before     func()
	}{
		{"foreign e-mail", "invalid_grant", 400, []byte(strings.Replace(string(other), "other@", "robot@", 1)), data.AnalyticsReadonlyScope, nil},
		{"unknown account", "invalid_grant", 400, []byte(strings.Replace(string(key), "robot@", "nobody@", 1)), data.AnalyticsReadonlyScope, nil},
		{"disabled key", "invalid_grant", 400, other, data.AnalyticsReadonlyScope, func() { disableKey(t, google, other) }},
		{"revoked", "invalid_grant", 400, key, data.AnalyticsReadonlyScope, func() { fatal(t, google.RevokeAccount(robot)) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.before != nil {
				tt.before()
			}
			_, err := detect(t, credentials.ServiceAccount, tt.file, "", tt.scope).Token(t.Context())
			var refused *auth.Error
			if !errors.As(err, &refused) || refused.Response.StatusCode != tt.code || !strings.Contains(string(refused.Body), tt.want) {
				t.Errorf("got %v, want %d %s", err, tt.code, tt.want)
			}
		})
	}
}

// A token of another scope is good, but not for reports.
func TestAuthScope(t *testing.T) {
	google := house.NewGoogle(t, smallWorld(t), nil)
	key, err := google.IssueKey(robot)
	fatal(t, err)
	token, err := detect(t, credentials.ServiceAccount, key, "", platformScope).Token(t.Context())
	fatal(t, err)
	if code := summariesWith(t, google, token.Value); code != http.StatusForbidden {
		t.Errorf("the Admin API answered %d to a token of cloud-platform, want 403", code)
	}
}
