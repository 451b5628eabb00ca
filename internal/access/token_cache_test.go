package access

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"
)

func (b *bench) remembers(token string) bool {
	_, ok := b.tokens.cache.GetIfPresent(sha256.Sum256([]byte(token)))
	return ok
}

// A cached token ends when it would have ended, to the nanosecond, and in the
// same words.
func TestRememberedTokenExpires(t *testing.T) {
	b := newBench(t)
	token := b.public()
	end := start.Add(5*time.Minute + leeway)
	for _, now := range []time.Time{start, start.Add(5 * time.Minute), end.Add(-1)} {
		b.now = now
		if g, err := b.verify(token, page); err != nil || !g.Expires().Equal(start.Add(5*time.Minute)) {
			t.Fatalf("at %s: %v", now, err)
		}
		if !b.remembers(token) {
			t.Fatalf("at %s it is not cached", now)
		}
	}
	b.now = end
	_, cached := b.verify(token, page)
	refused(t, "at its end", cached, "has expired")
	if b.remembers(token) {
		t.Error("an expired token is cached")
	}
	b.reload()
	_, fresh := b.verify(token, page)
	if fresh == nil || fresh.Error() != cached.Error() {
		t.Errorf("cached: %v; read: %v", cached, fresh)
	}
}

// A clock that is set back makes a token one that is not issued yet.
func TestRememberedTokenIsNotOlderThanTime(t *testing.T) {
	b := newBench(t)
	token := b.public()
	if _, err := b.verify(token, ""); err != nil {
		t.Fatal(err)
	}
	b.now = start.Add(-leeway - 1)
	_, err := b.verify(token, "")
	refused(t, "before it was issued", err, "not valid")
}

func TestMemoryIsNotSharedBetweenOrigins(t *testing.T) {
	b := newBench(t)
	token := b.public()
	_, err := b.verify(token, "https://evil.example")
	refused(t, "first shown by another page", err, "another origin")
	if b.remembers(token) {
		t.Error("a refused token is cached")
	}
	if _, err := b.verify(token, page); err != nil {
		t.Fatal(err)
	}
	g, err := b.verify(token, "https://evil.example")
	refused(t, "cached, and shown by another page", err, "another origin")
	if g.Session() != "" {
		t.Error("a refusal comes with a grant")
	}
}

// What differs in a byte from a cached token is not it, and nothing that is
// refused is cached.
func TestOnlyGoodTokensAreRemembered(t *testing.T) {
	b := newBench(t)
	good := b.minted(MintRequest{Views: []string{"shop"}})
	if _, err := b.verify(good, ""); err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(good, ".")
	payload, _, _ := strings.Cut(rest, ".")
	for what, token := range map[string]string{
		"nothing":              "",
		"garbage":              "x.y.z",
		"no signature":         head + "." + payload + ".",
		"another signature":    good[:len(good)-6] + "AAAAAA",
		"a space":              good + " ",
		"of another authority": newBench(t, func(c *Config) { c.Keys = []Key{key(t, 7)} }).public(),
	} {
		_, err := b.verify(token, "")
		refused(t, what, err, "not valid")
		if b.remembers(token) {
			t.Errorf("%s is cached", what)
		}
	}
}

// Memory holds neither tokens nor more than it may.
func TestMemoryIsBounded(t *testing.T) {
	m, err := newTokenCache(defaultTokenCache)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100_000 {
		m.put(sha256.Sum256(fmt.Append(nil, i)), &cachedToken{size: 1000})
	}
	m.cache.CleanUp()
	if got := m.cache.WeightedSize(); got > defaultTokenCache || got < defaultTokenCache/2 {
		t.Errorf("%d bytes are cached, of %d", got, defaultTokenCache)
	}
}

// A token that was cached with a key that is retired is refused.
func TestMemoryLooksAtTheKeys(t *testing.T) {
	b := newBench(t)
	token := b.public()
	if _, err := b.verify(token, ""); err != nil {
		t.Fatal(err)
	}
	if err := b.UseKeys([]Key{key(t, 2)}); err != nil {
		t.Fatal(err)
	}
	_, err := b.verify(token, "")
	refused(t, "its key is gone", err, "not valid")
}

// A key that lost a view lends nothing of it to a renewed token, which still says
// what the first one did: the key may get it back.
func TestRenewedTokenSaysTheSame(t *testing.T) {
	b := newBench(t)
	token := b.minted(MintRequest{Views: []string{"shop", "blog"}})
	only := func(views ...string) func(*Config) {
		return func(c *Config) {
			c.Hosts = []Host{{Name: "host", APIKeys: c.Hosts[0].APIKeys, Views: views, Questions: true}}
		}
	}
	b.reload(only("blog"))
	renewed, err := b.renew(token, "")
	if err != nil {
		t.Fatal(err)
	}
	c, err := b.read(b.parser, renewed.AccessToken, tokenType)
	if err != nil || strings.Join(c.Views, " ") != "shop blog" {
		t.Errorf("the renewed token names %q, %v", c.Views, err)
	}
}
