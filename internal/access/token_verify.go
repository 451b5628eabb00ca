package access

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

// Verify checks a token and computes the grant of its holder. Errors are
// Unauthenticated, with a message that tells an expired token from a bad one,
// and Unavailable when it cannot be known whether the session was revoked.
//
// A token bound to an origin is refused when a browser names another one. An
// absent origin is accepted: browsers send none in a GET to the page's own
// origin, and what is no browser could name any.
func (a *Authority) Verify(ctx context.Context, token string, caller Caller) (policy.Grant, error) {
	hash := tokenHash(sha256.Sum256([]byte(token)))
	if r := a.memory.recall(hash, a.keys.Load(), a.c.Clock()); r != nil {
		err := r.belongs(caller.Origin)
		if err == nil {
			err = a.revoked.refuse(r.revocable)
		}
		if err != nil {
			return policy.Grant{}, a.refused(ctx, r.event(caller, ""), err)
		}
		return r.grant.For(caller.Asker), nil
	}
	keys := a.keys.Load() // before the token is read by them
	c, grant, err := a.verify(a.parser, token, caller)
	if err != nil {
		return policy.Grant{}, a.refused(ctx, c.event(caller, ""), err)
	}
	a.memory.keep(hash, &remembered{
		claimed: c, grant: grant, keys: keys, size: uint32(len(token)),
		revocable: c.revocable(a.viewsOf(c.Claim)),
	})
	return grant, nil
}

// belongs refuses a token that is bound to another origin than the one that shows
// it.
func (c claimed) belongs(origin string) error {
	if c.Origin != "" && origin != "" && c.Origin != origin {
		return report.Errorf(report.Unauthenticated, "The embed token belongs to pages of another origin. Ask for a new one.")
	}
	return nil
}

// verify reads a token with a parser and computes what it is good for now. What
// the token says is returned with an error too, when its signature holds.
func (a *Authority) verify(parser reader, token string, caller Caller) (claimed, policy.Grant, error) {
	c, err := a.read(parser, token, tokenType, hostTokenType)
	if err == nil {
		err = c.belongs(caller.Origin)
	}
	if err != nil {
		return c, policy.Grant{}, err
	}
	grant, err := a.grant(c, caller)
	return c, grant, err
}

// grant computes what a claim is good for now.
func (a *Authority) grant(c claimed, caller Caller) (policy.Grant, error) {
	if err := a.revoked.refuse(c.revocable(a.viewsOf(c.Claim))); err != nil {
		return policy.Grant{}, err
	}
	today := c.Claim
	if !c.Public {
		var err error
		if today, err = a.bound(c); err != nil {
			return policy.Grant{}, err
		}
	}
	grant, err := a.c.Rules.Grant(today)
	return grant.For(caller.Asker), err
}

// Renew mints a token for the session of one that is good, or was until a minute
// ago. It says the same as that one, for as long again, but never beyond the
// session's end. Errors are those of Verify and Mint.
func (a *Authority) Renew(ctx context.Context, token string, caller Caller) (Token, policy.Grant, error) {
	c, grant, err := a.verify(a.renewer, token, caller)
	if err == nil && c.until.Sub(a.c.Clock()) < time.Second {
		err = report.Errorf(report.Unauthenticated, "The session has ended. Begin a new one.")
	}
	if err != nil {
		return Token{}, policy.Grant{}, a.refused(ctx, c.event(caller, "a renewal"), err)
	}
	renewed, err := a.issue(ctx, caller, EventRenew, c, min(a.c.Lifetime, c.ExpiresAt.Sub(c.IssuedAt)))
	return renewed, grant, err
}

// Expired reports whether err refuses a token for its age alone. Its signature was
// good: signatures are checked before ages.
func Expired(err error) bool { return errors.Is(err, jwt.ErrTokenExpired) }
