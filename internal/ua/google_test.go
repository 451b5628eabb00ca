package ua_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/oriel-server/oriel/emulator"
	"github.com/oriel-server/oriel/emulator/world"
	"github.com/oriel-server/oriel/internal/report"
)

// now is in the middle of a day in New York.
var now = time.Date(2026, time.November, 18, 20, 30, 0, 0, time.UTC)

// A google is the emulator behind a listener, and an access token for it.
type google struct {
	url, token string
	site       world.Site
	world      *world.World
}

func newGoogle(t *testing.T) *google {
	t.Helper()
	w, err := world.New(world.Config{Seed: 11, Now: now, Days: 40, Events: 15_000})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(nil)
	g := &google{url: "http://" + srv.Listener.Addr().String(), site: w.Sites()[0], world: w}
	e, err := emulator.New(emulator.Config{World: w, BaseURL: g.url, Clock: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	srv.Config.Handler = e.Handler()
	srv.Start()
	t.Cleanup(srv.Close)
	file, err := e.IssueKey("robot@project.iam.gserviceaccount.com")
	if err != nil {
		t.Fatal(err)
	}
	g.token = g.fetchToken(t, file)
	return g
}

// fetchToken trades an assertion signed with a key file for an access token.
func (g *google) fetchToken(t *testing.T, file []byte) string {
	t.Helper()
	var key struct {
		ClientEmail  string `json:"client_email"`
		PrivateKey   string `json:"private_key"`
		PrivateKeyID string `json:"private_key_id"`
		TokenURI     string `json:"token_uri"`
	}
	if err := json.Unmarshal(file, &key); err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(key.PrivateKey))
	private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	part := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	signed := part(map[string]any{"alg": "RS256", "typ": "JWT", "kid": key.PrivateKeyID}) + "." + part(map[string]any{
		"iss": key.ClientEmail, "aud": key.TokenURI, "iat": now.Unix(), "exp": now.Unix() + 3600,
		"scope": "https://www.googleapis.com/auth/analytics.readonly",
	})
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, private.(*rsa.PrivateKey), crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.PostForm(key.TokenURI, url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"},
		"assertion":  {signed + "." + base64.RawURLEncoding.EncodeToString(signature)},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.AccessToken == "" {
		t.Fatalf("no access token: %d %v", resp.StatusCode, err)
	}
	return answer.AccessToken
}

// report asks a question.
func (g *google) report(t *testing.T, q report.Query) *report.Report {
	t.Helper()
	ask, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	verb := "runReport"
	if q.Realtime {
		verb = "runRealtimeReport"
	}
	r, err := http.NewRequest("POST", fmt.Sprintf("%s/v1beta/properties/%s:%s", g.url, g.site.Property, verb), bytes.NewReader(ask))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+g.token)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s", ask, resp.StatusCode, body)
	}
	return &report.Report{Body: body}
}
