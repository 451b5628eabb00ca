package report

import "sync"

// Encodings are other forms of a report, each made when it is first wanted. They are
// kept for as long as the report is: its compressed body, and one form more.
type Encodings struct {
	packing    sync.Mutex
	compressed []byte

	forming   sync.Mutex
	form, key any
}

// Compressed returns what compress makes of the body: once for all copies of a report
// that has Encodings, each time for one that has none.
func (r *Report) Compressed(compress func([]byte) []byte) []byte {
	e := r.Encoded
	if e == nil {
		return compress(r.Body)
	}
	e.packing.Lock()
	defer e.packing.Unlock()
	if e.compressed == nil {
		e.compressed = compress(r.Body)
	}
	return e.compressed
}

// Form returns what makes returns for key, a comparable value that is all the form
// depends on beside the report: that of the last key is kept. Errors are not kept.
func (r *Report) Form(key any, makes func() (any, error)) (any, error) {
	e := r.Encoded
	if e == nil {
		return makes()
	}
	e.forming.Lock()
	defer e.forming.Unlock()
	if e.key == key {
		return e.form, nil
	}
	form, err := makes()
	if err != nil {
		return nil, err
	}
	e.form, e.key = form, key
	return form, nil
}

// WithBody returns a copy of the report with another body, of so many rows, which are
// all that there are.
func (r *Report) WithBody(body []byte, rows int) *Report {
	other := *r
	other.Body, other.Encoded = body, new(Encodings)
	other.Rows, other.RowCount = rows, rows
	return &other
}
