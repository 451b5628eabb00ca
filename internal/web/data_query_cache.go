package web

import (
	"crypto/sha256"
	"fmt"
	"net/url"
	"sync/atomic"

	"github.com/maypok86/otter/v2"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
	"github.com/oriel-server/oriel/internal/ua"
)

// maxReadings bounds the memory for questions that were read, in bytes.
const maxReadings = 64 << 20

// readings hold what requests ask, so that what a page sends with every visit is read
// once. What a request asks depends on nothing but its text and the method that reads
// it; what may be answered is for the gate to say, each time. Texts that say nothing
// are not kept.
type readings struct {
	known *otter.Cache[written, *reading]
}

// written stands for a text and the method that reads it.
type written struct {
	method string
	text   [sha256.Size]byte
}

// A reading is what a text asks.
type reading struct {
	asked []*policy.Asked
	old   ua.Query // in a dialect of Universal Analytics, in place of asked
	size  int      // of the text, in bytes
	// last is what old was translated to last: an address names one view.
	last atomic.Pointer[translation]
}

func newReadings() (*readings, error) {
	known, err := otter.New(&otter.Options[written, *reading]{
		MaximumWeight: maxReadings,
		Weigher: func(_ written, r *reading) uint32 {
			const overhead, copies = 1024, 8 // structs against the bytes of a text
			return uint32(overhead + copies*r.size)
		},
	})
	if err != nil {
		return nil, fmt.Errorf("web: the memory of questions: %w", err)
	}
	return &readings{known}, nil
}

// read returns what a text asks, calling parse when it is new.
func (m *readings) read(method string, text []byte, parse func() (*reading, error)) (*reading, error) {
	at := written{method, sha256.Sum256(text)}
	if known, ok := m.known.GetIfPresent(at); ok {
		return known, nil
	}
	r, err := parse()
	if err != nil {
		return nil, err
	}
	r.size = len(text)
	m.known.Set(at, r)
	return r, nil
}

// body returns what a body asks.
func (m *readings) body(method string, body []byte, decode func([]byte) ([]report.Query, error)) ([]*policy.Asked, error) {
	r, err := m.read(method, body, func() (*reading, error) {
		queries, err := decode(body)
		return &reading{asked: remembered(queries, len(body))}, err
	})
	if err != nil {
		return nil, err
	}
	return r.asked, nil
}

// address returns what the parameters of an address ask in a dialect of Universal
// Analytics. They may hold an embed token, which is no part of the question.
func (m *readings) address(method string, at *url.URL, parse func(url.Values) (ua.Query, error)) (*reading, error) {
	return m.read(method, []byte(withoutToken(at.RawQuery)), func() (*reading, error) {
		q, err := parse(at.Query())
		return &reading{old: q}, err
	})
}

// remembered are questions that the gate is to remember, from a text of so many bytes.
func remembered(queries []report.Query, size int) []*policy.Asked {
	asked := make([]*policy.Asked, len(queries))
	for i, q := range queries {
		asked[i] = policy.NewAsked(q, size)
	}
	return asked
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
