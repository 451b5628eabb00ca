package access

import (
	"context"
	"time"
)

// A Ledger keeps what must outlive the process: what was revoked, and which
// codes were redeemed. It decides nothing. Implementations are safe for
// concurrent use, also by several processes on one file, and every method that
// returns without an error has happened: what was recorded is on the disk, what
// was read is all there is. An error means that nothing is known.
type Ledger interface {
	// Revoke records a revocation. One whose ID is there already is replaced.
	Revoke(ctx context.Context, r Revocation) error
	// Lift removes a revocation and returns it, and reports whether it was there.
	Lift(ctx context.Context, id string) (Revocation, bool, error)
	// Revocations returns a page of those that are in force at a moment, in the order in
	// which they were recorded.
	Revocations(ctx context.Context, now time.Time, page Page) (List, error)
	// Changes returns what was recorded and removed since a version, or everything if the
	// ledger does not know the version. Version 0 is known to none.
	Changes(ctx context.Context, since int64) (Changes, error)
	// Version returns a number that is another one once a revocation was recorded or
	// removed. It costs little: it is asked for often.
	Version(ctx context.Context) (int64, error)
	// Redeem records that a code was used, until it could not be used anyway. Of
	// all who redeem the same code, for all time until then, one is first; from
	// then on nobody is.
	Redeem(ctx context.Context, code string, until, now time.Time) (first bool, err error)
	// Renew records that a token was renewed. Of all who renew the same one, for all time
	// until its session is over, one is first; those who come less than renewalWindow
	// later, before the next of the family is renewed, are told when that was. It is an
	// error, or not ok, for all others.
	Renew(ctx context.Context, r Renewal) (at time.Time, ok bool, err error)
	// Close ends the ledger's use.
	Close() error
}

// A Page is part of a list of revocations.
type Page struct {
	After int64 // Next of the page before; 0 for the first page
	Limit int   // at least 1
}

// A List is a page of revocations.
type List struct {
	Revocations []Revocation
	Next        int64 // 0 for the last page
}

// Changes are the difference between two versions of a ledger.
type Changes struct {
	Ledger   string // the ledger's id: tokens name the ledger that can revoke them
	Version  int64  // after the changes
	All      bool   // Recorded is all that there is
	Recorded []Revocation
	Removed  []string // ids
}

// A Renewal is the renewal of a token. A ledger keeps the last one of each family.
type Renewal struct {
	Family string    // a token and all that it was renewed to
	Number int       // how many of the family came before the token that is renewed
	Until  time.Time // when no token of the family can be renewed any more
	At     time.Time
}

// After returns when a token was renewed that is renewed now, and whether it may be. The
// last one of its family is zero if none was recorded.
func (r Renewal) After(last Renewal) (at time.Time, first, ok bool) {
	switch next := last.Number + 1; {
	case last.Family == "" && r.Number == 0, last.Family != "" && r.Number == next:
		return r.At, true, true
	case last.Family != "" && r.Number == last.Number && r.At.Sub(last.At).Abs() < renewalWindow:
		return last.At, false, true
	}
	return time.Time{}, false, false
}

// What a Revocation names.
const (
	RevokeSession   = "session"   // one session, by its id
	RevokeSubject   = "subject"   // the sessions of a subject, of one host or of any
	RevokeView      = "view"      // the sessions that name a view, or a dashboard over it
	RevokeHost      = "host"      // the sessions that a host began
	RevokeDashboard = "dashboard" // a dashboard, which can only be suspended
	RevokeKey       = "key"       // the sessions begun with an API key or a host's signing key, and what it would begin
	RevokeAll       = "all"       // every session
)

// A Revocation ends sessions that began before a moment: their tokens are
// refused, and cannot be renewed. That of a key stands: nothing can be begun
// with it again. A suspension stands too: it ends no session, but closes a view, a
// host or a dashboard to all sessions, also new ones, until it is lifted.
type Revocation struct {
	ID      string    `json:"id"`
	Suspend bool      `json:"suspend,omitempty"` // a suspension
	Kind    string    `json:"kind"`              // one of the constants above
	Name    string    `json:"name,omitempty"`    // what of that kind; a key's is its fingerprint; empty for all
	Host    string    `json:"host,omitempty"`    // whose subject; empty for any host's
	Before  time.Time `json:"before"`            // sessions that began up to this moment
	Until   time.Time `json:"until,omitzero"`    // when the last of them has ended by itself; zero: it stands
	Made    time.Time `json:"made"`              // when it was recorded
	Reason  string    `json:"reason,omitempty"`  // for operators
}

// InForce reports whether a revocation can still refuse anybody.
func (r Revocation) InForce(now time.Time) bool { return r.Until.IsZero() || now.Before(r.Until) }
