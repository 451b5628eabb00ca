// Package access mints, verifies and renews embed tokens: it authenticates.
//
// A token is a JWT, minutes long, that names its kind, issuer, audience, session
// and views. Ours are HS256; a host may sign its own with a key that it
// registered. Package policy computes the grant from the token and today's
// configuration, also when a token is renewed. Verified tokens are cached with
// their grants, see token_cache.go; revocation is checked on every request.
package access

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/oriel-server/oriel/internal/origin"
	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

// Config is what an Authority needs. All but Hosts is required.
type Config struct {
	Keys     []Key // at least one, see UseKeys
	Hosts    []Host
	Rules    *policy.Rules
	Issuer   string        // the server's public URL, which is also the audience
	Lifetime time.Duration // of an embed token, at most an hour
	Sessions Sessions
	Ledger   Ledger
	Recorder Recorder
	Clock    func() time.Time
	Random   io.Reader // crypto/rand.Reader outside tests
	// TokenCacheBytes bounds the memory of verified tokens. The default is 32 MiB.
	TokenCacheBytes int64
}

// MaxLifetime is the longest lifetime of an embed token.
const MaxLifetime = time.Hour

// Sessions is how long tokens can be renewed, from when the first was minted.
type Sessions struct {
	Host   time.Duration // sessions that a host's backend began
	Public time.Duration // sessions of anonymous visitors, who can begin another at any time
}

// MaxSession is the longest duration of a session.
const MaxSession = 7 * 24 * time.Hour

func (s Sessions) validate(lifetime time.Duration) error {
	for who, d := range map[string]time.Duration{"hosts'": s.Host, "public": s.Public} {
		if d < lifetime || d > MaxSession {
			return fmt.Errorf("access: %s sessions must last between a token's lifetime, %s, and %s, not %s", who, lifetime, MaxSession, d)
		}
	}
	return nil
}

// An Authority mints, verifies and renews embed tokens. Its methods that take a
// token or a key record what they decide.
type Authority struct {
	c       Config
	origin  string // of Issuer: that of our own embed page
	keys    atomic.Pointer[[]Key]
	parser  *jwt.Parser
	renewer *jwt.Parser // the same, with grace
	tokens  *tokenCache
	revoked *revocations
}

// New validates c and reads the ledger.
func New(c Config) (*Authority, error) {
	c.Hosts = slices.Clone(c.Hosts)
	if err := c.validate(); err != nil {
		return nil, err
	}
	self := origin.Of(c.Issuer)
	if self == "" {
		return nil, fmt.Errorf("access: the issuer %q is not the server's public URL", c.Issuer)
	}
	tokens, err := newTokenCache(cmp.Or(c.TokenCacheBytes, defaultTokenCache))
	if err != nil {
		return nil, err
	}
	a := &Authority{
		c: c, origin: self, tokens: tokens, revoked: newRevocations(c.Ledger, c.Clock),
		parser: newParser(c.Issuer, c.Clock, leeway), renewer: newParser(c.Issuer, c.Clock, grace),
	}
	if err := a.UseKeys(c.Keys); err != nil {
		return nil, err
	}
	return a, a.revoked.refresh(context.Background())
}

func (c *Config) validate() error {
	switch {
	case c.Rules == nil || c.Ledger == nil || c.Recorder == nil || c.Clock == nil || c.Random == nil:
		return errors.New("access: an authority needs Rules, Ledger, Recorder, Clock and Random")
	case c.Lifetime < time.Second || c.Lifetime > MaxLifetime:
		return fmt.Errorf("access: embed tokens must live between a second and %s, not %s", MaxLifetime, c.Lifetime)
	}
	if err := c.Sessions.validate(c.Lifetime); err != nil {
		return err
	}
	return checkHosts(c.Hosts, c.Rules)
}

// UseKeys replaces the signing keys: all of them verify, one signs, see signer.
// Tokens of other keys are refused from now on.
func (a *Authority) UseKeys(keys []Key) error {
	if err := checkKeys(keys); err != nil {
		return err
	}
	keys = slices.Clone(keys)
	a.keys.Store(&keys)
	return nil
}

// A Caller is who presents a token or requests one, as far as the connection tells.
type Caller struct {
	Origin string // of the requesting page; empty for clients that are no pages
	policy.Requester
	// Allow is called with what a token will open once all checks of the authority have
	// passed, before anything is used up, issued or recorded. Its error refuses the token,
	// and is the caller's to record. Optional.
	Allow func(policy.Grant) error
}

func (c Caller) allow(grant policy.Grant) error {
	if c.Allow == nil {
		return nil
	}
	return c.Allow(grant)
}

func (a *Authority) random(n int) (string, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(a.c.Random, b); err != nil {
		return "", report.AsError(fmt.Errorf("access: no randomness: %w", err))
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// record hands an event to the recorder, with the time.
func (a *Authority) record(ctx context.Context, e Event) error {
	e.Time = a.c.Clock()
	return a.c.Recorder.Record(ctx, e)
}

// recordIssue records what is about to be issued. What cannot be recorded is not issued.
func (a *Authority) recordIssue(ctx context.Context, e Event) error {
	err := a.recordable()
	if err == nil {
		err = unrecorded(a.record(ctx, e))
	}
	if err != nil {
		return a.refused(ctx, e, err)
	}
	return nil
}

// recordable returns why nothing can be issued now, before anything is used up for it.
func (a *Authority) recordable() error { return unrecorded(a.c.Recorder.Ready()) }

func unrecorded(err error) error {
	if err == nil {
		return nil
	}
	return report.Errorf(report.Unavailable, "No embed token can be given out at the moment. Try again.").
		Because(fmt.Errorf("the audit trail: %w", err))
}

// refused records a refusal and returns its reason. A refusal that cannot be
// recorded remains a refusal.
func (a *Authority) refused(ctx context.Context, e Event, err error) error {
	e.Kind, e.Err = EventRefuse, err
	_ = a.record(ctx, e)
	return err
}

// Refused records that a request was refused before its token was checked, or
// although the token was good, and returns err. The grant may be zero.
func (a *Authority) Refused(ctx context.Context, caller Caller, grant policy.Grant, err error) error {
	return a.refused(ctx, Event{
		Host: grant.Host(), Session: grant.Session(), Subject: grant.Subject(), Origin: report.Truncate(caller.Origin), Requester: caller.Requester,
	}, err)
}
