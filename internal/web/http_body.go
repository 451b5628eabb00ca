package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode"

	"github.com/oriel-server/oriel/internal/protojson"
	"github.com/oriel-server/oriel/internal/report"
)

// Limits of what a request may send, in bytes.
const (
	maxReportBody = 256 << 10
	maxTokenBody  = 64 << 10
)

// readBody reads a body of bounded size.
func readBody(r *http.Request, limit int64) ([]byte, error) {
	if enc := r.Header.Get("Content-Encoding"); enc != "" && enc != "identity" {
		return nil, report.Errorf(report.Invalid, "Send the request without Content-Encoding.")
	}
	var body []byte
	var tooLarge *http.MaxBytesError
	err := error(&http.MaxBytesError{Limit: limit})
	if r.ContentLength <= limit { // more need not come to be refused
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

// readAll reads a body. One whose length is known, and small enough to be believed
// before it has come, is read into no more than that.
func readAll(r *http.Request, limit int64) ([]byte, error) {
	const believed = 16 << 10
	if r.ContentLength < 0 || r.ContentLength > min(limit, believed) {
		return io.ReadAll(http.MaxBytesReader(nil, r.Body, limit))
	}
	body := make([]byte, r.ContentLength)
	_, err := io.ReadFull(r.Body, body)
	return body, err
}

// maxDiscarded bounds what is read, and not kept, of the body of a request that fails: twice
// what a request may have. How long it may take is bounded by Patience.Body.
const maxDiscarded = 2 * maxReportBody

// discardBody reads the rest of a request that is about to be answered with an error.
// Most clients send all before they read anything: one that is answered earlier sees
// its connection reset instead of the answer. net/http does this for connections that
// are kept alive only. Behind a larger body the connection is closed, half a second after
// the answer.
func discardBody(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Expect") != "" { // the client waits with its body for a word
		return
	}
	_, _ = io.Copy(io.Discard, http.MaxBytesReader(innermost(w), r.Body, maxDiscarded)) // an error here leaves the answer as it is
}

// innermost is net/http's own writer, which MaxBytesReader tells to close the connection.
func innermost(w http.ResponseWriter) http.ResponseWriter {
	for {
		outer, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return w
		}
		w = outer.Unwrap()
	}
}

// checkMembers reads one JSON value, in so many others, and refuses those that nest too
// deep and objects that have a member twice, in any case of letters: encoding/json lets
// the second overwrite the first or merges the two, so that {"filter":{…},"Filter":null}
// would narrow nothing.
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
			folded := strings.Map(foldRune, fmt.Sprint(name))
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

// foldRune returns the same rune for all that encoding/json takes for the same
// letter of a name.
func foldRune(r rune) rune {
	for {
		next := unicode.SimpleFold(r)
		if next <= r {
			return next
		}
		r = next
	}
}

// inWords says of a value of the wrong type where it stands, and leaves out what
// encoding/json tells beside that: the names of types of this program.
func inWords(err error) string {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Sprintf("the member %q cannot be a JSON %s", report.Truncate(wrong.Field), wrong.Value)
	}
	return err.Error()
}

// decodeStrict reads one JSON value of bounded depth into v and refuses what v does not
// know, and members that are given twice.
func decodeStrict(body []byte, v any) error {
	var tooDeep *report.Error
	switch err := checkMembers(json.NewDecoder(bytes.NewReader(body)), 0); {
	case errors.As(err, &tooDeep):
		return tooDeep
	case err != nil:
		return report.Errorf(report.Invalid, "The request is not what this address reads: %s.", err)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return report.Errorf(report.Invalid, "The request is not what this address reads: %s.", inWords(err))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return report.Errorf(report.Invalid, "The request holds more than one JSON value.")
	}
	return nil
}
