// Package access mints and verifies embed tokens: who asks.
//
// A token is a JWT, HS256, minutes long, that names its kind, issuer, audience,
// session and views. What it allows is computed by package policy from the
// token and today's configuration, also when it is renewed, and remembered with
// the token for as long as both stay the same, see memory.go; revocation of
// sessions joins at [Authority.Verify], behind the signature or its memory.
package access

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

// An APIKey lets a host's backend mint embed tokens.
type APIKey struct {
	Name       string
	SHA256     [32]byte // of the key; the key itself is nowhere in the configuration
	Views      []string // that it may name; empty: all, or none when Dashboards are listed
	Dashboards []string // that it may name; empty: all
}

// Config is what an Authority needs.
type Config struct {
	Keys     []Key // Required: at least one.
	APIKeys  []APIKey
	Rules    *policy.Rules    // Required.
	Issuer   string           // Required: the server's public URL.
	Lifetime time.Duration    // Required: of an embed token, at most an hour.
	Sessions Sessions         // Required.
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

// An Authority mints, verifies and renews embed tokens.
type Authority struct {
	c       Config
	origin  string // of Issuer: that of our own embed page
	parser  *jwt.Parser
	renewer *jwt.Parser // the same, with grace
	memory  *memory
}

// New validates c.
func New(c Config) (*Authority, error) {
	c.Keys, c.APIKeys = slices.Clone(c.Keys), slices.Clone(c.APIKeys)
	origin, err := originOf(c.Issuer)
	if err != nil {
		return nil, err
	}
	switch {
	case c.Rules == nil || c.Clock == nil || c.Random == nil:
		return nil, errors.New("access: an authority needs Rules, Clock and Random")
	case c.Lifetime < time.Second || c.Lifetime > MaxLifetime:
		return nil, fmt.Errorf("access: embed tokens must live between a second and %s, not %s", MaxLifetime, c.Lifetime)
	}
	if err := c.Sessions.validate(c.Lifetime); err != nil {
		return nil, err
	}
	if err := checkKeys(c.Keys); err != nil {
		return nil, err
	}
	if err := checkAPIKeys(c.APIKeys, c.Rules); err != nil {
		return nil, err
	}
	memory, err := newMemory()
	if err != nil {
		return nil, err
	}
	return &Authority{
		c: c, origin: origin, memory: memory,
		parser: newParser(c.Issuer, c.Clock, leeway), renewer: newParser(c.Issuer, c.Clock, grace),
	}, nil
}

func originOf(issuer string) (string, error) {
	u, err := url.Parse(issuer)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", fmt.Errorf("access: the issuer %q is not the server's public URL", issuer)
	}
	return strings.ToLower(u.Scheme + "://" + u.Host), nil
}

func checkAPIKeys(keys []APIKey, rules *policy.Rules) error {
	names := map[string]bool{}
	for i, k := range keys {
		switch {
		case k.Name == "":
			return fmt.Errorf("access: API key %d has no name", i+1)
		case names[k.Name]:
			return fmt.Errorf("access: two API keys are called %q", k.Name)
		case k.SHA256 == [32]byte{} || k.SHA256 == sha256.Sum256(nil):
			return fmt.Errorf("access: the API key %q has no hash, or that of nothing", k.Name)
		}
		names[k.Name] = true
		for _, v := range k.Views {
			if !slices.Contains(rules.ViewNames(), v) {
				return fmt.Errorf("access: the API key %q names the view %q, which does not exist", k.Name, v)
			}
		}
		for _, d := range k.Dashboards {
			if _, ok := rules.DashboardViews(d); !ok {
				return fmt.Errorf("access: the API key %q names the dashboard %q, which does not exist", k.Name, d)
			}
		}
	}
	return nil
}

// A Token is a minted embed token, in the JSON shape of RFC 6749 section 5.1.
type Token struct {
	AccessToken string `json:"access_token"`
	ExpiresIn   int    `json:"expires_in"` // seconds
	TokenType   string `json:"token_type"` // "Bearer"
}

// Public mints a token for an anonymous visitor of a page at origin. A page at our
// own origin is the embed page, unless a view lists that origin. Errors are
// those of policy.Rules.PublicClaim and FramedClaim.
func (a *Authority) Public(ctx context.Context, origin string, views []string, dashboard string) (Token, error) {
	c, err := a.c.Rules.PublicClaim(origin, views, dashboard)
	if err != nil && origin == a.origin && dashboard != "" && len(views) == 0 && report.KindOf(err) == report.Forbidden {
		c, err = a.c.Rules.FramedClaim(origin, dashboard)
	}
	if err != nil {
		return Token{}, err
	}
	return a.start(c, "", a.c.Lifetime, a.c.Sessions.Public)
}

// A MintRequest is what a host's backend asks for. At least one view or dashboard is named.
type MintRequest struct {
	Views      []string       `json:"views,omitempty"`
	Dashboards []string       `json:"dashboards,omitempty"`
	Subject    string         `json:"subject,omitempty"`
	Origin     string         `json:"origin,omitempty"` // binds the token to pages of this origin
	Filter     *report.Filter `json:"filter,omitempty"`
	ExpiresIn  int            `json:"expires_in,omitempty"` // seconds, at most the configured lifetime; 0 for that
}

// The most that a MintRequest may name, so that a token stays a header.
const (
	maxNames   = 50
	maxSubject = 200 // bytes
)

// Mint mints a token for a host's backend that shows an API key. Errors:
// Unauthenticated (no such key), Forbidden (not this key's views), Invalid.
func (a *Authority) Mint(ctx context.Context, apiKey string, req MintRequest) (Token, error) {
	key, ok := a.apiKey(apiKey)
	if !ok {
		return Token{}, report.Errorf(report.Unauthenticated, "This is not a valid API key.")
	}
	if err := req.validate(); err != nil {
		return Token{}, err
	}
	if req.Origin != "" && req.Origin != a.origin && !a.c.Rules.ListsOrigin(req.Origin) {
		return Token{}, report.Errorf(report.Invalid, "No view lists the origin %s, so no page of it could use the token: add it to the origins of the view.", brief(req.Origin))
	}
	c := policy.Claim{Subject: req.Subject, Origin: req.Origin, Filter: req.Filter}
	for _, s := range req.Views {
		name, ok := a.c.Rules.ResolveView(s)
		if !ok || !key.allowsView(name) {
			return Token{}, report.Errorf(report.Forbidden, "This API key does not open a view %q.", brief(s))
		}
		if !slices.Contains(c.Views, name) {
			c.Views = append(c.Views, name)
		}
	}
	for _, name := range req.Dashboards {
		if !a.mayRead(key, name) {
			return Token{}, report.Errorf(report.Forbidden, "This API key does not open a dashboard %q.", brief(name))
		}
		if !slices.Contains(c.Dashboards, name) {
			c.Dashboards = append(c.Dashboards, name)
		}
	}
	return a.start(c, key.Name, a.lifetime(req.ExpiresIn), a.c.Sessions.Host)
}

func (req MintRequest) validate() error {
	switch {
	case len(req.Views)+len(req.Dashboards) == 0:
		return report.Errorf(report.Invalid, "Name at least one view or dashboard.")
	case len(req.Views)+len(req.Dashboards) > maxNames:
		return report.Errorf(report.Invalid, "Name at most %d views and dashboards.", maxNames)
	case len(req.Subject) > maxSubject:
		return report.Errorf(report.Invalid, "The subject is longer than %d bytes.", maxSubject)
	case req.ExpiresIn < 0:
		return report.Errorf(report.Invalid, "expires_in is a number of seconds, and cannot be negative.")
	case req.Origin != "":
		if o, err := originOf(req.Origin); err != nil || o != req.Origin {
			return report.Errorf(report.Invalid, "The origin %q must be written scheme://host or scheme://host:port, in lower case.", brief(req.Origin))
		}
	}
	if err := policy.CheckFilter(req.Filter); err != nil {
		return report.Errorf(report.Invalid, "filter: %s", report.AsError(err).Message)
	}
	return nil
}

func (a *Authority) lifetime(seconds int) time.Duration {
	if seconds == 0 || seconds > int(a.c.Lifetime/time.Second) {
		return a.c.Lifetime
	}
	return time.Duration(seconds) * time.Second
}

// apiKey finds the key that a backend shows. All are compared, each in constant
// time, so that the time taken tells nothing.
func (a *Authority) apiKey(shown string) (APIKey, bool) {
	sum := sha256.Sum256([]byte(shown))
	found := -1
	for i := range a.c.APIKeys {
		if subtle.ConstantTimeCompare(sum[:], a.c.APIKeys[i].SHA256[:]) == 1 {
			found = i
		}
	}
	if found < 0 || shown == "" {
		return APIKey{}, false
	}
	return a.c.APIKeys[found], true
}

func (k APIKey) allowsView(name string) bool {
	return len(k.Views) == 0 && len(k.Dashboards) == 0 || slices.Contains(k.Views, name)
}

// readsOver reports whether a key opens dashboards over a view.
func (k APIKey) readsOver(view string) bool {
	return len(k.Views) == 0 || slices.Contains(k.Views, view)
}

func (k APIKey) allowsDashboard(name string) bool {
	return len(k.Dashboards) == 0 || slices.Contains(k.Dashboards, name)
}

// mayRead reports whether a key opens a dashboard over at least one view.
func (a *Authority) mayRead(k APIKey, dashboard string) bool {
	views, ok := a.c.Rules.DashboardViews(dashboard)
	return ok && k.allowsDashboard(dashboard) && slices.ContainsFunc(views, k.readsOver)
}

// bound holds a token's claim to what its API key may name today. A claim over
// which the key has no say any more is refused.
func (a *Authority) bound(c policy.Claim, keyName string) (policy.Claim, error) {
	i := slices.IndexFunc(a.c.APIKeys, func(k APIKey) bool { return k.Name == keyName })
	if i < 0 {
		return policy.Claim{}, invalid(fmt.Errorf("the API key %q that minted it is gone", keyName))
	}
	k := a.c.APIKeys[i]
	// Of copies: a renewed token says all that the first one did.
	c.Views = slices.DeleteFunc(slices.Clone(c.Views), func(v string) bool { return !k.allowsView(v) })
	c.Dashboards = slices.DeleteFunc(slices.Clone(c.Dashboards), func(d string) bool { return !k.allowsDashboard(d) })
	c.DashboardViews = k.Views
	return c, nil
}

// Verify checks a token and computes the grant of its holder, who asks from a
// page at origin; origin is empty for askers that are not browsers. Errors are
// Unauthenticated, with a message that tells an expired token from a bad one.
//
// A token bound to an origin is refused when a browser names another one. An
// absent origin is accepted: browsers send none in a GET to the page's own
// origin, and what is no browser could name any.
func (a *Authority) Verify(ctx context.Context, token, origin string) (policy.Grant, error) {
	hash := tokenHash(sha256.Sum256([]byte(token)))
	if r := a.memory.recall(hash, a.c.Rules, a.c.Clock()); r != nil {
		if err := r.belongs(origin); err != nil {
			return policy.Grant{}, err
		}
		return r.grant, nil
	}
	c, grant, err := a.verify(a.parser, token, origin)
	if err == nil {
		a.memory.keep(hash, len(token), a.c.Rules, c, grant)
	}
	return grant, err
}

// verify reads a token with a parser and computes what it is good for now.
func (a *Authority) verify(parser *jwt.Parser, token, origin string) (claimed, policy.Grant, error) {
	c, err := a.read(parser, token)
	if err != nil {
		return claimed{}, policy.Grant{}, err
	}
	if err := c.belongs(origin); err != nil {
		return claimed{}, policy.Grant{}, err
	}
	today := c.Claim
	if c.apiKey != "" {
		if today, err = a.bound(today, c.apiKey); err != nil {
			return claimed{}, policy.Grant{}, err
		}
	}
	grant, err := a.c.Rules.Grant(today)
	return c, grant, err
}

// belongs refuses a token that is bound to another origin than the one that shows
// it.
func (c claimed) belongs(origin string) error {
	if c.Origin != "" && origin != "" && c.Origin != origin {
		return report.Errorf(report.Unauthenticated, "The embed token belongs to pages of another origin. Ask for a new one.")
	}
	return nil
}

// Renew mints a token for the session of one that is good, or was until a minute
// ago, and shown from a page at origin. It says the same as that one, for as long
// again, but never beyond the session's end. Errors are those of Verify.
func (a *Authority) Renew(ctx context.Context, token, origin string) (Token, policy.Grant, error) {
	c, grant, err := a.verify(a.renewer, token, origin)
	if err != nil {
		return Token{}, policy.Grant{}, err
	}
	if left := c.until.Sub(a.c.Clock()); left < time.Second {
		return Token{}, policy.Grant{}, report.Errorf(report.Unauthenticated, "The session has ended. Begin a new one.")
	}
	renewed, err := a.sign(c, min(a.c.Lifetime, c.ExpiresAt.Sub(c.IssuedAt)))
	return renewed, grant, err
}

func (a *Authority) random(n int) (string, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(a.c.Random, b); err != nil {
		return "", report.AsError(fmt.Errorf("access: no randomness: %w", err))
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// brief keeps what an asker wrote short enough to be repeated.
func brief(s string) string {
	if len(s) > 100 {
		return strings.ToValidUTF8(s[:100], "") + "…"
	}
	return s
}
