package cache

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// A Forgotten says how many answers were dropped. Most that are in memory are on
// disk too.
type Forgotten struct{ Memory, Disk int }

// Forget drops all answers about a property that an account was given up to now,
// in memory and in the store, and what is remembered of questions that failed. An
// error means that the store may still have some of them; they are not given as
// long as this process runs.
func (a *Answers) Forget(ctx context.Context, account, property string) (Forgotten, error) {
	return a.forgetAll(ctx, slot{account, property})
}

// ForgetAll drops all answers, see Forget.
func (a *Answers) ForgetAll(ctx context.Context) (Forgotten, error) { return a.forgetAll(ctx, slot{}) }

func (a *Answers) forgetAll(ctx context.Context, at slot) (n Forgotten, err error) {
	n.Memory = a.drop(at, false, a.config.Clock())
	a.failures.InvalidateAll()
	if a.backing != nil {
		n.Disk, err = a.backing.purge(ctx, at, false)
	}
	return n, err
}

// ForgetFinal drops the final answers about a property that came before a moment,
// when it is seen that Google has changed days that were final. It doesn't wait for
// the store.
func (a *Answers) ForgetFinal(account, property string, before time.Time) {
	a.forgetBehind(slot{account, property}, true, before)
}

// forgetBefore drops the answers about a property that came before a moment. It
// doesn't wait for the store.
func (a *Answers) forgetBefore(at slot, before time.Time) { a.forgetBehind(at, false, before) }

func (a *Answers) forgetBehind(at slot, final bool, before time.Time) {
	a.drop(at, final, before)
	if a.backing == nil || !a.begin() {
		return
	}
	go func() {
		defer a.running.Done()
		ctx, cancel := context.WithTimeout(context.Background(), writeTime) // the end of the cache waits for it
		defer cancel()
		if _, err := a.backing.purge(ctx, at, final); err != nil {
			a.config.Logger.Warn("answers that hold no more cannot be dropped from disk", "error", err)
		}
	}()
}

// drop drops from memory the answers about a slot, the zero slot for all, and
// returns how many.
func (a *Answers) drop(at slot, final bool, before time.Time) (n int) {
	a.forgot.note(at, final, before)
	for key, e := range a.kept.All() {
		if a.forgot.covers(e.at, e.report) {
			a.kept.Invalidate(key)
			n++
		}
	}
	return n
}

// ownerOf returns the owner of the records about a slot; zero for all.
func ownerOf(at slot) report.Key {
	if at == (slot{}) {
		return report.Key{}
	}
	return keyOf("owner ", at.account, at.property)
}

// keyOf returns the key of what is no answer: of a kind, and named by texts. No
// question has it, for its first eight bytes would be the length of an account's name.
func keyOf(kind string, texts ...string) report.Key {
	all := []byte(kind)
	for _, s := range texts {
		all = append(binary.BigEndian.AppendUint64(all, uint64(len(s))), s...)
	}
	return sha256.Sum256(all)
}

// OwnerOf returns the owner of the records about a property, as a cache with that
// realm keeps them.
func OwnerOf(account, property, realm string) report.Key {
	return xor(ownerOf(slot{account, property}), realmOf(realm))
}

// forgotten knows up to when answers were forgotten, so that one that is made of
// them, is on its way to memory, or is not gone from the store yet, is not kept.
type forgotten struct {
	count atomic.Int32 // of slots, so that where none was forgotten nobody waits for the lock
	mu    sync.Mutex
	until map[slot]forgottenUntil // the zero slot for all
}

type forgottenUntil struct{ all, final time.Time }

func (f *forgotten) note(at slot, final bool, until time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.until == nil {
		f.until = map[slot]forgottenUntil{}
	}
	u := f.until[at]
	if final {
		u.final = later(u.final, until)
	} else {
		u.all = later(u.all, until)
	}
	f.until[at] = u
	f.count.Store(int32(len(f.until)))
}

// covers reports whether an answer about a slot was forgotten.
func (f *forgotten) covers(at slot, r *report.Report) bool {
	if f.count.Load() == 0 {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, u := range []forgottenUntil{f.until[at], f.until[slot{}]} {
		if before(r.FetchedAt, u.all) || r.Freshness == report.FreshFinal && before(r.FetchedAt, u.final) {
			return true
		}
	}
	return false
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// before reports whether something came before a moment that may not be.
func before(t, moment time.Time) bool { return !moment.IsZero() && t.Before(moment) }
