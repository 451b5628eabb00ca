package access

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

func (b *bench) code(req MintRequest) string {
	b.t.Helper()
	code, err := b.MintCode(context.Background(), b.secret, from(""), req)
	ok(b.t, err)
	if code.ExpiresIn != 300 {
		b.t.Fatalf("a code lives for %d s", code.ExpiresIn)
	}
	return code.Code
}

func (b *bench) redeem(code, origin string) (Token, error) {
	token, _, err := b.Redeem(context.Background(), code, from(origin))
	return token, err
}

func TestCodeIsGoodOnce(t *testing.T) {
	b := newBench(t)
	code := b.code(MintRequest{Views: []string{"shop"}, Subject: "seven", Origin: page, ExpiresIn: 90})
	session := b.trail.last().Session
	if b.trail.last().Kind != EventCode || session == "" {
		t.Errorf("recorded %+v", b.trail.last())
	}
	_, err := b.verify(code, page)
	refused(t, "as a token", err, "not valid")
	_, err = b.renew(code, page)
	refused(t, "renewed", err, "not valid")
	_, err = b.redeem(code, "https://evil.example")
	refused(t, "at another origin", err, "another origin")

	b.now = start.Add(4 * time.Minute)
	token, err := b.redeem(code, page)
	if err != nil || token.ExpiresIn != 90 {
		t.Fatalf("%+v, %v", token, err)
	}
	g, err := b.verify(token.AccessToken, page)
	if err != nil || g.Session() != session || g.Subject() != "seven" {
		t.Errorf("%q for %q, %v", g.Session(), g.Subject(), err)
	}

	_, err = b.redeem(code, page)
	refused(t, "the second time", err, "used before")
	if e := b.trail.last(); e.Kind != EventRefuse || e.Session != session || !strings.Contains(e.Detail, "second time") {
		t.Errorf("recorded %+v", e)
	}
	_, err = b.verify(token.AccessToken, page)
	refused(t, "the token of a code that was seen twice", err, "ended by the operator")
	_, err = b.renew(token.AccessToken, page)
	refused(t, "its renewal", err, "ended by the operator")
}

func TestCodeEnds(t *testing.T) {
	b := newBench(t)
	code := b.code(MintRequest{Views: []string{"shop"}})
	b.now = start.Add(CodeLifetime + leeway)
	_, err := b.redeem(code, "")
	refused(t, "after five minutes", err, "has expired")
	b.now = start
	_, err = b.redeem(b.minted(MintRequest{Views: []string{"shop"}}), "")
	refused(t, "a token as a code", err, "not valid")
	_, err = b.redeem("", "")
	refused(t, "nothing", err, "not valid")
}

func TestOneOfManyIsFirst(t *testing.T) {
	b := newBench(t)
	code := b.code(MintRequest{Views: []string{"shop"}})
	b.config.Recorder, b.config.Random = NewLogRecorder(discard()), rand.Reader
	a, err := New(b.config)
	ok(t, err)
	var wg sync.WaitGroup
	won := make(chan string, 50)
	for range cap(won) {
		wg.Go(func() {
			if token, _, err := a.Redeem(context.Background(), code, from(page)); err == nil {
				won <- token.AccessToken
			}
		})
	}
	wg.Wait()
	close(won)
	n := 0
	for token := range won {
		n++
		if _, err := a.Verify(context.Background(), token, from(page)); err == nil {
			t.Error("the token of a code that many redeemed is good")
		}
	}
	if n > 1 {
		t.Errorf("%d were first", n)
	}
}

// A ledger or a trail that does not work gives out nothing.
func TestNothingIsGivenOutUnrecorded(t *testing.T) {
	b := newBench(t)
	token, code := b.minted(MintRequest{Views: []string{"shop"}}), b.code(MintRequest{Views: []string{"shop"}})
	b.trail.broken = errors.New("the disk is full")
	for name, try := range map[string]func() error{
		"a public token": func() error {
			_, err := b.Public(context.Background(), from(page), []string{"shop"}, "")
			return err
		},
		"a host's": func() error {
			_, err := b.Mint(context.Background(), b.secret, from(""), MintRequest{Views: []string{"shop"}})
			return err
		},
		"a code": func() error {
			_, err := b.MintCode(context.Background(), b.secret, from(""), MintRequest{Views: []string{"shop"}})
			return err
		},
		"a renewal": func() error { _, err := b.renew(token, ""); return err },
	} {
		if err := try(); report.KindOf(err) != report.Unavailable || strings.Contains(report.AsError(err).Message, "disk") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := b.verify(token, ""); err != nil {
		t.Errorf("a token that is there: %v", err)
	}
	b.trail.broken = nil
	ok(t, b.config.Ledger.Close())
	if _, err := b.redeem(code, ""); report.KindOf(err) != report.Unavailable {
		t.Errorf("the ledger is gone: %v", err)
	}
}

func TestRotateKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	first, err := LoadOrCreateKeys(path, &stream{[32]byte{1}}, start)
	ok(t, err)
	b := newBench(t, func(c *Config) { c.Keys = first })
	old := b.public()

	keys, err := RotateKeys(path, &stream{[32]byte{2}}, b.now, false)
	ok(t, err)
	if len(keys) != 2 || keys[1].ID != first[0].ID {
		t.Fatalf("%d keys", len(keys))
	}
	ok(t, b.UseKeys(keys))
	// Who has not read the file again knows what is signed now.
	if _, err := New(b.config); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Authority.read(b.parser, b.public(), tokenType); err != nil {
		t.Error(err)
	}
	if got := signer(keys, b.now); got.ID != first[0].ID {
		t.Error("a key signs that others may not know yet")
	}
	b.now = b.now.Add(adoptionDelay)
	if got := signer(keys, b.now); got.ID != keys[0].ID {
		t.Error("the new key does not sign")
	}
	if _, err := b.verify(old, page); err != nil {
		t.Errorf("a viewer is refused: %v", err)
	}
	if _, err := b.renew(old, page); err != nil {
		t.Errorf("a viewer cannot renew: %v", err)
	}
	if _, err := RotateKeys(path, &stream{[32]byte{3}}, b.now, false); err == nil || !strings.Contains(err.Error(), "needed") {
		t.Errorf("the first key is still needed: %v", err)
	}
	third, err := RotateKeys(path, &stream{[32]byte{3}}, b.now.Add(keyRetention), false)
	if err != nil || len(third) != 2 || third[1].ID != keys[0].ID {
		t.Errorf("%v", err)
	}
	alone, err := RotateKeys(path, &stream{[32]byte{4}}, b.now.Add(keyRetention), true)
	if err != nil || len(alone) != 1 {
		t.Errorf("%d keys at once, %v", len(alone), err)
	}
	read, err := LoadKeys(path)
	if err != nil || len(read) != 1 || read[0].ID != alone[0].ID {
		t.Errorf("the file has %d keys, %v", len(read), err)
	}
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }
