package access

import (
	"cmp"
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

// The kinds of JWT, as their typ header. None is accepted in place of another, nor
// any other JWT in place of one.
const (
	tokenType     = "oriel-embed+jwt" // an embed token that we signed
	hostTokenType = "oriel-host+jwt"  // an embed token that a host signed
	codeType      = "oriel-code+jwt"  // a single-use code
)

const (
	maxToken     = 8 << 10         // bytes, checked before a token is parsed
	maxSessionID = 100             // bytes
	leeway       = 5 * time.Second // how far the clocks of replicas and hosts may differ
	grace        = time.Minute     // for renewing an expired token: pages sleep, and responses take time
)

// claims are the payload of an embed token. A host's has none of those below Filters.
type claims struct {
	jwt.RegisteredClaims
	Session    string               `json:"sid"`   // the same in a token and its renewals
	Until      *jwt.NumericDate     `json:"until"` // when the session ends; a host may leave it out
	Origin     string               `json:"origin,omitempty"`
	Views      []string             `json:"views,omitempty"`
	Dashboards []MintDashboard      `json:"dashboards,omitempty"`
	Filter     report.WrittenFilter `json:"filter,omitzero"`
	Filters    ViewFilters          `json:"filters,omitempty"`

	Public   bool   `json:"public,omitempty"`
	Set      bool   `json:"set,omitempty"`
	Framed   bool   `json:"framed,omitempty"`
	Host     string `json:"host,omitempty"`     // that began the session; empty for the public's
	Key      string `json:"key,omitempty"`      // fingerprint of the host's key; empty for the public's
	Began    int64  `json:"began,omitempty"`    // when the session began, in milliseconds of Unix time
	Slack    int    `json:"slack,omitempty"`    // how far the clock of Began may be ahead of ours, in seconds
	Lifetime int    `json:"lifetime,omitempty"` // of the token that a code is redeemed for, in seconds
	Family   string `json:"family,omitempty"`   // see session; empty for the session's id
	Renewals int    `json:"renewals,omitempty"` // how often the session's first token was renewed
	Ledger   string `json:"ledger,omitempty"`   // id of the ledger that can revoke it
}

// A session is what a good token says.
type session struct {
	policy.Claim
	id       string        // of the token
	key      string        // fingerprint of the host's key that began the session; empty for the public's
	began    time.Time     // when the session began
	skew     time.Duration // how far the clock of began may be ahead of ours
	until    time.Time     // when the session ends
	lifetime time.Duration // of the token that a code is redeemed for
	family   string        // of a token and all its renewals; a host can sign several for one session
	renewals int           // how many of the family came before this one
	set      []string      // of a public set: the names of its views
	ledger   string        // id of the ledger that can revoke it; empty for a host's own token
}

// revocable returns what can be revoked of a session.
func (s session) revocable() revocable {
	return revocable{
		Host: s.Host, Key: s.key, Session: s.Session, Subject: s.Subject,
		Views: append(s.ViewNames(), s.set...), Began: s.began, Skew: s.skew, Ledger: s.ledger,
	}
}

func (s session) event(caller Caller, detail string) Event {
	origin := s.Origin
	if origin == "" {
		origin = report.Truncate(caller.Origin)
	}
	if s.Set && detail == "" {
		detail = "the public set"
	}
	return Event{
		Host: s.Host, Key: s.key, Session: s.Session, Subject: s.Subject, Origin: origin,
		Views: s.Views, Dashboards: names(s.Dashboards), Over: unique(s.ReadOver()), Detail: detail, Requester: caller.Requester,
	}
}

// newSession begins a session for a claim. It is refused while revocations cannot
// be read, when its key is revoked, or all that it names is suspended; what was revoked of older sessions does not
// concern it.
func (a *Authority) newSession(c policy.Claim, key string, duration time.Duration) (session, error) {
	id, err := a.random(16)
	if err != nil {
		return session{}, err
	}
	c.Session = id
	now := a.c.Clock()
	s := a.withSet(session{Claim: c, key: key, began: now, until: now.Truncate(time.Second).Add(duration)})
	r := s.revocable()
	r.Began = a.revoked.firstBeginning(r)
	s.began = r.Began
	if err := a.revoked.check(r); err != nil {
		return s, err
	}
	if grant, err := a.c.Rules.Grant(c); err == nil {
		_, err = a.revoked.unsuspended(grant)
		return s, err
	}
	return s, nil
}

// issue signs a token for a session, once it is recorded.
func (a *Authority) issue(ctx context.Context, caller Caller, kind string, s session, lifetime time.Duration) (Token, error) {
	token, err := a.sign(tokenType, s, lifetime, 0)
	if err != nil {
		return Token{}, err
	}
	return a.recorded(ctx, caller, kind, s, token)
}

// recorded returns a token, once it is recorded.
func (a *Authority) recorded(ctx context.Context, caller Caller, kind string, s session, token Token) (Token, error) {
	e := s.event(caller, "")
	e.Kind = kind
	if err := a.recordIssue(ctx, e); err != nil {
		return Token{}, err
	}
	return token, nil
}

// expiry returns when a token of a session ends that is issued now.
func (a *Authority) expiry(s session, lifetime time.Duration) time.Time {
	now := a.c.Clock().Truncate(time.Second)
	return now.Add(min(lifetime, s.until.Sub(now)))
}

// sign makes a token of at most the given lifetime, and no longer than its session.
// Of a code, redeemed is the lifetime of its token.
func (a *Authority) sign(kind string, s session, lifetime, redeemed time.Duration) (Token, error) {
	id, err := a.random(16)
	if err != nil {
		return Token{}, err
	}
	return a.signAt(a.c.Clock(), id, kind, s, lifetime, redeemed)
}

// signAt is sign at a moment, with a given id: with the same arguments and keys it makes
// the same token.
func (a *Authority) signAt(now time.Time, id, kind string, s session, lifetime, redeemed time.Duration) (Token, error) {
	// Whole seconds, as in the token, so that expires_in is exact.
	now = now.Truncate(time.Second)
	lifetime = min(lifetime, s.until.Sub(now))
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: a.c.Issuer, Subject: s.Subject, Audience: jwt.ClaimStrings{a.c.Issuer}, ID: id,
			IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(lifetime)),
		},
		Session: s.Session, Until: jwt.NewNumericDate(s.until), Began: s.began.UnixMilli(),
		Origin: s.Origin, Views: s.Views, Dashboards: mintDashboards(s.Dashboards), Filter: report.WrittenFilter{Filter: s.Filter}, Filters: wrapFilters(s.Filters),
		Slack:  int(s.skew / time.Second),
		Public: s.Public, Set: s.Set, Framed: s.Framed, Host: s.Host, Key: s.key, Lifetime: int(redeemed / time.Second),
		Family: s.family, Renewals: s.renewals, Ledger: cmp.Or(s.ledger, a.revoked.ledgerID()),
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

// newParser returns a parser for all kinds of tokens; read checks the algorithm and
// the issuer of each kind.
func newParser(audience string, clock func() time.Time, leeway time.Duration) *jwt.Parser {
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

// googleToken is the prefix of Google's access tokens.
const googleToken = "ya29."

var errGoogleToken = errors.New("it is one of Google's access tokens; pages get an embed token from POST /v1/tokens")

// IsGoogleToken reports whether err refuses one of Google's access tokens, which a page
// sent in place of an embed token. The error does not contain the token.
func IsGoogleToken(err error) bool { return errors.Is(err, errGoogleToken) }

// read verifies a token of one of the kinds and returns what it says, with an error
// too once its signature was found good. Before that, nothing of the payload is used
// but the issuer, to find the host's keys.
func (a *Authority) read(parser *jwt.Parser, token string, kinds ...string) (session, error) {
	if strings.HasPrefix(token, googleToken) {
		return session{}, report.Errorf(report.Unauthenticated, "This is one of Google's access tokens: pages get an embed token, which your backend asks for at POST /v1/tokens.").Because(errGoogleToken)
	}
	if token == "" || len(token) > maxToken {
		return session{}, invalid(fmt.Errorf("its length is %d bytes", len(token)))
	}
	var p claims
	var by verifyKey
	_, err := parser.ParseWithClaims(token, &p, func(t *jwt.Token) (any, error) {
		var err error
		by, err = a.findKey(t, p.Issuer, kinds)
		return by.key, err
	})
	// The library checks the signature before the claims: an expired token was a
	// good one.
	if err != nil && !errors.Is(err, jwt.ErrTokenExpired) {
		return session{}, invalid(err)
	}
	if bad := p.check(by, a.c.Issuer); bad != nil {
		return session{}, invalid(bad)
	}
	s, bad := a.sessionOf(p, by)
	if bad != nil {
		return session{}, invalid(bad)
	}
	if err != nil {
		return s, report.Errorf(report.Unauthenticated, "The embed token has expired. Ask for a new one.").Because(err)
	}
	return s, nil
}

// A verifyKey verifies a token's signature.
type verifyKey struct {
	kind        string // of the token
	key         any
	host        string // empty for ours
	fingerprint string // of a host's key
}

// findKey finds the key of a token by the token's kind and the key's id. A token
// cannot name a location of its key (jku, x5u, jwk), and the key decides the
// algorithm, not alg.
func (a *Authority) findKey(t *jwt.Token, issuer string, kinds []string) (verifyKey, error) {
	kind, _ := t.Header["typ"].(string)
	if !slices.Contains(kinds, kind) {
		return verifyKey{}, errors.New("it is of another kind")
	}
	if _, ok := t.Header["crit"]; ok {
		return verifyKey{}, errors.New("it has critical extensions, and none is known here")
	}
	id, named := t.Header["kid"].(string)
	if _, there := t.Header["kid"]; there && !named {
		return verifyKey{}, errors.New("its kid is no text")
	}
	if kind == hostTokenType {
		return a.findHostKey(t, issuer, id)
	}
	if t.Method.Alg() != jwt.SigningMethodHS256.Alg() {
		return verifyKey{}, fmt.Errorf("its algorithm is %s", t.Method.Alg())
	}
	for _, k := range *a.keys.Load() {
		if k.ID == id {
			return verifyKey{kind: kind, key: []byte(k.Secret.Reveal())}, nil
		}
	}
	return verifyKey{}, fmt.Errorf("there is no signing key %q", report.Truncate(id))
}

func (a *Authority) findHostKey(t *jwt.Token, issuer, id string) (verifyKey, error) {
	h, ok := a.host(issuer)
	if !ok {
		return verifyKey{}, fmt.Errorf("there is no host %q", report.Truncate(issuer))
	}
	k, ok := h.signingKey(id)
	if !ok {
		return verifyKey{}, fmt.Errorf("the host %q has no key %q", h.Name, report.Truncate(id))
	}
	if t.Method.Alg() != k.method.Alg() {
		return verifyKey{}, fmt.Errorf("its algorithm is %s, the key's is %s", t.Method.Alg(), k.method.Alg())
	}
	return verifyKey{hostTokenType, k.key, h.Name, k.Fingerprint}, nil
}

// check checks what the library does not.
func (p *claims) check(by verifyKey, issuer string) error {
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
		return errors.New("another issuer made it")
	case p.Ledger == "":
		return errors.New("it names no ledger that could revoke it: an Oriel of before made it")
	case p.Session == "" || p.Began == 0 || p.Public == (p.Host != "") || p.Public == (p.Key != ""):
		return errors.New("it names no session, or not who began it")
	case p.Until == nil || p.Until.Before(p.ExpiresAt.Time):
		return errors.New("its session ends before it does")
	case (by.kind == codeType) != (p.Lifetime > 0):
		return errors.New("it is neither a token nor a code")
	}
	return nil
}

// checkHosts refuses claims that a host may not make, and what it could not mint.
func (p *claims) checkHosts() error {
	if p.Public || p.Set || p.Framed || p.Host != "" || p.Key != "" || p.Began != 0 || p.Slack != 0 || p.Family != "" || p.Renewals != 0 || p.Ledger != "" || p.Lifetime != 0 {
		return errors.New("a host signed it, and it makes claims that only this server makes")
	}
	return p.mintRequest().validate()
}

// sessionOf returns what a good token says.
func (a *Authority) sessionOf(p claims, by verifyKey) (session, error) {
	s := session{
		Claim: policy.Claim{
			Host: p.Host, Session: p.Session, Subject: p.Subject, Origin: p.Origin, Views: p.Views, Dashboards: dashboardClaims(p.Dashboards),
			Public: p.Public, Set: p.Set, Framed: p.Framed, Filter: p.Filter.Filter, Filters: unwrapFilters(p.Filters),
			IssuedAt: p.IssuedAt.Time, ExpiresAt: p.ExpiresAt.Time,
		},
		id: p.ID, key: p.Key, began: time.UnixMilli(p.Began), skew: time.Duration(p.Slack) * time.Second,
		lifetime: time.Duration(p.Lifetime) * time.Second, family: p.Family, renewals: p.Renewals, ledger: p.Ledger,
	}
	if p.Until != nil {
		s.until = p.Until.Time
	}
	if by.host == "" {
		return a.withSet(s), nil
	}
	return a.hostSession(s, p, by)
}

// withSet completes the session of a public set, whose token names no views.
func (a *Authority) withSet(s session) session {
	if s.Public && s.Set {
		s.set = a.c.Rules.PublicViews(s.Origin)
	}
	return s
}

// hostSession completes the session of a token that a host signed. The session's id
// begins with the host's name, so that no host can name another's session.
func (a *Authority) hostSession(s session, p claims, by verifyKey) (session, error) {
	// The host's clock may be ahead of ours; the skew keeps the session from beginning
	// after a revocation that came after it.
	s.Host, s.key, s.began, s.skew = by.host, by.fingerprint, p.IssuedAt.Time, leeway
	s.Session, s.family = by.host+":"+cmp.Or(s.Session, p.ID), by.host+":"+p.ID
	if end := s.began.Add(a.c.Sessions.Host); s.until.IsZero() || s.until.After(end) {
		s.until = end
	}
	if s.until.Before(s.ExpiresAt) {
		return s, errors.New("its session ends before it does")
	}
	h, _ := a.host(by.host)
	today, err := a.claim(h, p.mintRequest())
	s.Views, s.Dashboards, s.Filters = today.Views, today.Dashboards, today.Filters
	return s, err
}

// mintRequest returns the request that a host's token amounts to.
func (p *claims) mintRequest() MintRequest {
	return MintRequest{Views: p.Views, Dashboards: p.Dashboards, Subject: p.Subject, Origin: p.Origin, Filter: p.Filter, Filters: p.Filters}
}

// wrapFilters turns filters into those of a payload.
func wrapFilters(filters map[string]*report.Filter) map[string]report.WrittenFilter {
	return mapValues(filters, func(f *report.Filter) report.WrittenFilter { return report.WrittenFilter{Filter: f} })
}

func unwrapFilters(filters map[string]report.WrittenFilter) map[string]*report.Filter {
	return mapValues(filters, func(w report.WrittenFilter) *report.Filter { return w.Filter })
}

// mapValues applies f to each value of m; nil for an empty map.
func mapValues[K comparable, V, W any](m map[K]V, f func(V) W) map[K]W {
	if len(m) == 0 {
		return nil
	}
	out := make(map[K]W, len(m))
	for k, v := range m {
		out[k] = f(v)
	}
	return out
}

func invalid(cause error) *report.Error {
	return report.Errorf(report.Unauthenticated, "The embed token is not valid. Ask for a new one.").Because(cause)
}
