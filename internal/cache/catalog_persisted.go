package cache

import (
	"context"
	"encoding/json"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// persisted keeps a table's records beyond the process, in the answers' store. A server that starts while
// Google fails knows the time zones by it, without which it could serve none of the stored answers.
type persisted[V any] struct {
	writer *storeWriter // nil without a store
	kind   string
	encode func(propertyKey, V) any // what is stored, as JSON
	decode func(propertyKey, []byte) (V, error)
}

// persistedTTL is how long a stored record is of use.
const persistedTTL = 90 * 24 * time.Hour

func (s persisted[V]) key(p propertyKey) report.Key {
	return keyOf("catalog ", s.kind, p.account, p.property)
}

// get returns the stored value and when it was stored. loaded is false if the store did not answer in time. See
// storeWriter.get for insist.
func (s persisted[V]) get(ctx context.Context, p propertyKey, insist bool) (v V, stored time.Time, found, loaded bool) {
	r, loaded := s.writer.get(ctx, s.key(p), insist)
	if r == nil {
		return v, stored, false, loaded
	}
	v, err := s.decode(p, r.Report.Body)
	return v, r.Stored, err == nil, true
}

func (s persisted[V]) put(p propertyKey, v V, now time.Time) {
	body, err := json.Marshal(s.encode(p, v))
	if err != nil {
		return // a value that JSON cannot hold is asked again
	}
	s.writer.put(&Record{
		Key: s.key(p), Report: &report.Report{Body: body, FetchedAt: now},
		Stored: now, Good: now, Kept: now.Add(persistedTTL), Used: now,
	})
}

func (s persisted[V]) forget(p propertyKey) { s.writer.forget(s.key(p)) }

// persistedProperty is what is stored of a property: neither its id nor its name, which do not belong in a file
// of answers.
type persistedProperty struct {
	TimeZone     string `json:"timeZone"`
	CurrencyCode string `json:"currencyCode,omitempty"`
}

func persistedProperties(w *storeWriter) persisted[report.Property] {
	return persisted[report.Property]{
		writer: w, kind: "property",
		encode: func(_ propertyKey, v report.Property) any {
			return persistedProperty{v.TimeZone.String(), v.CurrencyCode}
		},
		decode: func(p propertyKey, body []byte) (report.Property, error) {
			var stored persistedProperty
			if err := json.Unmarshal(body, &stored); err != nil {
				return report.Property{}, err
			}
			zone, err := time.LoadLocation(stored.TimeZone)
			return report.Property{ID: p.property, TimeZone: zone, CurrencyCode: stored.CurrencyCode}, err
		},
	}
}

func persistedFields(w *storeWriter) persisted[*report.Fields] {
	return persisted[*report.Fields]{
		writer: w, kind: "fields",
		encode: func(_ propertyKey, f *report.Fields) any { return f },
		decode: func(_ propertyKey, body []byte) (*report.Fields, error) {
			f := new(report.Fields)
			return f, json.Unmarshal(body, f)
		},
	}
}
