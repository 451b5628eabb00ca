package access

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

// CodeLifetime is how long a single-use code can be redeemed.
const CodeLifetime = 5 * time.Minute

// A Code stands for an embed token in an address, where a token must not stand: it
// is good once. It is a signed claim as well, so that nothing is stored for
// codes that nobody redeems.
type Code struct {
	Code      string `json:"code"`
	ExpiresIn int    `json:"expires_in"` // seconds
}

// MintCode makes a code for the token that req describes. Its session has an id
// already, by which it can be revoked. Errors are those of Mint.
func (a *Authority) MintCode(ctx context.Context, apiKey string, caller Caller, req MintRequest) (Code, error) {
	session, err := a.vouched(ctx, apiKey, caller, req)
	if err != nil {
		return Code{}, err
	}
	signed, err := a.sign(codeType, session, CodeLifetime, a.lifetime(req.ExpiresIn))
	if err != nil {
		return Code{}, err
	}
	e := session.event(caller, "")
	e.Kind = EventCode
	if err := a.admit(ctx, e); err != nil {
		return Code{}, err
	}
	return Code{signed.AccessToken, signed.ExpiresIn}, nil
}

// Redeem makes the token of a code. A code that comes a second time was seen by
// somebody else: it ends its session, the first one's token included. Errors:
// Unauthenticated, and Unavailable when the ledger or the trail does not work.
func (a *Authority) Redeem(ctx context.Context, code string, caller Caller) (Token, policy.Grant, error) {
	c, err := a.read(a.parser, code, codeType)
	if err == nil {
		err = c.belongs(caller.Origin)
	}
	var grant policy.Grant
	if err == nil {
		grant, err = a.grant(c, caller)
	}
	if err != nil {
		return Token{}, policy.Grant{}, a.refused(ctx, c.event(caller, "a code"), err)
	}
	first, err := a.c.Ledger.Redeem(ctx, c.id, c.ExpiresAt.Add(time.Minute), a.c.Clock())
	if err != nil {
		return Token{}, policy.Grant{}, a.refused(ctx, c.event(caller, "a code"), unchecked(err))
	}
	if !first {
		return Token{}, policy.Grant{}, a.replayed(ctx, c, caller)
	}
	token, err := a.issue(ctx, caller, EventRedeem, c, c.lifetime)
	return token, grant, err
}

// replayed ends the session of a code that was redeemed before.
func (a *Authority) replayed(ctx context.Context, c claimed, caller Caller) error {
	err := error(report.Errorf(report.Unauthenticated, "The code was used before, so its session has ended. Ask for a new one."))
	_, failed := a.Revoke(ctx, Revocation{Kind: RevokeSession, Name: c.Session, Reason: "its code was redeemed twice"})
	if failed != nil {
		err = unchecked(fmt.Errorf("ending the session of a code that was redeemed twice: %w", failed))
	}
	return a.refused(ctx, c.event(caller, "a code, for the second time"), err)
}

// unchecked is the refusal of what cannot be looked up.
func unchecked(err error) error {
	var known *report.Error
	if errors.As(err, &known) && known.Kind == report.Unavailable {
		return err
	}
	return report.Errorf(report.Unavailable, "Tokens cannot be checked at the moment. Try again.").Because(err)
}
