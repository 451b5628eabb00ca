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
	kinds := []string{RevokeView, RevokeHost, RevokeDashboard}
	switch {
	case !slices.Contains(kinds, r.Kind):
		return report.Errorf(report.Invalid, "%q cannot be suspended: a kind is one of %s.", report.Truncate(r.Kind), kinds)
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
func (index revocationIndex) suspension(kind, name string) *Revocation {
	if name == "" {
		return nil
	}
	return index[revokedName{kind: suspension + kind, name: name}]
}

func suspended(by *Revocation) error {
	return report.Errorf(report.Forbidden, "This is suspended by the operator.").Because(fmt.Errorf("suspension of %s %q", by.Kind, by.Name))
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
