package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/oriel-server/oriel/internal/protojson"
	"github.com/oriel-server/oriel/internal/report"
)

// Limits of what a request may send, in bytes.
const (
	maxReportBody = 256 << 10
	maxTokenBody  = 64 << 10
)

// readBody reads a body of at most limit bytes.
func readBody(r *http.Request, limit int64) ([]byte, error) {
	if enc := r.Header.Get("Content-Encoding"); enc != "" && enc != "identity" {
		return nil, report.Errorf(report.Invalid, "Send the request without Content-Encoding.")
	}
	var body []byte
	var tooLarge *http.MaxBytesError
	err := error(&http.MaxBytesError{Limit: limit})
	if r.ContentLength <= limit { // otherwise refused unread
		body, err = readAll(r, limit)
	}
	switch {
	case errors.As(err, &tooLarge):
		return nil, report.Errorf(report.TooLarge, "A request may hold %d KB at most.", limit>>10)
	case err != nil:
		return nil, report.Errorf(report.Canceled, "The request did not arrive whole.").Because(err)
	}
	return body, nil
}

// readAll reads a body. A small known length is allocated at once; a larger one is
// not trusted before the bytes arrive.
func readAll(r *http.Request, limit int64) ([]byte, error) {
	const trusted = 16 << 10
	if r.ContentLength < 0 || r.ContentLength > min(limit, trusted) {
		return io.ReadAll(http.MaxBytesReader(nil, r.Body, limit))
	}
	body := make([]byte, r.ContentLength)
	_, err := io.ReadFull(r.Body, body)
	return body, err
}

// maxDiscarded bounds how much of the body of a failed request is read and dropped, in
// bytes: twice what a request may have. Timeouts.Body bounds the time.
const maxDiscarded = 2 * maxReportBody

// discardBody reads the rest of a request before an error response: most clients send
// everything before they read, and would see a reset connection instead of the response.
// net/http does this only for connections that are kept alive. A larger body closes the
// connection half a second after the response.
func discardBody(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Expect") != "" { // the client waits before it sends the body
		return
	}
	_, _ = io.Copy(io.Discard, http.MaxBytesReader(unwrapWriter(w), r.Body, maxDiscarded)) // an error changes nothing
}

// unwrapWriter returns net/http's own writer, on which MaxBytesReader closes the connection.
func unwrapWriter(w http.ResponseWriter) http.ResponseWriter {
	for {
		outer, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return w
		}
		w = outer.Unwrap()
	}
}

// checkMembers reads one JSON value at a depth. It refuses values that nest too deep and
// objects with two members whose names differ in case at most: encoding/json would let
// the second overwrite the first, and {"filter":{…},"Filter":null} would narrow nothing.
func checkMembers(d *json.Decoder, depth int) error {
	t, err := d.Token()
	if err != nil || t != json.Delim('[') && t != json.Delim('{') {
		return err
	}
	if depth == protojson.MaxDepth {
		return report.Errorf(report.Invalid, "%s", protojson.Problem{Kind: protojson.TooDeep, Most: depth})
	}
	seen := map[string]bool{}
	for d.More() {
		if t == json.Delim('{') {
			name, err := d.Token()
			if err != nil {
				return err
			}
			folded := strings.ToLower(strings.ToUpper(fmt.Sprint(name))) // as encoding/json compares names
			if seen[folded] {
				return fmt.Errorf("the member %q is given twice", report.Truncate(fmt.Sprint(name)))
			}
			seen[folded] = true
		}
		if err := checkMembers(d, depth+1); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}

// decodeMessage words an error of encoding/json without the names of this program's types.
func decodeMessage(err error) string {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Sprintf("the member %q cannot be a JSON %s", report.Truncate(wrong.Field), wrong.Value)
	}
	return err.Error()
}

// decodeRequest reads a body of at most limit bytes, strictly, into a T.
func decodeRequest[T any](r *http.Request, limit int64) (v T, err error) {
	body, err := readBody(r, limit)
	if err == nil {
		err = decodeStrict(body, &v)
	}
	return v, err
}

// decodeStrict reads one JSON value of bounded depth into v. Unknown and repeated members
// are errors.
func decodeStrict(body []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	err := checkMembers(json.NewDecoder(bytes.NewReader(body)), 0)
	if tooDeep, ok := errors.AsType[*report.Error](err); ok {
		return tooDeep
	}
	if err == nil {
		err = d.Decode(v)
	}
	if err != nil {
		return report.Errorf(report.Invalid, "The request is not what this address reads: %s.", decodeMessage(err))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return report.Errorf(report.Invalid, "The request holds more than one JSON value.")
	}
	return nil
}
