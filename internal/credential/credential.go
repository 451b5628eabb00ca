// Package credential turns keys into Google access tokens: keys go in, access
// tokens come out, and nothing here or in the tokens prints a secret.
//
// A Keyring has one cache per account. Any number of callers share one request
// to Google, which runs on a context of its own, so that each caller can leave
// without disturbing the others. A token is renewed in the background before it
// ends, and every host that a key file may name has to be on an allow-list.
package credential

import "context"

// Scope is the only scope that Oriel ever asks for.
const Scope = "https://www.googleapis.com/auth/analytics.readonly"

// A Keyring gives access tokens. Errors are *Error.
type Keyring interface {
	// AccessToken returns a token of the named account that is good for the
	// next request. It honours ctx, whoever else waits for the same token.
	AccessToken(ctx context.Context, account string) (*Token, error)
}
