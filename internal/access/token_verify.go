package access

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

// Verify checks a token and computes its holder's grant. Errors are
// Unauthenticated, with a message that tells an expired token from a bad one,
// and Unavailable while revocations cannot be read.
//
// A token bound to an origin is refused when a browser names another one. An
// absent origin is accepted: browsers send none in a GET to the page's own
// origin, and other clients could send any.
func (a *Authority) Verify(ctx context.Context, token string, caller Caller) (policy.Grant, error) {
	hash := tokenHash(sha256.Sum256([]byte(token)))
	keys := a.keys.Load() // before the token is verified by them
	if t := a.tokens.get(hash, keys, a.c.Clock()); t != nil {
		err := t.checkOrigin(caller.Origin)
		if err == nil {
			err = a.revoked.check(t.revocable)
		}
		grant := t.grant
		if err == nil {
			grant, err = a.revoked.unsuspended(grant)
		}
		if err != nil {
			return policy.Grant{}, a.refused(ctx, t.event(caller, ""), err)
		}
		return grant.For(caller.Requester), nil
	}
	s, grant, err := a.verify(a.parser, token, caller, tokenType, hostTokenType)
	if err == nil {
		a.tokens.put(hash, &cachedToken{session: s, grant: grant, keys: keys, size: uint32(len(token)), revocable: s.revocable()})
		grant, err = a.revoked.unsuspended(grant)
	}
	if err != nil {
		return policy.Grant{}, a.refused(ctx, s.event(caller, ""), err)
	}
	return grant, nil
}

// checkOrigin refuses a token that is bound to another origin than the caller's.
func (s session) checkOrigin(origin string) error {
	if s.Origin != "" && origin != "" && s.Origin != origin {
		return report.Errorf(report.Unauthenticated, "The embed token belongs to pages of another origin. Ask for a new one.")
	}
	return nil
}

// verify reads a token of one of the kinds and computes its grant. The session is
// returned with an error too, once the signature was found good.
func (a *Authority) verify(parser *jwt.Parser, token string, caller Caller, kinds ...string) (session, policy.Grant, error) {
	s, err := a.read(parser, token, kinds...)
	if err == nil {
		err = s.checkOrigin(caller.Origin)
	}
	if err == nil {
		err = a.revoked.check(s.revocable())
	}
	today := s.Claim
	if err == nil && !s.Public {
		today, err = a.narrowToHost(s)
	}
	if err != nil {
		return s, policy.Grant{}, err
	}
	grant, err := a.c.Rules.Grant(today)
	return s, grant.For(caller.Requester), err
}

// Renew mints a token for the session of one that is good, or was until a minute
// ago. The new token says the same and lives as long, but ends with the session.
// A host's token is renewed once, see rotate: first allow is asked, by which the caller
// can refuse the holder of a grant. Errors are its own and those of Verify and Mint.
func (a *Authority) Renew(ctx context.Context, token string, caller Caller, allow func(policy.Grant) error) (Token, error) {
	s, grant, err := a.verify(a.renewer, token, caller, tokenType, hostTokenType)
	if err == nil {
		grant, err = a.revoked.unsuspended(grant)
	}
	if err == nil && s.until.Sub(a.c.Clock()) < time.Second {
		err = report.Errorf(report.Unauthenticated, "The session has ended. Begin a new one.")
	}
	if err == nil {
		err = allow(grant)
	}
	if err != nil {
		return Token{}, a.refused(ctx, s.event(caller, "a renewal"), err)
	}
	lifetime := min(a.c.Lifetime, s.ExpiresAt.Sub(s.IssuedAt))
	if s.Public { // nothing is gained by stealing what everybody is given
		return a.issue(ctx, caller, EventRenew, s, lifetime)
	}
	return a.rotate(ctx, caller, s, lifetime)
}

// renewalWindow is how long a token can be renewed again after it was: the response may
// have been lost.
const renewalWindow = 10 * time.Second

// rotate mints the successor of a host's token (RFC 9700, section 4.14). A token has one
// successor: within renewalWindow the same bytes are returned again, so that two who
// renew the same token do not get two sessions out of one. Later, one of the two stole
// it, and the session ends.
func (a *Authority) rotate(ctx context.Context, caller Caller, s session, lifetime time.Duration) (Token, error) {
	if err := a.recordable(); err != nil { // before the token is used up
		return Token{}, a.refused(ctx, s.event(caller, "a renewal"), err)
	}
	now := a.c.Clock()
	family := cmp.Or(s.family, s.Session)
	at, ok, err := a.c.Ledger.Renew(ctx, Renewal{Family: family, Number: s.renewals, Until: s.until.Add(grace), At: now})
	switch {
	case err != nil:
		return Token{}, a.refused(ctx, s.event(caller, "a renewal"), checkUnavailable(err))
	case !ok:
		return Token{}, a.endReplayed(ctx, s, caller, replayedToken)
	}
	s.renewals++
	id := sha256.Sum256([]byte("successor\x00" + family + "\x00" + strconv.Itoa(s.renewals)))
	token, err := a.signAt(at, base64.RawURLEncoding.EncodeToString(id[:16]), tokenType, s, lifetime, 0)
	if err != nil {
		return Token{}, err
	}
	token.ExpiresIn -= int(now.Truncate(time.Second).Sub(at.Truncate(time.Second)) / time.Second)
	return a.recorded(ctx, caller, EventRenew, s, token)
}

// Expired reports whether err refuses a token for its age alone. Its signature was
// good: signatures are checked before ages.
func Expired(err error) bool { return errors.Is(err, jwt.ErrTokenExpired) }
