package cache

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// Forgotten counts dropped answers. Most that are in memory are on disk too.
type Forgotten struct{ Memory, Disk int }

// Forget drops all answers about a property as an account sees it that were fetched up to now, in memory and in
// the store, and all cached errors. An error means that the store may still have some of the answers; this
// process does not serve them.
func (a *Answers) Forget(ctx context.Context, account, property string) (Forgotten, error) {
	return a.forget(ctx, propertyKey{account, property})
}

// ForgetAll drops all answers, see Forget.
func (a *Answers) ForgetAll(ctx context.Context) (Forgotten, error) {
	return a.forget(ctx, propertyKey{})
}

func (a *Answers) forget(ctx context.Context, p propertyKey) (n Forgotten, err error) {
	n.Memory = a.dropFromMemory(p, false, a.config.Clock())
	a.failures.dropAll()
	n.Disk, err = a.writer.purge(ctx, p, false)
	return n, err
}

// forgetInBackground drops the answers about a property that were fetched before a time, or only the final
// ones. It does not wait for the store.
func (a *Answers) forgetInBackground(p propertyKey, final bool, before time.Time) {
	a.dropFromMemory(p, final, before)
	if a.writer == nil || !a.begin() {
		return
	}
	go func() {
		defer a.running.Done()
		ctx, cancel := context.WithTimeout(context.Background(), writeTimeout) // Close waits for it
		defer cancel()
		if _, err := a.writer.purge(ctx, p, final); err != nil {
			a.config.Logger.Warn("outdated answers cannot be deleted from disk", "error", err)
		}
	}()
}

// dropFromMemory drops answers from memory and returns how many.
func (a *Answers) dropFromMemory(p propertyKey, final bool, before time.Time) (n int) {
	a.forgotten.add(p, final, before)
	for key, e := range a.memory.all() {
		if a.forgotten.covers(e.property, e.report) {
			a.memory.drop(key)
			n++
		}
	}
	return n
}

// ownerOf returns the owner of the records about a property; zero for all.
func ownerOf(p propertyKey) report.Key {
	if p == (propertyKey{}) {
		return report.Key{}
	}
	return keyOf("owner ", p.account, p.property)
}

// keyOf returns the key of what is no answer, from a kind and texts. No question has it: the first eight bytes
// of a question are the length of an account's name.
func keyOf(kind string, texts ...string) report.Key {
	all := []byte(kind)
	for _, s := range texts {
		all = append(binary.BigEndian.AppendUint64(all, uint64(len(s))), s...)
	}
	return sha256.Sum256(all)
}

// OwnerOf returns the owner of the records about a property, as Answers of that realm store them.
func OwnerOf(account, property, realm string) report.Key {
	return xor(ownerOf(propertyKey{account, property}), realmKey(realm))
}

// forgotten holds up to when answers were forgotten. An answer that is made of forgotten ones, in flight, or
// not deleted from the store yet must not be cached again.
type forgotten struct{ until propertyMap[forgottenUntil] }

type forgottenUntil struct{ all, final time.Time }

func (f *forgotten) add(p propertyKey, final bool, until time.Time) {
	f.until.update(func(all map[propertyKey]forgottenUntil) {
		u := all[p]
		if final {
			u.final = later(u.final, until)
		} else {
			u.all = later(u.all, until)
		}
		all[p] = u
	})
}

// covers reports whether an answer about a property was forgotten.
func (f *forgotten) covers(p propertyKey, r *report.Report) bool {
	for _, p := range []propertyKey{p, {}} {
		u, _ := f.until.get(p)
		if r.FetchedAt.Before(u.all) || r.Freshness == report.FreshFinal && r.FetchedAt.Before(u.final) {
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
