package policy

import (
	"context"
	"slices"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// A Backend is a host's authenticated backend and what it may get beside embed tokens.
// Package access makes it.
type Backend struct {
	Host      string
	Key       string // fingerprint of the API key
	Accounts  []string
	Requester Requester
}

// An AccessToken is Google's, for a host that calls Google itself. It reads all
// that the account reads, and cannot be revoked.
type AccessToken struct {
	Value   string
	Expires time.Time
}

// AccessToken hands a Google account's access token to a backend that may have it.
// Errors, which are recorded: Forbidden, with the same message for unknown accounts, and
// those of the keyring. That the token is handed out is recorded by the authority, before
// it leaves.
func (g *Gate) AccessToken(ctx context.Context, b Backend, account string) (AccessToken, error) {
	d := Decision{Time: g.c.Clock(), Method: "access token", Requester: b.Requester, Host: b.Host, Account: account}
	if g.c.Keyring == nil || b.Host == "" || !slices.Contains(b.Accounts, account) {
		d.Account, d.Refused = report.Truncate(account), true
		err := report.Errorf(report.Forbidden, "This API key is handed no access token of an account %q at this address.", report.Truncate(account))
		g.record(ctx, d, err)
		return AccessToken{}, err
	}
	t, err := g.c.Keyring.AccessToken(ctx, account)
	if err != nil {
		err = report.Errorf(report.Unavailable, "Google gave no access token. Try again.").Because(err)
		g.record(ctx, d, err)
		return AccessToken{}, err
	}
	return AccessToken{t.HandOut(), t.Expires()}, nil
}
