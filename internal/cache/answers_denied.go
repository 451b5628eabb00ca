package cache

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// A propertyKey is one property as one account sees it. The zero value stands for all.
type propertyKey struct{ account, property string }

func propertyOf(q *report.Question) propertyKey { return propertyKey{q.Account(), q.Property()} }

func (p propertyKey) String() string { return fmt.Sprintf("%q %q", p.account, p.property) }

// deniedProperties are those that an account could not read when it last asked. Answers about them are not
// served, however fresh: whoever took the access away means that. They are probed with one question per
// Config.Backoff, for Google counts errors; an answer ends the denial.
type deniedProperties struct{ denials propertyMap[*denial] }

type denial struct {
	err     *report.Error
	probeAt atomic.Int64 // when the next question may probe, Unix nanoseconds
}

// probe reports whether a property is denied. If it is, err answers the question; it is nil for the one caller
// whose question probes the property.
func (d *deniedProperties) probe(p propertyKey, now time.Time, backoff time.Duration) (err *report.Error, denied bool) {
	it, denied := d.denials.get(p)
	if !denied {
		return nil, false
	}
	due := it.probeAt.Load()
	if now.UnixNano() < due || !it.probeAt.CompareAndSwap(due, now.Add(backoff).UnixNano()) {
		return it.err, true
	}
	return nil, true
}

func (d *deniedProperties) contains(p propertyKey) bool {
	_, denied := d.denials.get(p)
	return denied
}

func (d *deniedProperties) add(p propertyKey, err *report.Error, probeAt time.Time) {
	it := &denial{err: err}
	it.probeAt.Store(probeAt.UnixNano())
	d.denials.update(func(all map[propertyKey]*denial) { all[p] = it })
}

func (d *deniedProperties) remove(p propertyKey) {
	d.denials.update(func(all map[propertyKey]*denial) { delete(all, p) })
}

// A propertyMap is a map that is nearly always empty; reading it then takes no lock.
type propertyMap[V any] struct {
	size   atomic.Int32 // len(values)
	mu     sync.Mutex
	values map[propertyKey]V
}

func (m *propertyMap[V]) get(p propertyKey) (v V, ok bool) {
	if m.size.Load() == 0 {
		return v, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok = m.values[p]
	return v, ok
}

func (m *propertyMap[V]) update(change func(map[propertyKey]V)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.values == nil {
		m.values = map[propertyKey]V{}
	}
	change(m.values)
	m.size.Store(int32(len(m.values)))
}
