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
)

// claims are the payload of an embed token.
type claims struct {
	jwt.RegisteredClaims
	Origin     string         `json:"origin,omitempty"`
	Views      []string       `json:"views,omitempty"`
	Dashboards []string       `json:"dashboards,omitempty"`
	Filter     *report.Filter `json:"filter,omitempty"`
	Public     bool           `json:"public,omitempty"`
	Framed     bool           `json:"framed,omitempty"`
	// Key is the name of the API key that minted the token; empty for public ones.
	Key string `json:"key,omitempty"`
}

func newParser(issuer string, clock func() time.Time) *jwt.Parser {
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

// mint signs a claim with the first key.
func (a *Authority) mint(c policy.Claim, apiKey string, lifetime time.Duration) (Token, error) {
	session, err := a.random(16)
	if err != nil {
		return Token{}, err
	}
	// Whole seconds, as the token writes them: it must not live longer than it says.
	now := a.c.Clock().Truncate(time.Second)
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: a.c.Issuer, Subject: c.Subject, Audience: jwt.ClaimStrings{audience}, ID: session,
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(lifetime)),
		},
		Origin: c.Origin, Views: c.Views, Dashboards: c.Dashboards, Filter: c.Filter,
		Public: c.Public, Framed: c.Framed, Key: apiKey,
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

// read verifies a token and returns what it claims, and the name of the API key
// that minted it. Nothing of the payload is used before the signature holds.
func (a *Authority) read(token string) (c policy.Claim, apiKey string, err error) {
	if token == "" || len(token) > maxToken {
		return c, "", invalid(fmt.Errorf("its length is %d bytes", len(token)))
	}
	var p claims
	if _, err := a.parser.ParseWithClaims(token, &p, a.verificationKey); err != nil {
		// The library checks the signature before the claims: an expired token
		// was a good one.
		if errors.Is(err, jwt.ErrTokenExpired) {
			return c, "", report.Errorf(report.Unauthenticated, "The embed token has expired. Ask for a new one.").Because(err)
		}
		return c, "", invalid(err)
	}
	if p.IssuedAt == nil {
		return c, "", invalid(errors.New("it does not say when it was issued"))
	}
	if p.ExpiresAt.Sub(p.IssuedAt.Time) > MaxLifetime {
		return c, "", invalid(errors.New("it lives too long"))
	}
	if p.ID == "" || p.Public == (p.Key != "") {
		return c, "", invalid(errors.New("it names no session, or not who minted it"))
	}
	return policy.Claim{
		Session: p.ID, Subject: p.Subject, Origin: p.Origin, Views: p.Views, Dashboards: p.Dashboards,
		Public: p.Public, Framed: p.Framed, Filter: p.Filter,
		IssuedAt: p.IssuedAt.Time, ExpiresAt: p.ExpiresAt.Time,
	}, p.Key, nil
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
