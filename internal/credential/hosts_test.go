package credential

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/upstream"
)

func TestHosts(t *testing.T) {
	h, err := newHosts([]string{"OAuth2.googleapis.com", "127.0.0.1:8085", "localhost", "[::1]:9000", "fd00::1", "169.254.169.254"})
	if err != nil {
		t.Fatal(err)
	}
	for address, good := range map[string]bool{
		"https://oauth2.googleapis.com/token":       true,
		"https://OAUTH2.googleapis.com/token":       true,
		"https://oauth2.googleapis.com:8443/token":  true,
		"https://oauth2.googleapis.com./token":      false,
		"https://xoauth2.googleapis.com/token":      false,
		"https://oauth2.googleapis.com.evil/token":  false,
		"https://oauth2.googleapis.com@evil/token":  false,
		"https://evil/oauth2.googleapis.com":        false,
		"http://oauth2.googleapis.com/token":        false,
		"http://127.0.0.1:8085/token":               true,
		"http://127.0.0.1:8086/token":               false,
		"http://127.1:8085/token":                   false,
		"http://2130706433:8085/":                   false,
		"http://localhost:1/":                       true,
		"http://[::1]:9000/":                        true,
		"http://[::1]:9001/":                        false,
		"https://[fd00::1]/":                        true,
		"http://[fd00::1]/":                         false,
		"http://169.254.169.254/latest":             true,
		"ftp://oauth2.googleapis.com/":              false,
		"https:///token":                            false,
		"//oauth2.googleapis.com/token":             false,
		"javascript:alert(1)":                       false,
		"https://user:pw@oauth2.googleapis.com/":    false,
		"https://oauth2.googleapis.com\\@evil.com/": false,
	} {
		u, err := url.Parse(address)
		if got := err == nil && h.refuse(u) == ""; got != good {
			t.Errorf("%s: allowed %v, want %v", address, got, good)
		}
	}
}

// TestAllowListed: the transport refuses hosts that no check of a file saw.
func TestAllowListed(t *testing.T) {
	h, _ := newHosts(nil)
	g := allowListed{hosts: h, next: http.NewFileTransport(http.Dir("."))}
	r, _ := http.NewRequest(http.MethodPost, "https://evil.example/token", strings.NewReader("assertion"))
	_, err := (&http.Client{Transport: g}).Do(r)
	if err == nil || !strings.Contains(err.Error(), hostsKey) {
		t.Errorf("%v", err)
	}
	id := &identity{kind: typeServiceAccount, file: "sa.json"}
	a := &account{name: "main"}
	if e := a.explain(id, err, response{upstream.Response{Host: "evil.example"}}); !e.Permanent() || !strings.Contains(e.Error(), "evil.example") {
		t.Errorf("%v", e)
	}
}

func TestNoDefaultCredentials(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	t.Setenv(adcVariable, "")
	t.Setenv(metadataVariable, "")
	s := &shared{Config: Config{onGCE: func() bool { return false }}}
	_, err := s.find(Account{})
	if err == nil || !strings.Contains(err.Error(), adcVariable) || !strings.Contains(err.Error(), ".config/gcloud") {
		t.Errorf("%v", err)
	}
	s.onGCE = func() bool { return true }
	if p, err := s.find(Account{}); err != nil || p.path != "" {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestCooldown(t *testing.T) {
	low, high := func() float64 { return 0 }, func() float64 { return 0.999999 }
	for _, c := range []struct {
		n             int
		failure       Error
		random        func() float64
		least, beyond time.Duration
	}{
		{1, Error{}, low, time.Second, time.Second + 1},
		{100, Error{}, high, 59 * time.Second, time.Minute},
		{1, Error{permanent: true}, high, 29 * time.Second, 30 * time.Second},
		{100, Error{permanent: true}, high, 599 * time.Second, 10 * time.Minute},
		{1, Error{RetryAfter: time.Hour}, low, maxRetryAfter, maxRetryAfter + 1},
	} {
		if got := cooldown(c.n, &c.failure, c.random); got < c.least || got >= c.beyond {
			t.Errorf("failure %d, %v: %v", c.n, c.failure, got)
		}
	}
}

func TestRetryAfterForms(t *testing.T) {
	now := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	for v, want := range map[string]time.Duration{
		"": 0, "x": 0, "-1": 0, "30": 30 * time.Second, "99999999999999999999": 0,
		now.Add(time.Minute).Format(http.TimeFormat):  time.Minute,
		now.Add(-time.Minute).Format(http.TimeFormat): 0,
	} {
		if got := retryAfter(http.Header{"Retry-After": {v}}, now); got != want {
			t.Errorf("%q: %v, want %v", v, got, want)
		}
	}
}

// TestMetadataGoesThroughNoProxy: its answer is a token, and a proxy would see it.
func TestMetadataGoesThroughNoProxy(t *testing.T) {
	proxy := newTransport().Proxy
	r, _ := http.NewRequest(http.MethodGet, "http://169.254.169.254/", nil)
	if u, err := proxy(r); u != nil || err != nil {
		t.Errorf("%v, %v", u, err)
	}
}

// BenchmarkAccessToken is part of every request to Google.
func BenchmarkAccessToken(b *testing.B) {
	now := time.Now()
	id := &identity{kind: typeMetadata}
	a := &account{shared: &shared{Config: Config{Clock: func() time.Time { return now }}}, source: &keySource{}, identity: id,
		current: &Token{expires: now.Add(time.Hour)}, renewAt: now.Add(time.Hour)}
	k := &Keys{accounts: map[string]*account{"main": a}}
	for b.Loop() {
		if _, err := k.AccessToken(b.Context(), "main"); err != nil {
			b.Fatal(err)
		}
	}
}
