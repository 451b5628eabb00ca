package cache

import (
	"context"
	"encoding/json"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// notes is where a shelf's records outlive the process: in the cache's store,
// among the answers. A server that starts while Google fails knows the time zones
// by it, without which it could give no answer, however well it is kept.
type notes[V any] struct {
	backing *backing // nil without a store
	kind    string
	write   func(slot, V) any // what is kept, as JSON
	read    func(slot, []byte) (V, error)
}

// noteTime is how long a note is of use.
const noteTime = 90 * 24 * time.Hour

func (n notes[V]) key(at slot) report.Key {
	return keyOf("catalog ", n.kind, at.account, at.property)
}

// recall returns what is kept of a property, and when it was; known is false when that
// is nothing. Without told the store did not say in time.
func (n notes[V]) recall(ctx context.Context, at slot, p func(*backing) patience) (v V, stored time.Time, known, told bool) {
	if n.backing == nil {
		return v, stored, false, true
	}
	r, told := n.backing.get(ctx, n.key(at), p(n.backing))
	if r == nil {
		return v, stored, false, told
	}
	v, err := n.read(at, r.Report.Body)
	return v, r.Stored, err == nil, true
}

func (n notes[V]) keep(at slot, v V, now time.Time) {
	if n.backing == nil {
		return
	}
	body, err := json.Marshal(n.write(at, v))
	if err != nil {
		return // a value that JSON cannot hold is asked for anew
	}
	n.backing.put(&Record{
		Key: n.key(at), Report: &report.Report{Body: body, FetchedAt: now},
		Stored: now, Good: now, Kept: now.Add(noteTime), Used: now,
	})
}

func (n notes[V]) forget(at slot) {
	if n.backing != nil {
		n.backing.forget(n.key(at))
	}
}

// propertyNote is what is kept of a property: not its id nor its name, which are
// not for a file of answers.
type propertyNote struct {
	TimeZone     string `json:"timeZone"`
	CurrencyCode string `json:"currencyCode,omitempty"`
}

func propertyNotes(b *backing) notes[report.Property] {
	return notes[report.Property]{
		backing: b, kind: "property",
		write: func(at slot, p report.Property) any {
			return propertyNote{p.TimeZone.String(), p.CurrencyCode}
		},
		read: func(at slot, body []byte) (report.Property, error) {
			var n propertyNote
			if err := json.Unmarshal(body, &n); err != nil {
				return report.Property{}, err
			}
			zone, err := time.LoadLocation(n.TimeZone)
			return report.Property{ID: at.property, TimeZone: zone, CurrencyCode: n.CurrencyCode}, err
		},
	}
}

func fieldNotes(b *backing) notes[*report.Fields] {
	return notes[*report.Fields]{
		backing: b, kind: "fields",
		write: func(_ slot, f *report.Fields) any { return f },
		read: func(_ slot, body []byte) (*report.Fields, error) {
			f := new(report.Fields)
			return f, json.Unmarshal(body, f)
		},
	}
}
