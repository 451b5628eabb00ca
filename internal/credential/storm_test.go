package credential_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestKeyReplacedDuringFetch: a token that was asked for with another account's key
// reaches nobody.
func TestKeyReplacedDuringFetch(t *testing.T) {
	b := newBench(t, nil)
	open := make(chan struct{})
	b.google.set(func(n int, _ http.ResponseWriter, _ *http.Request) bool {
		if n == 1 {
			<-open
		}
		return false
	})
	got := make(chan string, 1)
	go func() {
		token, err := b.keys.AccessToken(context.Background(), "main")
		if err != nil {
			got <- err.Error()
			return
		}
		got <- bearer(t, token)
	}()
	eventually(t, "a request", func() bool { return b.google.requests() == 1 })

	write(t, b.file, serviceKey(b.server.URL+"/token", map[string]any{"client_email": "other@demo.iam.gserviceaccount.com"}))
	b.clock.Add(4 * time.Second)
	ctx, cancel := context.WithCancel(t.Context())
	second := make(chan error, 1)
	go func() {
		_, err := b.keys.AccessToken(ctx, "main")
		second <- err
	}()
	eventually(t, "the new key", func() bool { return strings.HasPrefix(b.keys.Email("main"), "other@") })
	cancel()
	<-second
	close(open)
	if token := <-got; token != "Bearer ya29.2" {
		t.Errorf("the first caller got %s", token)
	}
}

// TestStorm has everything happen at once. Each token handed out must be good by the
// clock, and Close must leave nothing behind.
func TestStorm(t *testing.T) {
	b := newBench(t, nil)
	b.google.set(func(n int, w http.ResponseWriter, _ *http.Request) bool {
		switch n % 5 {
		case 1:
			w.WriteHeader(503)
		case 3:
			refuse(w, 400, "invalid_grant", "Invalid JWT Signature.")
		}
		return n%5 == 1 || n%5 == 3
	})
	var wg sync.WaitGroup
	for worker := range 8 {
		random := rand.New(rand.NewPCG(1, uint64(worker)))
		wg.Go(func() {
			for range 100 {
				b.act(t, random)
			}
		})
	}
	wg.Wait()
	if b.google.requests() == 0 {
		t.Error("nothing happened")
	}
	_ = b.keys.Close()
	n := b.google.requests()
	b.fails(t)
	if b.google.requests() != n {
		t.Error("a request after Close")
	}
}

// act does one thing that a server's day brings.
func (b *bench) act(t *testing.T, random *rand.Rand) {
	switch random.IntN(10) {
	case 0:
		b.clock.Add(time.Duration(random.IntN(60)) * time.Minute)
	case 1:
		mail := fmt.Sprintf("sa%d@demo.iam.gserviceaccount.com", random.IntN(3))
		write(t, b.file, serviceKey(b.server.URL+"/token", map[string]any{"client_email": mail}))
	case 2:
		_ = b.keys.Status()
	default:
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(random.IntN(50))*time.Millisecond)
		defer cancel()
		before := b.clock.Now()
		token, err := b.keys.AccessToken(ctx, "main")
		if err != nil {
			asError(t, err)
			return
		}
		if !token.Expires().After(before) {
			t.Errorf("a token that ended at %v, at %v", token.Expires(), before)
		}
		if random.IntN(4) == 0 {
			token.Reject()
		}
	}
}
