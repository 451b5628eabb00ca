package access

import (
	"context"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

func (b *bench) renew(token, origin string) (Token, error) {
	return b.Renew(context.Background(), token, from(origin), anybody)
}

func anybody(policy.Grant) error { return nil }

// A wall of screens shows a page for a working day: its session renews for twelve
// hours, and then no longer, whatever its tokens say.
func TestSessionLastsItsTime(t *testing.T) {
	b := newBench(t)
	token := b.minted(MintRequest{Views: []string{"shop"}, Subject: "wall", ExpiresIn: 120})
	first, err := b.Verify(context.Background(), token, from(""))
	if err != nil {
		t.Fatal(err)
	}
	renewals := 0
	for ; ; renewals++ {
		b.now = b.now.Add(100 * time.Second)
		renewed, err := b.renew(token, "")
		if err != nil {
			refused(t, "the end", err, "session has ended")
			break
		}
		if renewed.ExpiresIn > 120 || renewed.AccessToken == token {
			t.Fatalf("renewed for %d s, and the same: %t", renewed.ExpiresIn, renewed.AccessToken == token)
		}
		token = renewed.AccessToken
		grant, err := b.Verify(context.Background(), token, from(""))
		if err != nil || grant.Session() != first.Session() || grant.Subject() != "wall" {
			t.Fatalf("after %d renewals: %q for %q, %v", renewals, grant.Session(), grant.Subject(), err)
		}
	}
	if got := b.now.Sub(start); got < 12*time.Hour || got > 12*time.Hour+100*time.Second {
		t.Errorf("ended after %s and %d renewals", got, renewals)
	}
	b.now = b.now.Add(leeway)
	if _, err := b.Verify(context.Background(), token, from("")); err == nil {
		t.Error("the last token outlives its session")
	}
}

func TestRenewalHasGrace(t *testing.T) {
	for _, c := range []struct {
		late time.Duration
		ok   bool
	}{{-time.Minute, true}, {0, true}, {59 * time.Second, true}, {61 * time.Second, false}, {time.Hour, false}} {
		b := newBench(t)
		token := b.public()
		b.now = b.now.Add(5*time.Minute + c.late)
		if _, err := b.renew(token, page); (err == nil) != c.ok {
			t.Errorf("%s after its end: %v", c.late, err)
		}
		if _, err := b.Verify(context.Background(), token, from(page)); c.late > leeway && err == nil {
			t.Errorf("%s after its end it still opens something", c.late)
		}
	}
}

// What may not be shown cannot be renewed either.
func TestRenewalIsRefused(t *testing.T) {
	b := newBench(t)
	hosts := b.minted(MintRequest{Views: []string{"shop"}})
	bound := b.minted(MintRequest{Views: []string{"shop"}, Origin: page})
	_, err := b.renew(bound, "https://evil.example")
	refused(t, "another origin", err, "another origin")
	_, err = b.renew(b.secret, "")
	refused(t, "an API key", err, "not valid")
	future := b.forge(jwt.SigningMethodHS256, []byte(b.config.Keys[0].Secret.Reveal()), func(_ map[string]any, p jwt.MapClaims) {
		p["iat"], p["exp"] = start.Add(2*time.Minute).Unix(), start.Add(3*time.Minute).Unix()
	})
	_, err = b.renew(future, page)
	refused(t, "from the future", err, "not valid")

	b.config.Hosts = nil
	again, err := New(b.config)
	if err != nil {
		t.Fatal(err)
	}
	_, err = again.Renew(context.Background(), hosts, from(""), anybody)
	refused(t, "its API key is gone", err, "Ask for a new one.")
}

func TestRenewalIsNarrowedByToday(t *testing.T) {
	b := newBench(t)
	token := b.public()
	closed := views()
	for i := range closed {
		closed[i].Public = policy.Private
	}
	b.config.Rules = rules(t, closed...)
	again, err := New(b.config)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Renew(context.Background(), token, from(page), anybody); report.KindOf(err) != report.Unauthenticated {
		t.Errorf("a view that is no longer public: %v", err)
	}
}

func TestSessionsMustOutliveTokens(t *testing.T) {
	for _, s := range []Sessions{{}, {Host: time.Hour}, {Host: time.Hour, Public: time.Minute}, {Host: MaxSession + 1, Public: time.Hour}} {
		b := newBench(t)
		b.config.Sessions = s
		if _, err := New(b.config); err == nil {
			t.Errorf("%+v is accepted", s)
		}
	}
}
