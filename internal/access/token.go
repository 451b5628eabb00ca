package access

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

// The kinds of JWT here, as typ says them: none passes for another, nor any other
// JWT for one of them.
const (
	tokenType     = "oriel-embed+jwt" // an embed token that we signed
	hostTokenType = "oriel-host+jwt"  // an embed token that a host signed
	codeType      = "oriel-code+jwt"  // a single-use code
)

const (
	// maxToken bounds a token before anything of it is read.
	maxToken = 8 << 10
	// leeway is how far the clocks of replicas and hosts may differ.
	leeway = 5 * time.Second
	// grace is how long after its end a token can still be renewed: pages that
	// slept, and answers that took their time.
	grace = time.Minute
	// maxSession is the most that an id of a session may be long, in bytes.
	maxSessionID = 100
)

// claims are the payload of an embed token. A host's has none of those below Filters.
type claims struct {
	jwt.RegisteredClaims
	// Session is the same in a token and those that it is renewed to.
	Session string `json:"sid"`
	// Until is when the session ends, and renewing with it. A host may leave it out.
	Until      *jwt.NumericDate                `json:"until"`
	Origin     string                          `json:"origin,omitempty"`
	Views      []string                        `json:"views,omitempty"`
	Dashboards []string                        `json:"dashboards,omitempty"`
	Filter     report.WrittenFilter            `json:"filter,omitzero"`
	Filters    map[string]report.WrittenFilter `json:"filters,omitempty"`

	Public bool `json:"public,omitempty"`
	Framed bool `json:"framed,omitempty"`
	// Host is who began the session, and Key the fingerprint of its key; both empty
	// for the public's.
	Host string `json:"host,omitempty"`
	Key  string `json:"key,omitempty"`
	// Began is when the session did, in milliseconds of Unix time.
	Began int64 `json:"began,omitempty"`
	// Slack is how far the host's clock that says so may be ahead, in seconds.
	Slack int `json:"slack,omitempty"`
	// Lifetime is that of the token that a code becomes, in seconds.
	Lifetime int `json:"lifetime,omitempty"`
}

// claimed is what a token says.
type claimed struct {
	policy.Claim
	id       string        // of the token
	key      string        // fingerprint of the host's key that began the session; empty for the public's
	began    time.Time     // when the session did
	slack    time.Duration // how far the clock that says so may be ahead
	until    time.Time     // when it ends
	lifetime time.Duration // of the token that a code becomes
}

// revocable is what can be revoked of a claim over views.
func (c claimed) revocable(views []string) revocable {
	return revocable{Host: c.Host, Key: c.key, Session: c.Session, Subject: c.Subject, Views: views, Began: c.began, Slack: c.slack}
}

func (c claimed) event(caller Caller, detail string) Event {
	origin := c.Origin
	if origin == "" {
		origin = report.Brief(caller.Origin)
	}
	return Event{
		Host: c.Host, Key: c.key, Session: c.Session, Subject: c.Subject, Origin: origin,
		Views: c.Views, Dashboards: c.Dashboards, Detail: detail, Asker: caller.Asker,
	}
}

// begin gives a claim a session.
func (a *Authority) begin(c policy.Claim, key string, lasts time.Duration) (claimed, error) {
	id, err := a.random(16)
	if err != nil {
		return claimed{}, err
	}
	c.Session = id
	now := a.c.Clock()
	return claimed{Claim: c, key: key, began: now, until: now.Truncate(time.Second).Add(lasts)}, nil
}

// issue signs a token for a session, once it is recorded.
func (a *Authority) issue(ctx context.Context, caller Caller, kind string, c claimed, lifetime time.Duration) (Token, error) {
	token, err := a.sign(tokenType, c, lifetime, 0)
	if err != nil {
		return Token{}, err
	}
	e := c.event(caller, "")
	e.Kind = kind
	if err := a.admit(ctx, e); err != nil {
		return Token{}, err
	}
	return token, nil
}

// admit records what is about to be given out. What cannot be recorded is not.
func (a *Authority) admit(ctx context.Context, e Event) error {
	err := a.c.Recorder.Ready()
	if err == nil {
		err = a.record(ctx, e)
	}
	if err != nil {
		return unrecorded(err)
	}
	return nil
}

// sign makes a token of at most the given lifetime. No token outlives its session.
func (a *Authority) sign(kind string, c claimed, lifetime, becomes time.Duration) (Token, error) {
	id, err := a.random(16)
	if err != nil {
		return Token{}, err
	}
	// Whole seconds, as the token writes them: it must not live longer than it says.
	now := a.c.Clock().Truncate(time.Second)
	lifetime = min(lifetime, c.until.Sub(now))
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: a.c.Issuer, Subject: c.Subject, Audience: jwt.ClaimStrings{a.c.Issuer}, ID: id,
			IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(lifetime)),
		},
		Session: c.Session, Until: jwt.NewNumericDate(c.until), Began: c.began.UnixMilli(),
		Origin: c.Origin, Views: c.Views, Dashboards: c.Dashboards, Filter: report.WrittenFilter{Filter: c.Filter}, Filters: written(c.Filters),
		Slack:  int(c.slack / time.Second),
		Public: c.Public, Framed: c.Framed, Host: c.Host, Key: c.key, Lifetime: int(becomes / time.Second),
	})
	key := signer(*a.keys.Load(), now)
	token.Header["typ"], token.Header["kid"] = kind, key.ID
	signed, err := token.SignedString([]byte(key.Secret.Reveal()))
	if err != nil {
		return Token{}, report.AsError(fmt.Errorf("access: signing: %w", err))
	}
	if len(signed) > maxToken {
		return Token{}, report.Errorf(report.Invalid, "The embed token would be longer than %d bytes: make its filter, views or subject shorter.", maxToken)
	}
	return Token{AccessToken: signed, ExpiresIn: int(lifetime / time.Second), TokenType: "Bearer"}, nil
}

// A reader reads tokens: our parser, with one leeway or another.
type reader = *jwt.Parser

// newParser reads tokens of all kinds; which algorithm and issuer one of a kind
// has, read looks at.
func newParser(audience string, clock func() time.Time, leeway time.Duration) reader {
	return jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg(), jwt.SigningMethodEdDSA.Alg(), jwt.SigningMethodES256.Alg()}),
		jwt.WithAudience(audience),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
		jwt.WithLeeway(leeway),
		jwt.WithStrictDecoding(),
		jwt.WithTimeFunc(clock),
	)
}

// googleToken begins Google's access tokens.
const googleToken = "ya29."

var errGoogleToken = errors.New("it is one of Google's access tokens; pages get an embed token from POST /v1/tokens")

// IsGoogleToken reports whether an error is that of a page which sends what its backend got
// from Google. It never repeats the token.
func IsGoogleToken(err error) bool { return errors.Is(err, errGoogleToken) }

// read verifies a token of one of the kinds and returns what it says, with an
// error too when its signature holds. Nothing of the payload is used before it
// does, but the name of the host whose keys to look among.
func (a *Authority) read(parser reader, token string, kinds ...string) (claimed, error) {
	if strings.HasPrefix(token, googleToken) {
		return claimed{}, report.Errorf(report.Unauthenticated, "This is one of Google's access tokens: pages get an embed token, which your backend asks for at POST /v1/tokens.").Because(errGoogleToken)
	}
	if token == "" || len(token) > maxToken {
		return claimed{}, invalid(fmt.Errorf("its length is %d bytes", len(token)))
	}
	var p claims
	var by signature
	_, err := parser.ParseWithClaims(token, &p, func(t *jwt.Token) (any, error) {
		var err error
		by, err = a.verifies(t, p.Issuer, kinds)
		return by.key, err
	})
	// The library checks the signature before the claims: an expired token was a
	// good one.
	if err != nil && !errors.Is(err, jwt.ErrTokenExpired) {
		return claimed{}, invalid(err)
	}
	if bad := p.check(by, a.c.Issuer); bad != nil {
		return claimed{}, invalid(bad)
	}
	c, bad := a.claimed(p, by)
	if bad != nil {
		return claimed{}, invalid(bad)
	}
	if err != nil {
		return c, report.Errorf(report.Unauthenticated, "The embed token has expired. Ask for a new one.").Because(err)
	}
	return c, nil
}

// A signature is what a token's has to be checked with, and who makes such ones.
type signature struct {
	kind string
	key  any
	host string // empty for ours
	name string // the fingerprint of a host's key
}

// verifies finds the key of a token by its kind and the key's id. Where a key can
// be had (jku, x5u, jwk) is nothing that a token can say, and what it is for the key
// decides, not alg.
func (a *Authority) verifies(t *jwt.Token, issuer string, kinds []string) (signature, error) {
	kind, _ := t.Header["typ"].(string)
	if !slices.Contains(kinds, kind) {
		return signature{}, errors.New("it is of another kind")
	}
	if _, ok := t.Header["crit"]; ok {
		return signature{}, errors.New("it has critical extensions, and none is known here")
	}
	id, named := t.Header["kid"].(string)
	if _, there := t.Header["kid"]; there && !named {
		return signature{}, errors.New("its kid is no text")
	}
	if kind == hostTokenType {
		return a.hostSigned(t, issuer, id)
	}
	if t.Method.Alg() != jwt.SigningMethodHS256.Alg() {
		return signature{}, fmt.Errorf("its algorithm is %s", t.Method.Alg())
	}
	for _, k := range *a.keys.Load() {
		if k.ID == id {
			return signature{kind: kind, key: []byte(k.Secret.Reveal())}, nil
		}
	}
	return signature{}, fmt.Errorf("there is no signing key %q", report.Brief(id))
}

func (a *Authority) hostSigned(t *jwt.Token, issuer, id string) (signature, error) {
	h, ok := a.host(issuer)
	if !ok {
		return signature{}, fmt.Errorf("there is no host %q", report.Brief(issuer))
	}
	k, ok := h.verifies(id)
	if !ok {
		return signature{}, fmt.Errorf("the host %q has no key %q", h.Name, report.Brief(id))
	}
	if t.Method.Alg() != k.method.Alg() {
		return signature{}, fmt.Errorf("its algorithm is %s, the key's is %s", t.Method.Alg(), k.method.Alg())
	}
	return signature{hostTokenType, k.key, h.Name, k.Fingerprint}, nil
}

// check says what the library does not look at.
func (p *claims) check(by signature, issuer string) error {
	switch {
	case p.IssuedAt == nil || p.ExpiresAt == nil:
		return errors.New("it does not say when it was issued, or when it ends")
	case p.ExpiresAt.Sub(p.IssuedAt.Time) > MaxLifetime || !p.ExpiresAt.After(p.IssuedAt.Time):
		return errors.New("it lives too long, or not at all")
	case p.ID == "" || len(p.ID) > maxSessionID || len(p.Session) > maxSessionID:
		return errors.New("it has no id, or a long one")
	case by.host != "":
		return p.checkHosts()
	case p.Issuer != issuer:
		return errors.New("somebody else issued it")
	case p.Session == "" || p.Began == 0 || p.Public == (p.Host != "") || p.Public == (p.Key != ""):
		return errors.New("it names no session, or not who began it")
	case p.Until == nil || p.Until.Before(p.ExpiresAt.Time):
		return errors.New("its session ends before it does")
	case (by.kind == codeType) != (p.Lifetime > 0):
		return errors.New("it is neither a token nor a code")
	}
	return nil
}

// checkHosts refuses what a host may not say, and what it may not mint.
func (p *claims) checkHosts() error {
	if p.Public || p.Framed || p.Host != "" || p.Key != "" || p.Began != 0 || p.Slack != 0 || p.Lifetime != 0 {
		return errors.New("a host signed it, and it says what only this server says")
	}
	req := MintRequest{Views: p.Views, Dashboards: p.Dashboards, Subject: p.Subject, Origin: p.Origin, Filter: p.Filter, Filters: p.Filters}
	return req.validate()
}

// claimed returns what a good token says.
func (a *Authority) claimed(p claims, by signature) (claimed, error) {
	c := claimed{
		Claim: policy.Claim{
			Host: p.Host, Session: p.Session, Subject: p.Subject, Origin: p.Origin, Views: p.Views, Dashboards: p.Dashboards,
			Public: p.Public, Framed: p.Framed, Filter: p.Filter.Filter, Filters: plain(p.Filters),
			IssuedAt: p.IssuedAt.Time, ExpiresAt: p.ExpiresAt.Time,
		},
		id: p.ID, key: p.Key, began: time.UnixMilli(p.Began), slack: time.Duration(p.Slack) * time.Second, lifetime: time.Duration(p.Lifetime) * time.Second,
	}
	if p.Until != nil {
		c.until = p.Until.Time
	}
	if by.host == "" {
		return c, nil
	}
	return a.ofHost(c, p, by)
}

// ofHost completes what a host's token says by whose it is. Its session is called
// by the host's name as well, so that no host can speak of another's.
func (a *Authority) ofHost(c claimed, p claims, by signature) (claimed, error) {
	// By a clock that may be ahead of ours: it must not begin after a revocation that
	// it came before.
	c.Host, c.key, c.began, c.slack = by.host, by.name, p.IssuedAt.Time, leeway
	if c.Session == "" {
		c.Session = p.ID
	}
	c.Session = by.host + ":" + c.Session
	if end := c.began.Add(a.c.Sessions.Host); c.until.IsZero() || c.until.After(end) {
		c.until = end
	}
	if c.until.Before(c.ExpiresAt) {
		return c, errors.New("its session ends before it does")
	}
	h, _ := a.host(by.host)
	today, err := a.claim(h, MintRequest{Views: c.Views, Dashboards: c.Dashboards, Subject: c.Subject, Origin: c.Origin, Filter: p.Filter, Filters: p.Filters})
	c.Views, c.Dashboards, c.Filters = today.Views, today.Dashboards, today.Filters
	return c, err
}

// written and plain turn filters into what a token writes, and back.
func written(filters map[string]*report.Filter) map[string]report.WrittenFilter {
	if len(filters) == 0 {
		return nil
	}
	out := make(map[string]report.WrittenFilter, len(filters))
	for view, f := range filters {
		out[view] = report.WrittenFilter{Filter: f}
	}
	return out
}

func plain(filters map[string]report.WrittenFilter) map[string]*report.Filter {
	if len(filters) == 0 {
		return nil
	}
	out := make(map[string]*report.Filter, len(filters))
	for view, f := range filters {
		out[view] = f.Filter
	}
	return out
}

func invalid(cause error) *report.Error {
	return report.Errorf(report.Unauthenticated, "The embed token is not valid. Ask for a new one.").Because(cause)
}
