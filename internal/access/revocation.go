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

// maxReason bounds the reason of a revocation, in bytes.
const maxReason = 500

// maxSessionLife is the longest time from a session's beginning to the end of the
// grace period in which its last token can be renewed.
const maxSessionLife = MaxSession + grace

// initialID is the ID of what Beginning returns.
const initialID = "beginning"

// Beginning returns the initial revocation of a new ledger. It ends all sessions that
// began before: if there was another ledger, what it had revoked is unknown. Hosts'
// tokens have whole seconds, so sessions that began in this second go on.
func Beginning(now time.Time) Revocation {
	before := now.UTC().Truncate(time.Second).Add(-time.Millisecond)
	return Revocation{
		ID: initialID, Kind: RevokeAll, Before: before, Until: before.Add(maxSessionLife), Made: now.UTC().Round(0),
		Reason: "new ledger: earlier revocations are unknown",
	}
}

// Revoke ends sessions, or suspends, effective on the next request. Of r it reads Kind,
// Name, and, optionally, Suspend, Host, Before and Reason; it returns r completed. Errors: Invalid, and
// Unavailable, see enforce; when the ledger cannot be written, nothing is revoked.
func (a *Authority) Revoke(ctx context.Context, r Revocation) (Revocation, error) {
	if err := a.resolveName(&r); err != nil {
		return Revocation{}, err
	}
	r, err := complete(r, a.c.Clock(), a.c.Random)
	if err != nil {
		return Revocation{}, err
	}
	ctx = context.WithoutCancel(ctx) // must not be left half done when the client leaves
	if err := a.c.Ledger.Revoke(ctx, r); err != nil {
		return Revocation{}, ledgerWriteError(err)
	}
	return r, a.enforce(ctx, r, "")
}

// Lift removes a revocation, such as that of a key that was revoked by mistake, or a
// suspension. Sessions that it ended go on unless they expired. Errors: NotFound,
// Unavailable.
func (a *Authority) Lift(ctx context.Context, id string) error {
	id = a.resolveSuspension(id)
	ctx = context.WithoutCancel(ctx) // must not be left half done when the client leaves
	r, found, err := a.c.Ledger.Lift(ctx, id)
	if err != nil {
		return ledgerWriteError(err)
	}
	if !found || !r.InForce(a.c.Clock()) {
		return revocationNotFound(id)
	}
	return a.enforce(ctx, r, "lifted: ")
}

// Revocations returns a page of those that are in force, in the order in which they were
// recorded. The error is Unavailable.
func (a *Authority) Revocations(ctx context.Context, page Page) (List, error) {
	list, err := a.c.Ledger.Revocations(ctx, a.c.Clock(), page)
	if err != nil {
		return List{}, report.Errorf(report.Unavailable, "The ledger cannot be read.").Because(err)
	}
	return list, nil
}

// Watch reads what other processes revoked from the ledger every second, until ctx
// ends. Without it, requests read the ledger when their snapshot is five seconds old.
func (a *Authority) Watch(ctx context.Context, log *slog.Logger) {
	a.revoked.watch(ctx, func(failing, unknown error) {
		switch {
		case failing != nil:
			log.ErrorContext(ctx, "the ledger cannot be read: all tokens are refused", "error", failing)
		case unknown != nil:
			log.ErrorContext(ctx, "all tokens are refused", "error", unknown)
		default:
			log.InfoContext(ctx, "the ledger can be read again")
		}
	})
}

// Understood returns an error when the ledger suspends what this version does not know:
// then all tokens are refused.
func (a *Authority) Understood() error { return a.revoked.unknown() }

func revocationNotFound(id string) error {
	return report.Errorf(report.NotFound, "There is no revocation %q in force.", report.Truncate(id))
}

func ledgerWriteError(err error) error {
	return report.Errorf(report.Unavailable, "The ledger could not be written: nothing has changed.").Because(err)
}

// enforce reads the ledger after a change, so that it is in force for the next request,
// and records the event. The change persists, whatever the error.
func (a *Authority) enforce(ctx context.Context, r Revocation, how string) error {
	if err := a.revoked.refresh(ctx); err != nil {
		return report.Errorf(report.Unavailable, "The ledger was changed but cannot be read: all tokens are refused until it can.").Because(err)
	}
	e := Event{Kind: EventRevoke, Detail: how + r.String()}
	switch {
	case r.Suspend && how == "":
		e.Kind = EventSuspend
	case r.Suspend:
		e.Kind = EventResume
	}
	switch r.Kind {
	case RevokeSession:
		e.Session = r.Name
	case RevokeSubject:
		e.Host, e.Subject = r.Host, r.Name
	case RevokeView:
		e.Views = []string{r.Name}
	case RevokeDashboard:
		e.Dashboards = []string{r.Name}
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

// String describes a revocation for operators.
func (r Revocation) String() string {
	s := r.Kind
	if r.Suspend {
		s = "suspended " + s
	}
	if r.Name != "" {
		s += fmt.Sprintf(" %q", r.Name)
	}
	if r.Host != "" {
		s += fmt.Sprintf(" of host %q", r.Host)
	}
	if r.Kind != RevokeKey && r.Kind != RevokeSession && !r.Suspend {
		s += " before " + r.Before.Format(time.RFC3339Nano)
	}
	s += ", revocation " + r.ID
	if r.Reason != "" {
		s += fmt.Sprintf(": %q", r.Reason)
	}
	return s
}

// resolveName replaces an alias of a view by its name, and refuses names that are not
// in the configuration, so that a typo is not mistaken for success. What was removed
// from the configuration needs no revocation.
func (a *Authority) resolveName(r *Revocation) error {
	host := r.Host
	switch r.Kind {
	case RevokeView:
		name, ok := a.c.Rules.ResolveView(r.Name)
		if !ok {
			return report.Errorf(report.Invalid, "There is no view %q.", report.Truncate(r.Name))
		}
		r.Name = name
	case RevokeDashboard:
		if _, ok := a.c.Rules.DashboardViews(r.Name); !ok {
			return report.Errorf(report.Invalid, "There is no dashboard %q.", report.Truncate(r.Name))
		}
	case RevokeHost:
		host = r.Name
	case RevokeKey:
		if !slices.ContainsFunc(a.Hosts(), func(k KeyInfo) bool { return k.Fingerprint == r.Name }) {
			return report.Errorf(report.Invalid, "No host has a key with the fingerprint %q: it is the first 12 hexadecimal digits of the key's hash.", report.Truncate(r.Name))
		}
	}
	if _, ok := a.host(host); host != "" && !ok {
		return report.Errorf(report.Invalid, "There is no host %q.", report.Truncate(host))
	}
	return nil
}

// complete checks a requested revocation, and fills in the rest.
func complete(r Revocation, now time.Time, random io.Reader) (Revocation, error) {
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
		r.Before = r.Made // ignored: it applies whenever the session began
	}
	r.Before, r.Until = r.Before.UTC().Truncate(time.Millisecond), time.Time{}
	if r.Suspend {
		r.ID = SuspensionID(r.Kind, r.Name)
		return r, nil
	}
	if r.Kind != RevokeKey {
		r.Until = r.Before.Add(maxSessionLife)
	}
	if !r.InForce(now) {
		return r, report.Errorf(report.Invalid, "No session lasts so long: those that began before %s have ended.", r.Before.Format(time.RFC3339))
	}
	return r, nil
}

func (r Revocation) check(now time.Time) error {
	kinds := []string{RevokeSession, RevokeSubject, RevokeView, RevokeHost, RevokeKey, RevokeAll}
	switch {
	case r.Suspend:
		return r.checkSuspension()
	case r.Kind == RevokeDashboard:
		return report.Errorf(report.Invalid, "A dashboard can only be suspended: end the sessions of its view.")
	case !slices.Contains(kinds, r.Kind):
		return report.Errorf(report.Invalid, "%q cannot be revoked: a kind is one of %s.", report.Truncate(r.Kind), kinds)
	case r.Kind == RevokeAll && r.Name != "":
		return report.Errorf(report.Invalid, "The kind all takes no name: leave %q out, or choose the kind that it is a name of.", report.Truncate(r.Name))
	case r.Kind != RevokeAll && r.Name == "":
		return report.Errorf(report.Invalid, "Say which %s.", r.Kind)
	case r.Host != "" && r.Kind != RevokeSubject:
		return report.Errorf(report.Invalid, "Only a subject belongs to a host: leave the host out.")
	case len(r.Name) > maxSubject || len(r.Host) > maxSubject || len(r.Reason) > maxReason:
		return report.Errorf(report.Invalid, "A name has at most %d bytes, a reason %d.", maxSubject, maxReason)
	case r.Before.After(now):
		return report.Errorf(report.Invalid, "Sessions that have not begun cannot be ended: %s is in the future.", r.Before.Format(time.RFC3339))
	}
	return nil
}
