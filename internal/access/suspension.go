package access

import (
	"fmt"
	"slices"
	"strings"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

// suspension is the prefix of suspensions' ids, and of their kinds in a revocationIndex.
const suspension = "suspend:"

// suspendable are the kinds that can be suspended.
var suspendable = []string{RevokeView, RevokeHost, RevokeDashboard}

// suspendedAll is the name of suspensions of kinds that only a newer Oriel knows: they
// close everything.
var suspendedAll = revokedName{kind: suspension + RevokeAll}

// SuspensionID returns the id of a suspension: one that is suspended again is suspended
// once.
func SuspensionID(kind, name string) string { return suspension + kind + ":" + name }

// resolveSuspension replaces the alias of a view in the id of a suspension by its name.
func (a *Authority) resolveSuspension(id string) string {
	prefix := SuspensionID(RevokeView, "")
	if alias, ok := strings.CutPrefix(id, prefix); ok {
		if name, ok := a.c.Rules.ResolveView(alias); ok {
			return prefix + name
		}
	}
	return id
}

// checkSuspension refuses what cannot be suspended.
func (r Revocation) checkSuspension() error {
	switch {
	case !slices.Contains(suspendable, r.Kind):
		return report.Errorf(report.Invalid, "%q cannot be suspended: a kind is one of %s.", report.Truncate(r.Kind), suspendable)
	case r.Name == "":
		return report.Errorf(report.Invalid, "Say which %s.", r.Kind)
	case r.Host != "" || !r.Before.IsZero():
		return report.Errorf(report.Invalid, "A suspension begins now, for everybody: leave host and before out.")
	case len(r.Reason) > maxReason:
		return report.Errorf(report.Invalid, "A reason has at most %d bytes.", maxReason)
	}
	return nil
}

// suspension returns the suspension of a view, a host or a dashboard; nil without one.
func (x *revocationIndex) suspension(kind, name string) *Revocation {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if name == "" {
		return nil
	}
	return x.last(revokedName{kind: suspension + kind, name: name})
}

// unknown returns a suspension that only a newer Oriel understands; nil without one.
func (x *revocationIndex) unknown() *Revocation {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.last(suspendedAll)
}

func suspended(by *Revocation) error {
	cause := fmt.Errorf("suspension of %s %q", by.Kind, by.Name)
	if !slices.Contains(suspendable, by.Kind) {
		cause = unknownSuspension(by)
	}
	return report.Errorf(report.Forbidden, "This is suspended by the operator.").Because(cause)
}

func unknownSuspension(by *Revocation) error {
	return fmt.Errorf("the ledger suspends %s %q, which this version of Oriel does not know, so everything is refused: run the newer version, or resume it with oriel revoke -lift %s",
		by.Kind, by.Name, by.ID)
}

// unsuspended returns what of a grant is not suspended. The error is Forbidden when that
// is nothing. It is called after check.
func (r *revocations) unsuspended(g policy.Grant) (policy.Grant, error) {
	s := r.latest.Load()
	var by *Revocation
	closed := func(kind string) func(string) bool {
		return func(name string) bool {
			found := s.index.suspension(kind, name)
			if found != nil {
				by = found
			}
			return found != nil
		}
	}
	open, some := g.Without(closed(RevokeView), closed(RevokeDashboard))
	if !some {
		return policy.Grant{}, suspended(by)
	}
	return open, nil
}
