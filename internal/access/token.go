package access

import (
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

const (
	tokenType = "oriel-embed+jwt" // typ: no other JWT of ours or of others passes for one
	audience  = "oriel"
	// maxToken bounds a token before anything of it is read.
	maxToken = 8 << 10
	// leeway is how far the clocks of replicas may differ.
	leeway = 5 * time.Second
	// grace is how long after its end a token can still be renewed: pages that
	// slept, and answers that took their time.
	grace = time.Minute
)

// claims are the payload of an embed token.
type claims struct {
	jwt.RegisteredClaims
	// Session is the same in a token and those that it is renewed to.
	Session string `json:"sid"`
	// Until is when the session ends, and renewing with it.
	Until      *jwt.NumericDate `json:"until"`
	Origin     string           `json:"origin,omitempty"`
	Views      []string         `json:"views,omitempty"`
	Dashboards []string         `json:"dashboards,omitempty"`
	Filter     *report.Filter   `json:"filter,omitempty"`
	Public     bool             `json:"public,omitempty"`
	Framed     bool             `json:"framed,omitempty"`
	// Key is the name of the API key that minted the token; empty for public ones.
	Key string `json:"key,omitempty"`
}

func newParser(issuer string, clock func() time.Time, leeway time.Duration) *jwt.Parser {
	return jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithAudience(audience),
		jwt.WithIssuer(issuer),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
		jwt.WithLeeway(leeway),
		jwt.WithStrictDecoding(),
		jwt.WithTimeFunc(clock),
	)
}

// start mints the first token of a session, for a claim and the API key that
// asked; there is none for public ones.
func (a *Authority) start(c policy.Claim, apiKey string, lifetime, session time.Duration) (Token, error) {
	id, err := a.random(16)
	if err != nil {
		return Token{}, err
	}
	c.Session = id
	return a.sign(claimed{c, apiKey, a.c.Clock().Truncate(time.Second).Add(session)}, lifetime)
}

// sign makes a token of at most the given lifetime with the first key. No token
// outlives its session.
func (a *Authority) sign(c claimed, lifetime time.Duration) (Token, error) {
	id, err := a.random(16)
	if err != nil {
		return Token{}, err
	}
	// Whole seconds, as the token writes them: it must not live longer than it says.
	now := a.c.Clock().Truncate(time.Second)
	lifetime = min(lifetime, c.until.Sub(now))
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: a.c.Issuer, Subject: c.Subject, Audience: jwt.ClaimStrings{audience}, ID: id,
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(lifetime)),
		},
		Session: c.Session, Until: jwt.NewNumericDate(c.until),
		Origin: c.Origin, Views: c.Views, Dashboards: c.Dashboards, Filter: c.Filter,
		Public: c.Public, Framed: c.Framed, Key: c.apiKey,
	})
	key := a.c.Keys[0]
	token.Header["typ"], token.Header["kid"] = tokenType, key.ID
	signed, err := token.SignedString([]byte(key.Secret))
	if err != nil {
		return Token{}, report.AsError(fmt.Errorf("access: signing: %w", err))
	}
	if len(signed) > maxToken {
		return Token{}, report.Errorf(report.Invalid, "The embed token would be longer than %d bytes: make its filter, views or subject shorter.", maxToken)
	}
	return Token{AccessToken: signed, ExpiresIn: int(lifetime / time.Second), TokenType: "Bearer"}, nil
}

// claimed is what a token says: the claim, the name of the API key that minted
// it, which is empty for public ones, and when its session ends.
type claimed struct {
	policy.Claim
	apiKey string
	until  time.Time
}

// read verifies a token with a parser and returns what it says. Nothing of the
// payload is used before the signature holds.
func (a *Authority) read(parser *jwt.Parser, token string) (claimed, error) {
	if token == "" || len(token) > maxToken {
		return claimed{}, invalid(fmt.Errorf("its length is %d bytes", len(token)))
	}
	var p claims
	if _, err := parser.ParseWithClaims(token, &p, a.verificationKey); err != nil {
		// The library checks the signature before the claims: an expired token
		// was a good one.
		if errors.Is(err, jwt.ErrTokenExpired) {
			return claimed{}, report.Errorf(report.Unauthenticated, "The embed token has expired. Ask for a new one.").Because(err)
		}
		return claimed{}, invalid(err)
	}
	if err := p.check(); err != nil {
		return claimed{}, invalid(err)
	}
	return claimed{
		Claim: policy.Claim{
			Session: p.Session, Subject: p.Subject, Origin: p.Origin, Views: p.Views, Dashboards: p.Dashboards,
			Public: p.Public, Framed: p.Framed, Filter: p.Filter,
			IssuedAt: p.IssuedAt.Time, ExpiresAt: p.ExpiresAt.Time,
		},
		apiKey: p.Key, until: p.Until.Time,
	}, nil
}

// check says what the library does not look at.
func (p *claims) check() error {
	switch {
	case p.IssuedAt == nil:
		return errors.New("it does not say when it was issued")
	case p.ExpiresAt.Sub(p.IssuedAt.Time) > MaxLifetime:
		return errors.New("it lives too long")
	case p.ID == "" || p.Session == "" || p.Public == (p.Key != ""):
		return errors.New("it names no session, or not who minted it")
	case p.Until == nil || p.Until.Before(p.ExpiresAt.Time):
		return errors.New("its session ends before it does")
	}
	return nil
}

// verificationKey finds the key by its id among ours. Where a key can be had
// (jku, x5u, jwk) is nothing that a token can say.
func (a *Authority) verificationKey(t *jwt.Token) (any, error) {
	if t.Header["typ"] != tokenType {
		return nil, errors.New("it is not an embed token")
	}
	if _, ok := t.Header["crit"]; ok {
		return nil, errors.New("it has critical extensions, and none is known here")
	}
	id, _ := t.Header["kid"].(string)
	for i := range a.c.Keys {
		if a.c.Keys[i].ID == id {
			return []byte(a.c.Keys[i].Secret), nil
		}
	}
	return nil, fmt.Errorf("there is no signing key %q", brief(id))
}

func invalid(cause error) *report.Error {
	return report.Errorf(report.Unauthenticated, "The embed token is not valid. Ask for a new one.").Because(cause)
}
