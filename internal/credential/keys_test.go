package credential_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/credential"
)

func asError(t *testing.T, err error) *credential.Error {
	t.Helper()
	var e *credential.Error
	if !errors.As(err, &e) {
		t.Fatalf("%T is not an *Error: %v", err, err)
	}
	return e
}

func TestAssertion(t *testing.T) {
	b := newBench(t, nil)
	b.want(t, "ya29.1")
	c := b.google.claims[0]
	if c["iss"] != "sa@demo.iam.gserviceaccount.com" || c["scope"] != credential.Scope || c["aud"] != b.server.URL+"/token" {
		t.Errorf("claims %v", c)
	}
	if life := c["exp"].(float64) - c["iat"].(float64); life > 3600 {
		t.Errorf("the assertion lives %v s", life)
	}
}

func TestManyCallersOneRequest(t *testing.T) {
	b := newBench(t, nil)
	open := make(chan struct{})
	b.google.set(func(int, http.ResponseWriter, *http.Request) bool { <-open; return false })
	var wg sync.WaitGroup
	for range 500 {
		wg.Go(func() {
			if _, err := b.keys.AccessToken(t.Context(), "main"); err != nil {
				t.Error(err)
			}
		})
	}
	eventually(t, "a request", func() bool { return b.google.requests() > 0 })
	close(open)
	wg.Wait()
	if n := b.google.requests(); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

func TestCallerLeaves(t *testing.T) {
	b := newBench(t, nil)
	open := make(chan struct{})
	b.google.set(func(int, http.ResponseWriter, *http.Request) bool { <-open; return false })

	// The first caller starts the request, and its deadline is long past before it ends.
	first, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := b.keys.AccessToken(first, "main")
	if e := asError(t, err); !errors.Is(err, context.DeadlineExceeded) || !e.Canceled() || e.Permanent() {
		t.Errorf("first caller: %v", err)
	}
	second := make(chan error)
	go func() {
		_, err := b.keys.AccessToken(t.Context(), "main")
		second <- err
	}()
	close(open)
	if err := <-second; err != nil {
		t.Errorf("second caller: %v", err)
	}
	if n := b.google.requests(); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

func TestRenewalInBackground(t *testing.T) {
	b := newBench(t, nil)
	b.want(t, "ya29.1")
	b.clock.Add(54 * time.Minute)
	b.want(t, "ya29.1")
	if n := b.google.requests(); n != 1 {
		t.Fatalf("renewed too early: %d requests", n)
	}
	b.clock.Add(time.Minute)
	b.want(t, "ya29.1") // old, but good; its successor is on the way
	eventually(t, "the renewal", func() bool { return bearerNow(t, b) == "Bearer ya29.2" })
	if n := b.google.requests(); n != 2 {
		t.Errorf("%d requests, want 2", n)
	}
}

func bearerNow(t *testing.T, b *bench) string {
	token, err := b.keys.AccessToken(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	return bearer(t, token)
}

func TestRenewalFailsAndRecovers(t *testing.T) {
	b := newBench(t, nil)
	b.want(t, "ya29.1")
	b.google.set(func(_ int, w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(503); return true })
	b.clock.Add(56 * time.Minute)
	b.want(t, "ya29.1")
	eventually(t, "the failed renewal", func() bool { return b.keys.Status()[0].Failure != nil })
	if n := b.google.requests(); n != 4 {
		t.Errorf("%d requests, want 1 and 3 attempts", n)
	}
	b.want(t, "ya29.1")
	b.google.set(nil)
	b.clock.Add(2 * time.Minute)
	b.want(t, "ya29.1")
	eventually(t, "the renewal", func() bool { return bearerNow(t, b) == "Bearer ya29.5" })
	if f := b.keys.Status()[0].Failure; f != nil {
		t.Errorf("failure still there: %v", f)
	}
}

func TestExpiredWhileGoogleIsDown(t *testing.T) {
	b := newBench(t, nil)
	b.want(t, "ya29.1")
	b.google.set(func(_ int, w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(503); return true })
	b.clock.Add(time.Hour)
	e := b.fails(t)
	if e.Permanent() || e.Status != 503 || e.RetryAfter <= 0 {
		t.Errorf("%+v", e)
	}
	n := b.google.requests()
	for range 50 {
		b.fails(t)
	}
	if b.google.requests() != n {
		t.Errorf("a remembered failure asked Google again: %d requests after %d", b.google.requests(), n)
	}
	b.google.set(nil)
	b.clock.Add(e.RetryAfter)
	if _, err := b.keys.AccessToken(t.Context(), "main"); err != nil {
		t.Errorf("after the rest: %v", err)
	}
}

func TestQuickAttempts(t *testing.T) {
	b := newBench(t, nil)
	b.google.set(func(n int, w http.ResponseWriter, _ *http.Request) bool {
		if n < 3 {
			w.WriteHeader(500)
		}
		return n < 3
	})
	b.want(t, "ya29.3")
}

func TestRetryAfterIsObeyed(t *testing.T) {
	b := newBench(t, nil)
	b.google.set(func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(429)
		return true
	})
	e := b.fails(t)
	if b.google.requests() != 1 || e.RetryAfter != 2*time.Minute {
		t.Errorf("%d requests, again in %v", b.google.requests(), e.RetryAfter)
	}
}

func TestPermanentIsNotHammered(t *testing.T) {
	b := newBench(t, nil)
	b.google.set(func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		refuse(w, 400, "invalid_grant", "Invalid JWT Signature.")
		return true
	})
	for range 20 {
		if e := b.fails(t); !e.Permanent() || e.Code != "invalid_grant" {
			t.Fatalf("%+v", e)
		}
	}
	if n := b.google.requests(); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
	// An hour of one call per second asks in growing intervals of at least 15 s.
	for range 3600 {
		b.clock.Add(time.Second)
		_, _ = b.keys.AccessToken(t.Context(), "main")
	}
	if n := b.google.requests(); n < 3 || n > 1+3600/15 {
		t.Errorf("%d requests in an hour", n)
	}
}

func TestNewKeyFileEndsTheRest(t *testing.T) {
	b := newBench(t, nil)
	b.google.set(func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		refuse(w, 400, "invalid_grant", "Invalid JWT Signature.")
		return true
	})
	b.fails(t)
	b.google.set(nil)
	write(t, b.file, serviceKey(b.server.URL+"/token", map[string]any{"private_key_id": "another"}))
	b.clock.Add(4 * time.Second)
	b.want(t, "ya29.2")
}

func TestRotation(t *testing.T) {
	b := newBench(t, nil)
	b.want(t, "ya29.1")

	// A half-written file: the old key stays in use, and the log says so once.
	write(t, b.file, serviceKey(b.server.URL+"/token", nil)[:100])
	for range 5 {
		b.clock.Add(4 * time.Second)
		b.want(t, "ya29.1")
	}
	if n := strings.Count(b.log.String(), "keeping the key read before"); n != 1 {
		t.Errorf("logged %d times:\n%s", n, b.log)
	}

	// A new key of the same account: nobody waits, and the next token is by the new key.
	write(t, b.file, serviceKey(b.server.URL+"/token", map[string]any{"private_key_id": "new"}))
	b.clock.Add(4 * time.Second)
	b.want(t, "ya29.1")
	eventually(t, "a token by the new key", func() bool { return bearerNow(t, b) == "Bearer ya29.2" })

	// Another account: its token only.
	write(t, b.file, serviceKey(b.server.URL+"/token", map[string]any{"client_email": "other@demo.iam.gserviceaccount.com"}))
	b.clock.Add(4 * time.Second)
	b.want(t, "ya29.3")
	if got := b.keys.Email("main"); got != "other@demo.iam.gserviceaccount.com" {
		t.Errorf("Email = %q", got)
	}
}

func TestUntouchedAndSameContent(t *testing.T) {
	b := newBench(t, nil)
	b.want(t, "ya29.1")
	write(t, b.file, serviceKey(b.server.URL+"/token", nil))
	b.clock.Add(4 * time.Second)
	b.want(t, "ya29.1")
	if strings.Contains(b.log.String(), "replaced") {
		t.Error("the same content counts as a replacement")
	}
}

// TestSymlinkSwap replaces a key as Kubernetes does: ..data points to a new directory.
func TestSymlinkSwap(t *testing.T) {
	dir := t.TempDir()
	b := newBench(t, func(b *bench, c *credential.Config) {
		mount(t, dir, "v1", serviceKey(b.server.URL+"/token", nil))
		if err := os.Symlink("..data/sa.json", filepath.Join(dir, "sa.json")); err != nil {
			t.Fatal(err)
		}
		c.Accounts["main"] = credential.Account{KeyFile: filepath.Join(dir, "sa.json")}
	})
	b.want(t, "ya29.1")
	mount(t, dir, "v2", serviceKey(b.server.URL+"/token", map[string]any{"client_email": "v2@demo.iam.gserviceaccount.com"}))
	b.clock.Add(4 * time.Second)
	b.want(t, "ya29.2")
}

func mount(t *testing.T, dir, version string, key []byte) {
	t.Helper()
	if err := os.Mkdir(filepath.Join(dir, version), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, version, "sa.json"), key)
	if err := os.Symlink(version, filepath.Join(dir, "..tmp")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "..tmp"), filepath.Join(dir, "..data")); err != nil {
		t.Fatal(err)
	}
}

func TestReject(t *testing.T) {
	b := newBench(t, nil)
	first := b.want(t, "ya29.1")
	b.clock.Add(10 * time.Minute)
	first.Reject()
	first.Reject()
	second := b.want(t, "ya29.2")
	first.Reject() // late: the current token is another
	b.want(t, "ya29.2")

	// A new token that is refused at once: fetching on and on is no cure.
	second.Reject()
	b.want(t, "ya29.3").Reject()
	e := b.fails(t)
	if e.Status != http.StatusUnauthorized || e.RetryAfter <= 0 {
		t.Errorf("%+v", e)
	}
	n := b.google.requests()
	b.fails(t)
	if b.google.requests() != n {
		t.Error("asked Google while resting")
	}
	b.clock.Add(e.RetryAfter)
	b.want(t, "ya29.4")
}

func TestClose(t *testing.T) {
	b := newBench(t, nil)
	hang := make(chan struct{})
	defer close(hang)
	b.google.set(func(_ int, _ http.ResponseWriter, r *http.Request) bool {
		select {
		case <-hang:
		case <-r.Context().Done():
		}
		return true
	})
	failed := make(chan error)
	go func() {
		_, err := b.keys.AccessToken(context.Background(), "main")
		failed <- err
	}()
	eventually(t, "a request", func() bool { return b.google.requests() > 0 })
	_ = b.keys.Close()
	if err := <-failed; err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("waiting caller: %v", err)
	}
	if e := b.fails(t); !strings.Contains(e.Error(), "closed") {
		t.Errorf("later caller: %v", e)
	}
	_ = b.keys.Close()
}

func TestUnknownAccount(t *testing.T) {
	b := newBench(t, nil)
	_, err := b.keys.AccessToken(t.Context(), "other")
	if e := asError(t, err); !e.Permanent() || !strings.Contains(e.Error(), `"main"`) {
		t.Errorf("%v", err)
	}
	if b.keys.Email("other") != "" {
		t.Error("an unknown account has an address")
	}
}

func TestObserved(t *testing.T) {
	var mu sync.Mutex
	var seen []error
	b := newBench(t, func(_ *bench, c *credential.Config) {
		c.OnFetch = func(account string, _ time.Duration, err error) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, err)
		}
	})
	b.google.set(func(n int, w http.ResponseWriter, _ *http.Request) bool {
		if n == 1 {
			w.WriteHeader(503)
		}
		return n == 1
	})
	b.want(t, "ya29.2")
	mu.Lock()
	defer mu.Unlock()
	if len(seen) != 2 || seen[0] == nil || seen[1] != nil {
		t.Errorf("seen %v", seen)
	}
}

// TestStatusOfAFailure: since when it fails, over all attempts, and when it is asked again.
func TestStatusOfAFailure(t *testing.T) {
	b := newBench(t, nil)
	b.want(t, "ya29.1")
	if s := b.keys.Status()[0]; s.Failure != nil || !s.Since.IsZero() || !s.Again.IsZero() {
		t.Errorf("well: %+v", s)
	}
	b.google.set(func(_ int, w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(503); return true })
	b.clock.Add(time.Hour)
	since := b.clock.Now()
	for range 3 {
		b.fails(t)
		s := b.keys.Status()[0]
		if s.Failure == nil || !s.Since.Equal(since) || !s.Again.After(b.clock.Now()) || s.Again.After(b.clock.Now().Add(time.Minute)) {
			t.Errorf("failing since %v: %+v", since, s)
		}
		b.clock.Add(2 * time.Minute)
		if s := b.keys.Status()[0]; !s.Since.Equal(since) || !s.Again.IsZero() {
			t.Errorf("when it may be asked: %+v", s)
		}
	}
	b.google.set(nil)
	if _, err := b.keys.AccessToken(t.Context(), "main"); err != nil {
		t.Fatal(err)
	}
	if s := b.keys.Status()[0]; s.Failure != nil || !s.Since.IsZero() || !s.Again.IsZero() {
		t.Errorf("well again: %+v", s)
	}
}
