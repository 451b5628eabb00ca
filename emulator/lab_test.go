package emulator

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oriel-server/oriel/emulator/world"
)

// labNow is the time in the tests: a Wednesday afternoon in New York.
var labNow = time.Date(2026, time.November, 18, 20, 30, 0, 0, time.UTC)

// smallWorld is made once: it is never written to.
var smallWorld = sync.OnceValues(func() (*world.World, error) {
	return world.New(world.Config{Seed: 7, Now: labNow, Days: 60, Events: 20_000})
})

const labAccount = "robot@lab-project.iam.gserviceaccount.com"

// A lab is an emulator behind a real listener, with one account.
type lab struct {
	t        *testing.T
	emulator *Emulator
	url      string
	property string
	file     keyFile
	private  *rsa.PrivateKey
	token    string
}

// newLab starts an emulator whose clock stands at labNow until it is advanced.
func newLab(t *testing.T) *lab {
	t.Helper()
	w, err := smallWorld()
	if err != nil {
		t.Fatal(err)
	}
	return newLabOf(t, w)
}

// newLabOf is newLab over a world of the test's own.
func newLabOf(t *testing.T, w *world.World) *lab {
	t.Helper()
	srv := httptest.NewUnstartedServer(nil)
	l := &lab{t: t, url: "http://" + srv.Listener.Addr().String(), property: w.Sites()[0].Property}
	var err error
	if l.emulator, err = New(Config{World: w, BaseURL: l.url, Clock: func() time.Time { return labNow }}); err != nil {
		t.Fatal(err)
	}
	srv.Config.Handler = l.emulator.Handler()
	srv.Start()
	t.Cleanup(srv.Close)
	l.file, l.private = l.issue(labAccount)
	l.token = l.fetchToken(nil)
	return l
}

// issue makes an account and reads its key file as a client would.
func (l *lab) issue(email string, properties ...string) (keyFile, *rsa.PrivateKey) {
	l.t.Helper()
	b, err := l.emulator.IssueKey(email, properties...)
	if err != nil {
		l.t.Fatal(err)
	}
	return readKeyFile(l.t, b)
}

func readKeyFile(t *testing.T, b []byte) (keyFile, *rsa.PrivateKey) {
	t.Helper()
	var f keyFile
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(f.PrivateKey))
	if block == nil {
		t.Fatal("private_key is not PEM")
	}
	k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return f, k.(*rsa.PrivateKey)
}

// claims are those of a right assertion, with changes; nil removes a claim.
func (l *lab) claims(change map[string]any) map[string]any {
	c := map[string]any{
		"iss": l.file.ClientEmail, "scope": scopeReadonly, "aud": l.file.TokenURI,
		"iat": labNow.Unix(), "exp": labNow.Unix() + 3600,
	}
	maps.Copy(c, change)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
	return c
}

// assertion signs claims with the account's key.
func (l *lab) assertion(change map[string]any) string {
	l.t.Helper()
	header := map[string]any{"alg": "RS256", "typ": "JWT", "kid": l.file.PrivateKeyID}
	s, err := sign(l.private, header, l.claims(change))
	if err != nil {
		l.t.Fatal(err)
	}
	return s
}

// postForm posts to an OAuth endpoint and decodes the answer.
func (l *lab) postForm(path string, form url.Values) (status int, answer map[string]any) {
	l.t.Helper()
	resp, err := http.PostForm(l.url+path, form)
	if err != nil {
		l.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		l.t.Fatal(err)
	}
	return resp.StatusCode, answer
}

func (l *lab) exchange(assertion string) (int, map[string]any) {
	l.t.Helper()
	return l.postForm("/token", url.Values{"grant_type": {grantJWT}, "assertion": {assertion}})
}

func (l *lab) fetchToken(change map[string]any) string {
	l.t.Helper()
	status, answer := l.exchange(l.assertion(change))
	token, _ := answer["access_token"].(string)
	if status != http.StatusOK || token == "" {
		l.t.Fatalf("token: %d %v", status, answer)
	}
	return token
}

// A reply is what a Google API answered.
type reply struct {
	status int
	header http.Header
	body   string
}

// do sends a request with the lab's access token; method defaults to POST when
// there is a body.
func (l *lab) do(method, path, body string) reply {
	l.t.Helper()
	return l.doAs(l.token, method, path, body)
}

func (l *lab) doAs(token, method, path, body string) reply {
	l.t.Helper()
	r, err := http.NewRequest(method, l.url+path, strings.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		l.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		l.t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header, string(b)}
}

// call posts to a verb of the lab's property.
func (l *lab) call(verb, body string) reply {
	l.t.Helper()
	return l.do("POST", "/v1beta/properties/"+l.property+":"+verb+"?prettyPrint=false", body)
}

// report runs a report that must succeed.
func (l *lab) report(body string) *reportAnswer {
	l.t.Helper()
	return l.reportBy("runReport", body)
}

func (l *lab) reportBy(verb, body string) *reportAnswer {
	l.t.Helper()
	r := l.call(verb, body)
	if r.status != http.StatusOK {
		l.t.Fatalf("%s %s: %d %s", verb, body, r.status, r.body)
	}
	var a reportAnswer
	if err := json.Unmarshal([]byte(r.body), &a); err != nil {
		l.t.Fatal(err)
	}
	return &a
}

// failure is the error in a reply.
func (r reply) failure(t *testing.T) (status, message string) {
	t.Helper()
	var a struct {
		Error struct {
			Code            int
			Message, Status string
		}
	}
	if err := json.Unmarshal([]byte(r.body), &a); err != nil {
		t.Fatalf("no error envelope: %s", r.body)
	}
	if a.Error.Code != r.status {
		t.Errorf("code %d in the body of a %d", a.Error.Code, r.status)
	}
	return a.Error.Status, a.Error.Message
}
