package report

import "sync"

// Encodings are other forms of a report's body, each made when it is first wanted. They
// are kept for as long as the report is.
type Encodings struct {
	mu         sync.Mutex
	compressed []byte
}

// Compressed returns what compress makes of the body: once for all copies of a report
// that has Encodings, each time for one that has none.
func (r *Report) Compressed(compress func([]byte) []byte) []byte {
	e := r.Encoded
	if e == nil {
		return compress(r.Body)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.compressed == nil {
		e.compressed = compress(r.Body)
	}
	return e.compressed
}

// WithBody returns a copy of the report with another body, of so many rows, which are
// all that there are.
func (r *Report) WithBody(body []byte, rows int) *Report {
	other := *r
	other.Body, other.Encoded = body, new(Encodings)
	other.Rows, other.RowCount = rows, rows
	return &other
}
