package credential_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oriel-server/oriel/internal/credential"
)

// memory carries requests to a handler without a network, so that a synctest bubble
// knows when all is quiet.
type memory struct {
	handler http.Handler
	took    time.Duration // how long an answer takes

	mu sync.Mutex
	at []time.Time // when the requests came
}

// RoundTrip implements http.RoundTripper.
func (m *memory) RoundTrip(r *http.Request) (*http.Response, error) {
	m.mu.Lock()
	m.at = append(m.at, time.Now())
	m.mu.Unlock()
	select {
	case <-time.After(m.took):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	w := httptest.NewRecorder()
	m.handler.ServeHTTP(w, r)
	return w.Result(), nil
}

func (m *memory) times() []time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]time.Time(nil), m.at...)
}

// bubble runs f in bubbled time with a keyring whose Google answers after took.
func bubble(t *testing.T, took time.Duration, f func(t *testing.T, k *credential.Keys, g *google, m *memory)) {
	t.Helper()
	path := write(t, filepath.Join(t.TempDir(), "sa.json"), serviceKey("", nil))
	synctest.Test(t, func(t *testing.T) {
		g := &google{}
		m := &memory{handler: g, took: took}
		k, err := credential.New(credential.Config{
			Accounts:  map[string]credential.Account{"main": {KeyFile: path}},
			Transport: m,
			Clock:     time.Now,
			Random:    func() float64 { return 0.5 },
			Logger:    slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		defer k.Close()
		f(t, k, g, m)
	})
}

func mustGet(t *testing.T, k *credential.Keys) *credential.Token {
	t.Helper()
	token, err := k.AccessToken(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func down(_ int, w http.ResponseWriter, _ *http.Request) bool {
	w.WriteHeader(http.StatusServiceUnavailable)
	return true
}

// TestRenewalByItself: a token in use is renewed without a call, five minutes and
// some jitter before it ends; one that nobody used is not.
func TestRenewalByItself(t *testing.T) {
	bubble(t, time.Second, func(t *testing.T, k *credential.Keys, _ *google, m *memory) {
		mustGet(t, k)
		time.Sleep(2 * time.Hour)
		at := m.times()
		if len(at) != 2 {
			t.Fatalf("%d requests in two hours with one call, want 2", len(at))
		}
		if after := at[1].Sub(at[0]); after < 53*time.Minute || after > 55*time.Minute {
			t.Errorf("renewed after %v", after)
		}
		if got := bearer(t, mustGet(t, k)); got != "Bearer ya29.3" {
			t.Errorf("after the idle hours: %s", got)
		}
	})
}

// TestRenewalWithBackOff: while Google is down and the old token good, renewals come
// in growing intervals without a call, and nobody notices.
func TestRenewalWithBackOff(t *testing.T) {
	bubble(t, 0, func(t *testing.T, k *credential.Keys, g *google, m *memory) {
		mustGet(t, k)
		g.set(down)
		time.Sleep(57 * time.Minute)
		tries := len(m.times()) - 1
		if tries < 4 || tries > 40 {
			t.Errorf("%d tries in the first minutes", tries)
		}
		if got := bearer(t, mustGet(t, k)); got != "Bearer ya29.1" {
			t.Errorf("meanwhile: %s", got)
		}
		g.set(nil)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got := bearer(t, mustGet(t, k)); got == "Bearer ya29.1" {
			t.Error("not renewed after Google came back")
		}
	})
}

// TestTriesEnd: after the old token's end nobody asks but callers.
func TestTriesEnd(t *testing.T) {
	bubble(t, 0, func(t *testing.T, k *credential.Keys, g *google, m *memory) {
		mustGet(t, k)
		g.set(down)
		time.Sleep(time.Hour)
		n := len(m.times())
		time.Sleep(10 * time.Hour)
		if len(m.times()) != n {
			t.Errorf("%d requests for nobody", len(m.times())-n)
		}
	})
}

// TestHangingEndpoint: an endpoint that never answers costs a caller at most the
// limit of a fetch, and the failure is of the kind that passes.
func TestHangingEndpoint(t *testing.T) {
	bubble(t, 24*time.Hour, func(t *testing.T, k *credential.Keys, _ *google, m *memory) {
		started := time.Now()
		_, err := k.AccessToken(t.Context(), "main")
		if e := asError(t, err); e.Permanent() || e.Canceled() {
			t.Errorf("%v", err)
		}
		if took := time.Since(started); took > 25*time.Second {
			t.Errorf("a caller waited %v", took)
		}
	})
}

// TestDeadlinesAreTheCallersOwn: each caller leaves when its time is over, and the
// request goes on for the others.
func TestDeadlinesAreTheCallersOwn(t *testing.T) {
	bubble(t, 5*time.Second, func(t *testing.T, k *credential.Keys, _ *google, m *memory) {
		var wg sync.WaitGroup
		for _, limit := range []time.Duration{time.Second, 3 * time.Second, time.Minute} {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				defer cancel()
				started := time.Now()
				_, err := k.AccessToken(ctx, "main")
				took := time.Since(started)
				if limit < 5*time.Second && (!errors.Is(err, context.DeadlineExceeded) || took != limit) {
					t.Errorf("limit %v: left after %v with %v", limit, took, err)
				}
				if limit > 5*time.Second && (err != nil || took != 5*time.Second) {
					t.Errorf("limit %v: took %v, %v", limit, took, err)
				}
			})
		}
		wg.Wait()
		if n := len(m.times()); n != 1 {
			t.Errorf("%d requests, want 1", n)
		}
	})
}

// TestShortLivedTokens are renewed at half their life, as a metadata server's need.
func TestShortLivedTokens(t *testing.T) {
	bubble(t, 0, func(t *testing.T, k *credential.Keys, g *google, m *memory) {
		g.set(func(_ int, w http.ResponseWriter, _ *http.Request) bool {
			_, _ = w.Write([]byte(`{"access_token":"ya29.s","expires_in":200}`))
			return true
		})
		mustGet(t, k)
		time.Sleep(101 * time.Second)
		synctest.Wait()
		if n := len(m.times()); n != 2 {
			t.Errorf("%d requests, want 2", n)
		}
	})
}
