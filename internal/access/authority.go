// Package access mints, verifies and renews embed tokens: who asks.
//
// A token is a JWT, minutes long, that names its kind, issuer, audience, session
// and views. Ours are HS256; a host may sign its own with a key that it
// registered. What a token allows is computed by package policy from the token
// and today's configuration, also when it is renewed, and remembered with the
// token for as long as both stay the same, see token_cache.go. Whether a session was
// revoked is asked each time, behind the signature or its memory.
package access

import (
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

// Config is what an Authority needs.
type Config struct {
	Keys     []Key // Required: at least one. See UseKeys.
	Hosts    []Host
	Rules    *policy.Rules    // Required.
	Issuer   string           // Required: the server's public URL, which is also the audience.
	Lifetime time.Duration    // Required: of an embed token, at most an hour.
	Sessions Sessions         // Required.
	Ledger   Ledger           // Required.
	Recorder Recorder         // Required.
	Clock    func() time.Time // Required.
	Random   io.Reader        // Required: crypto/rand.Reader outside tests.
}

// MaxLifetime is the longest that an embed token may live.
const MaxLifetime = time.Hour

// Sessions are how long tokens can be renewed, from when the first was minted.
type Sessions struct {
	Host   time.Duration // of those that a host's backend began
	Public time.Duration // of anonymous visitors, who can begin another at any time
}

// MaxSession is the longest that a session may last.
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
	memory  *memory
	revoked *revocations
}

// New validates c, and reads what was revoked.
func New(c Config) (*Authority, error) {
	c.Hosts = slices.Clone(c.Hosts)
	if err := c.validate(); err != nil {
		return nil, err
	}
	self := origin.Of(c.Issuer)
	if self == "" {
		return nil, fmt.Errorf("access: the issuer %q is not the server's public URL", c.Issuer)
	}
	memory, err := newMemory()
	if err != nil {
		return nil, err
	}
	a := &Authority{
		c: c, origin: self, memory: memory, revoked: newRevocations(c.Ledger, c.Clock),
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

// UseKeys replaces the signing keys: see signer for which of them signs, all of
// them verify. Tokens of a key that is not among them are refused from now on.
func (a *Authority) UseKeys(keys []Key) error {
	if err := checkKeys(keys); err != nil {
		return err
	}
	keys = slices.Clone(keys)
	a.keys.Store(&keys)
	return nil
}

// A Caller is who shows a token or asks for one, as far as the connection tells.
type Caller struct {
	// Origin is that of the page that asks; empty for askers that are no pages.
	Origin string
	policy.Asker
}

func (a *Authority) random(n int) (string, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(a.c.Random, b); err != nil {
		return "", report.AsError(fmt.Errorf("access: no randomness: %w", err))
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// record completes an event and hands it to the recorder.
func (a *Authority) record(ctx context.Context, e Event) error {
	e.Time = a.c.Clock()
	return a.c.Recorder.Record(ctx, e)
}

// refused records a refusal and returns why. That it cannot be recorded changes
// nothing: the answer is no.
func (a *Authority) refused(ctx context.Context, e Event, err error) error {
	e.Kind, e.Err = EventRefuse, err
	_ = a.record(ctx, e)
	return err
}

// Refused records that a request was refused before a token mattered, or although
// it was good, and returns why. The grant may be the zero one.
func (a *Authority) Refused(ctx context.Context, caller Caller, grant policy.Grant, err error) error {
	return a.refused(ctx, Event{
		Host: grant.Host(), Session: grant.Session(), Subject: grant.Subject(), Origin: report.Brief(caller.Origin), Asker: caller.Asker,
	}, err)
}

// unrecorded is the refusal of what could not be recorded.
func unrecorded(err error) error {
	return report.Errorf(report.Unavailable, "No embed token can be given out at the moment. Try again.").Because(fmt.Errorf("the audit trail: %w", err))
}
