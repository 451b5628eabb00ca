package web

import (
	"crypto/sha256"
	"fmt"

	"github.com/maypok86/otter/v2"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

// maxReadings bounds the memory for questions that were read, in bytes.
const maxReadings = 64 << 20

// readings hold what bodies of requests say, so that the one that a page sends
// with every visit is read once. What a body says depends on nothing but its
// bytes and the method that reads them; what may be answered is for the gate to
// say, each time. Bodies that say nothing are not kept.
type readings struct {
	asked *otter.Cache[written, *reading]
}

// written stands for a body and the method that reads it.
type written struct {
	method string
	body   [sha256.Size]byte
}

type reading struct {
	asked []*policy.Asked
	size  int // of the body, in bytes
}

func newReadings() (*readings, error) {
	asked, err := otter.New(&otter.Options[written, *reading]{
		MaximumWeight: maxReadings,
		Weigher: func(_ written, r *reading) uint32 {
			const overhead, copies = 512, 8 // structs against the bytes of a JSON text
			return uint32(overhead + copies*r.size)
		},
	})
	if err != nil {
		return nil, fmt.Errorf("web: the memory of questions: %w", err)
	}
	return &readings{asked}, nil
}

// read returns what a body asks, decoding it when it is new.
func (m *readings) read(method string, body []byte, decode func([]byte) ([]report.Query, error)) ([]*policy.Asked, error) {
	at := written{method, sha256.Sum256(body)}
	if known, ok := m.asked.GetIfPresent(at); ok {
		return known.asked, nil
	}
	if err := checkDepth(body); err != nil {
		return nil, err
	}
	queries, err := decode(body)
	if err != nil {
		return nil, err
	}
	r := &reading{make([]*policy.Asked, len(queries)), len(body)}
	for i, q := range queries {
		r.asked[i] = policy.NewAsked(q, len(body))
	}
	m.asked.Set(at, r)
	return r.asked, nil
}

// What a body may ask, see one.
func oneReport(body []byte) ([]report.Query, error) { return one(report.DecodeRunReport)(body) }

func oneRealtimeReport(body []byte) ([]report.Query, error) {
	return one(report.DecodeRunRealtimeReport)(body)
}

func onePivotReport(body []byte) ([]report.Query, error) {
	return one(report.DecodeRunPivotReport)(body)
}

func one(decode func([]byte) (report.Query, error)) func([]byte) ([]report.Query, error) {
	return func(body []byte) ([]report.Query, error) {
		q, err := decode(body)
		return []report.Query{q}, err
	}
}
