package report

import "sync"

// Encodings are other forms of a report, each made when it is first wanted. They are
// kept for as long as the report is.
type Encodings struct {
	mu         sync.Mutex
	compressed []byte
	forms      map[any]any
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

// maxForms bounds the forms of a report that are kept. Most have one at most.
const maxForms = 4

// Form returns what makes returns for key, a comparable value that is all the form
// depends on beside the report: kept like what Compressed returns. Errors are not kept.
func (r *Report) Form(key any, makes func() (any, error)) (any, error) {
	e := r.Encoded
	if e == nil {
		return makes()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if known, ok := e.forms[key]; ok {
		return known, nil
	}
	form, err := makes()
	if err != nil {
		return nil, err
	}
	if e.forms == nil || len(e.forms) >= maxForms {
		e.forms = map[any]any{}
	}
	e.forms[key] = form
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
