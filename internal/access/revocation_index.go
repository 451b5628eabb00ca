package access

import (
	"slices"
	"sync"
	"time"
)

// A revocationIndex finds what was revoked by name. A change of the ledger costs what it
// changes, however much the index holds.
type revocationIndex struct {
	mu     sync.RWMutex
	byName map[revokedName][]*Revocation // by Before: the last ends the youngest sessions
	byID   map[string]*Revocation
	swept  int // how many there were after expired ones were last removed
}

type revokedName struct {
	kind string // RevokeAll also for kinds that only a newer Oriel knows
	host string // whose subject; empty for other kinds, and for any host's subject
	name string // empty for RevokeAll
}

func newRevocationIndex(list []Revocation) *revocationIndex {
	x := &revocationIndex{byName: make(map[revokedName][]*Revocation, len(list)), byID: make(map[string]*Revocation, len(list))}
	for _, r := range list {
		x.put(r)
	}
	x.swept = len(x.byID)
	return x
}

// apply takes over changes of the ledger.
func (x *revocationIndex) apply(c Changes, now time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, id := range c.Removed {
		x.remove(id)
	}
	for _, r := range c.Recorded {
		x.put(r)
	}
	x.sweep(now)
}

// sweep removes expired revocations whenever the index has doubled.
func (x *revocationIndex) sweep(now time.Time) {
	if len(x.byID) < 2*x.swept+100 {
		return
	}
	for id, r := range x.byID {
		if !r.InForce(now) {
			x.remove(id)
		}
	}
	x.swept = len(x.byID)
}

func (x *revocationIndex) put(r Revocation) {
	x.remove(r.ID)
	name := r.indexed()
	list := x.byName[name]
	at, _ := slices.BinarySearchFunc(list, r.Before, func(old *Revocation, before time.Time) int { return old.Before.Compare(before) })
	x.byName[name] = slices.Insert(list, at, &r)
	x.byID[r.ID] = &r
}

func (x *revocationIndex) remove(id string) {
	r := x.byID[id]
	if r == nil {
		return
	}
	delete(x.byID, id)
	name := r.indexed()
	list := slices.DeleteFunc(x.byName[name], func(other *Revocation) bool { return other == r })
	if len(list) == 0 {
		delete(x.byName, name)
		return
	}
	x.byName[name] = list
}

// indexed returns the name under which a revocation is found. What only a newer Oriel
// knows could mean everything, so it does.
func (r *Revocation) indexed() revokedName {
	switch {
	case r.Suspend && slices.Contains(suspendable, r.Kind):
		return revokedName{kind: suspension + r.Kind, name: r.Name}
	case r.Suspend:
		return suspendedAll
	case r.Kind == RevokeSubject:
		return revokedName{r.Kind, r.Host, r.Name}
	case slices.Contains([]string{RevokeSession, RevokeView, RevokeHost, RevokeKey}, r.Kind):
		return revokedName{kind: r.Kind, name: r.Name}
	}
	return revokedName{kind: RevokeAll}
}

// last returns the revocation of a name that ends the youngest sessions; nil without one.
func (x *revocationIndex) last(name revokedName) *Revocation {
	list := x.byName[name]
	if len(list) == 0 {
		return nil
	}
	return list[len(list)-1]
}

// refuses returns the revocation, or the suspension of everything or of the host, that
// refuses c; nil when there is none.
func (x *revocationIndex) refuses(c revocable) *Revocation {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if by := x.ends(c); by != nil {
		return by
	}
	if by := x.last(suspendedAll); by != nil || c.Host == "" {
		return by
	}
	return x.last(revokedName{kind: suspension + RevokeHost, name: c.Host})
}

// find returns a revocation that ends c, nil when there is none.
func (x *revocationIndex) find(c revocable) *Revocation {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.ends(c)
}

// ends is find with x.mu held.
func (x *revocationIndex) ends(c revocable) *Revocation {
	if by := x.last(revokedName{kind: RevokeKey, name: c.Key}); by != nil && c.Key != "" {
		return by
	}
	// A session's id is unique: when it began, as its host says, does not matter.
	if by := x.last(revokedName{kind: RevokeSession, name: c.Session}); by != nil && c.Session != "" {
		return by
	}
	for _, name := range [...]revokedName{
		{kind: RevokeAll}, {kind: RevokeHost, name: c.Host},
		{RevokeSubject, c.Host, c.Subject}, {kind: RevokeSubject, name: c.Subject},
	} {
		if by := x.last(name); by.ends(c) && (name.kind != RevokeSubject || c.Subject != "") {
			return by
		}
	}
	for _, v := range c.Views {
		if by := x.last(revokedName{kind: RevokeView, name: v}); by.ends(c) {
			return by
		}
	}
	return nil
}

// ends reports whether r, which may be nil, ends a session: those that began before
// it or at the same moment. The initial revocation of a ledger ignores clock skew:
// hosts may sign while a server starts for the first time.
func (r *Revocation) ends(c revocable) bool {
	switch {
	case r == nil:
		return false
	case r.ID == initialID:
		return !c.Began.After(r.Before)
	}
	return !c.Began.Add(-c.Skew).After(r.Before)
}
