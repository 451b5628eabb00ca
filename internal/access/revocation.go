package access

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// maxReason bounds what operators write beside a revocation, in bytes.
const maxReason = 500

// maxEnding is how long a session can go on at most after it began: what it was
// begun with, and the grace in which its last token can be renewed.
const maxEnding = MaxSession + grace

// beginningID is the ID of what Beginning returns.
const beginningID = "beginning"

// Beginning returns what a ledger without a past begins with. If there was a past,
// nobody knows who was revoked in it, so all sessions that began before are ended;
// at the first start there are none. Tokens say whole seconds, so one that began
// in this second goes on.
func Beginning(now time.Time) Revocation {
	before := now.UTC().Truncate(time.Second).Add(-time.Millisecond)
	return Revocation{
		ID: beginningID, Kind: RevokeAll, Before: before, Until: before.Add(maxEnding), Made: now.UTC().Round(0),
		Reason: "the ledger was begun: what was revoked before is not known",
	}
}

// Revoke ends what r says, effective on the next request: Kind, Name, and, if one
// likes, Host, Before and Reason. It returns r completed. Errors: Invalid;
// Unavailable when it could not be recorded, so that nobody is refused by it.
func (a *Authority) Revoke(ctx context.Context, r Revocation) (Revocation, error) {
	if err := a.nameKnown(&r); err != nil {
		return Revocation{}, err
	}
	r, err := completed(r, a.c.Clock(), a.c.Random)
	if err != nil {
		return Revocation{}, err
	}
	ctx = context.WithoutCancel(ctx) // who asked may leave, what was asked must not be left half done
	if err := a.c.Ledger.Revoke(ctx, r); err != nil {
		return Revocation{}, unwritten(err)
	}
	return r, a.told(ctx, r, "")
}

// Lift takes a revocation back: of a key that was revoked by mistake, above all.
// Sessions that it ended and that would still last go on. Errors: NotFound,
// Unavailable.
func (a *Authority) Lift(ctx context.Context, id string) error {
	list, err := a.Revocations(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(r Revocation) bool { return r.ID == id })
	if i < 0 {
		return noRevocation(id)
	}
	found, err := a.c.Ledger.Lift(ctx, id)
	if err != nil {
		return unwritten(err)
	}
	if !found {
		return noRevocation(id) // meanwhile
	}
	return a.told(ctx, list[i], "lifted: ")
}

// Revocations returns those that are in force, oldest first. The error is
// Unavailable.
func (a *Authority) Revocations(ctx context.Context) ([]Revocation, error) {
	list, _, err := a.c.Ledger.Revocations(ctx, a.c.Clock())
	if err != nil {
		return nil, report.Errorf(report.Unavailable, "The ledger cannot be read.").Because(err)
	}
	return list, nil
}

// Watch asks the ledger every second what other processes revoked, until ctx ends.
// Without it, requests ask when what they know is five seconds old.
func (a *Authority) Watch(ctx context.Context, log *slog.Logger) {
	a.revoked.watch(ctx, func(err error) {
		if err != nil {
			log.ErrorContext(ctx, "the ledger cannot be read: all tokens are refused", "error", err)
			return
		}
		log.InfoContext(ctx, "the ledger can be read again")
	})
}

func noRevocation(id string) error {
	return report.Errorf(report.NotFound, "There is no revocation %q in force.", report.Brief(id))
}

func unwritten(err error) error {
	return report.Errorf(report.Unavailable, "The ledger could not be written: nothing has changed.").Because(err)
}

// told reads what was recorded, so that it holds for the next request, and records
// the event. What was recorded stays so, whatever the error.
func (a *Authority) told(ctx context.Context, r Revocation, how string) error {
	if err := a.revoked.refresh(ctx); err != nil {
		return report.Errorf(report.Unavailable, "It is in the ledger, which cannot be read: all tokens are refused until it can.").Because(err)
	}
	e := Event{Kind: EventRevoke, Detail: how + r.String()}
	switch r.Kind {
	case RevokeSession:
		e.Session = r.Name
	case RevokeSubject:
		e.Host, e.Subject = r.Host, r.Name
	case RevokeView:
		e.Views = []string{r.Name}
	case RevokeHost:
		e.Host = r.Name
	case RevokeKey:
		e.Key = r.Name
	}
	if err := a.record(ctx, e); err != nil {
		return report.Errorf(report.Unavailable, "It is in force, but could not be recorded in the audit log.").Because(err)
	}
	return nil
}

// String says what is revoked, for operators.
func (r Revocation) String() string {
	s := r.Kind
	if r.Name != "" {
		s += fmt.Sprintf(" %q", r.Name)
	}
	if r.Host != "" {
		s += fmt.Sprintf(" of host %q", r.Host)
	}
	if r.Kind != RevokeKey && r.Kind != RevokeSession {
		s += " before " + r.Before.Format(time.RFC3339Nano)
	}
	s += ", revocation " + r.ID
	if r.Reason != "" {
		s += fmt.Sprintf(": %q", r.Reason)
	}
	return s
}

// nameKnown refuses names that mean nothing here, for a slip of the pen would end
// nothing, and puts the name of a view in the place of its alias. What is gone from
// the configuration is refused without a revocation.
func (a *Authority) nameKnown(r *Revocation) error {
	host := r.Host
	switch r.Kind {
	case RevokeView:
		name, ok := a.c.Rules.ResolveView(r.Name)
		if !ok {
			return report.Errorf(report.Invalid, "There is no view %q.", report.Brief(r.Name))
		}
		r.Name = name
	case RevokeHost:
		host = r.Name
	case RevokeKey:
		if !slices.ContainsFunc(a.Hosts(), func(k KeyInfo) bool { return k.Fingerprint == r.Name }) {
			return report.Errorf(report.Invalid, "No host has a key with the fingerprint %q: it is the first 12 hexadecimal digits of the key's hash.", report.Brief(r.Name))
		}
	}
	if _, ok := a.host(host); host != "" && !ok {
		return report.Errorf(report.Invalid, "There is no host %q.", report.Brief(host))
	}
	return nil
}

// completed checks what operators ask for, and fills in the rest.
func completed(r Revocation, now time.Time, random io.Reader) (Revocation, error) {
	if err := r.check(now); err != nil {
		return r, err
	}
	var id [8]byte
	if _, err := io.ReadFull(random, id[:]); err != nil {
		return r, report.AsError(fmt.Errorf("access: no randomness: %w", err))
	}
	r.ID = hex.EncodeToString(id[:])
	r.Made = now.UTC().Truncate(time.Millisecond)
	if r.Before.IsZero() || r.Kind == RevokeSession || r.Kind == RevokeKey {
		r.Before = r.Made // it holds whenever the session began
	}
	r.Before, r.Until = r.Before.UTC().Truncate(time.Millisecond), time.Time{}
	if r.Kind != RevokeKey {
		r.Until = r.Before.Add(maxEnding)
	}
	if !r.InForce(now) {
		return r, report.Errorf(report.Invalid, "No session lasts so long: those that began before %s have ended.", r.Before.Format(time.RFC3339))
	}
	return r, nil
}

func (r Revocation) check(now time.Time) error {
	kinds := []string{RevokeSession, RevokeSubject, RevokeView, RevokeHost, RevokeKey, RevokeAll}
	switch {
	case !slices.Contains(kinds, r.Kind):
		return report.Errorf(report.Invalid, "%q cannot be revoked: a kind is one of %s.", report.Brief(r.Kind), kinds)
	case r.Kind == RevokeAll && r.Name != "":
		return report.Errorf(report.Invalid, "All means all: leave the name %q out, or say what it is the name of.", report.Brief(r.Name))
	case r.Kind != RevokeAll && r.Name == "":
		return report.Errorf(report.Invalid, "Say which %s.", r.Kind)
	case r.Host != "" && r.Kind != RevokeSubject:
		return report.Errorf(report.Invalid, "Only a subject belongs to a host: leave the host out.")
	case len(r.Name) > maxSubject || len(r.Host) > maxSubject || len(r.Reason) > maxReason:
		return report.Errorf(report.Invalid, "A name has at most %d bytes, a reason %d.", maxSubject, maxReason)
	case r.Before.After(now):
		return report.Errorf(report.Invalid, "Sessions that have not begun cannot be ended: %s is to come.", r.Before.Format(time.RFC3339))
	}
	return nil
}
