package access

import (
	"context"
	"time"

	"github.com/oriel-server/oriel/internal/policy"
)

// Kinds of events.
const (
	EventMint    = "mint"         // a session began
	EventCode    = "code"         // a single-use code was made, for a session that begins when it is redeemed
	EventRedeem  = "redeem"       // a code became a token
	EventRenew   = "renew"        // a token was renewed
	EventRefuse  = "refuse"       // a token, a code, an API key or a renewal was refused: Err is the reason
	EventRevoke  = "revoke"       // sessions were ended: Detail names the revocation
	EventSuspend = "suspend"      // a view, a host or a dashboard was closed: Detail names the suspension
	EventResume  = "resume"       // it was opened again
	EventHandOut = "access token" // a host's backend got Google's access token: Detail names the account
	EventRotate  = "rotate"       // signing keys changed: Detail lists them
)

// An Event is something that happened to tokens, for operators. No field holds
// a token, a code or a key.
type Event struct {
	Time       time.Time
	Kind       string // one of the constants above
	Host       string // that began the session; empty for the public's
	Key        string // fingerprint of the key that the host showed or signed with
	Session    string
	Subject    string
	Origin     string // that the token is narrowToHost to, or the page's that was refused
	Views      []string
	Dashboards []string // names
	Over       []string // the views over which Dashboards are read
	Detail     string
	Requester  policy.Requester
	Err        error
}

// A Recorder keeps events. Record is called from several goroutines. What cannot
// be recorded is not minted: an error of Record, or of Ready before it, refuses
// the token.
type Recorder interface {
	// Ready returns why nothing can be recorded now; nil when all can.
	Ready() error
	Record(ctx context.Context, e Event) error
}
