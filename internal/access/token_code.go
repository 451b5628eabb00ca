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

// A Code stands for an embed token in a URL, where a token must not appear: it
// can be used once. It is a signed claim too, so nothing is stored for codes
// that are never redeemed.
type Code struct {
	Code      string `json:"code"`
	ExpiresIn int    `json:"expires_in"` // seconds
}

// MintCode makes a code for the token that req describes. Its session has an id
// already, by which it can be revoked. Errors are those of Mint.
func (a *Authority) MintCode(ctx context.Context, apiKey string, caller Caller, req MintRequest) (Code, error) {
	s, err := a.newHostSession(ctx, apiKey, caller, req)
	if err != nil {
		return Code{}, err
	}
	signed, err := a.sign(codeType, s, CodeLifetime, a.lifetime(req.ExpiresIn))
	if err != nil {
		return Code{}, err
	}
	e := s.event(caller, "")
	e.Kind = EventCode
	if err := a.recordIssue(ctx, e); err != nil {
		return Code{}, err
	}
	return Code{signed.AccessToken, signed.ExpiresIn}, nil
}

// Redeem makes the token of a code. A code that is used twice was leaked: that ends
// its session, the first token included. Errors: Unauthenticated, and Unavailable
// when the ledger or the trail does not work.
func (a *Authority) Redeem(ctx context.Context, code string, caller Caller) (Token, policy.Grant, error) {
	s, grant, err := a.verify(a.parser, code, caller, codeType)
	if err == nil {
		grant, err = a.revoked.unsuspended(grant)
	}
	if err == nil {
		err = a.recordable()
	}
	if err != nil {
		return Token{}, policy.Grant{}, a.refused(ctx, s.event(caller, "a code"), err)
	}
	grant = grant.Until(a.expiry(s, s.lifetime))
	if err := caller.allow(grant); err != nil {
		return Token{}, grant, err
	}
	first, err := a.c.Ledger.Redeem(ctx, s.id, s.ExpiresAt.Add(time.Minute), a.c.Clock())
	if err != nil {
		return Token{}, policy.Grant{}, a.refused(ctx, s.event(caller, "a code"), checkUnavailable(err))
	}
	if !first {
		return Token{}, policy.Grant{}, a.endReplayed(ctx, s, caller, replayedCode)
	}
	token, err := a.issue(ctx, caller, EventRedeem, s, s.lifetime)
	return token, grant, err
}

// A replay is the second use of what can be used once: of two who use it, one stole it.
type replay struct {
	message string // for whom is refused
	reason  string // of the revocation
	detail  string // of the refusal
}

var (
	replayedCode  = replay{"The code was used before, so its session has ended. Ask for a new one.", "its code was redeemed twice", "a code, for the second time"}
	replayedToken = replay{"The embed token was renewed before, so its session has ended. Begin a new one.", "its token was renewed twice", "a renewal, for the second time"}
)

// endReplayed ends the session of a code or a token that was used before.
func (a *Authority) endReplayed(ctx context.Context, s session, caller Caller, r replay) error {
	err := error(report.Errorf(report.Unauthenticated, "%s", r.message))
	if _, failed := a.Revoke(ctx, Revocation{Kind: RevokeSession, Name: s.Session, Reason: r.reason}); failed != nil {
		err = checkUnavailable(fmt.Errorf("ending a session, for %s: %w", r.reason, failed))
	}
	return a.refused(ctx, s.event(caller, r.detail), err)
}

// checkUnavailable refuses a token or a code while the ledger does not work.
func checkUnavailable(err error) error {
	var known *report.Error
	if errors.As(err, &known) && known.Kind == report.Unavailable {
		return err
	}
	return report.Errorf(report.Unavailable, "Tokens cannot be checked at the moment. Try again.").Because(err)
}
