package ua

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"

	"github.com/oriel-server/oriel/internal/report"
)

// A ListQuery is the parameters that v3's lists have in common, read and checked.
type ListQuery struct {
	StartIndex int // from 1
	MaxResults int

	format responseFormat
}

// v3's bound of a page of a list, which is also the default. More is silently
// reduced, as v3 did. Source: Management API v3 reference.
const mostListed = 1000

// ParseList reads the parameters of the Management and the Metadata API.
// Parameters that v3 did not have are ignored.
func ParseList(v url.Values) (ListQuery, error) {
	p := &parser{values: v}
	var q ListQuery
	q.StartIndex, _ = p.count("start-index", 1)
	q.MaxResults, _ = p.count("max-results", mostListed)
	q.MaxResults = min(q.MaxResults, mostListed)
	q.format = p.format()
	return q, p.err
}

// A responseFormat is how a client wants its JSON.
type responseFormat struct {
	fieldMask report.Mask
	fields    string // fieldMask, as written
	pretty    bool
}

// format reads the parameters that every method has. JSON is the only format, and not
// as a script: JSONP would run with the rights of the page.
func (p *parser) format() responseFormat {
	f := responseFormat{pretty: p.bool("prettyPrint"), fields: p.one("fields")}
	var err error
	if f.fieldMask, err = report.ParseMask(f.fields); err != nil {
		p.fail(badSelection(f.fields))
	}
	p.enum("alt", "json")
	if p.one("callback") != "" {
		p.fail(badParameter("callback", "JSONP is not served here: use fetch, which reads answers of other origins."))
	}
	return f
}

func badSelection(fields string) *Error {
	return badParameter("fields", "Invalid field selection %s", report.Truncate(fields))
}

// formatFor reads a format, and checks its fields against the members of responses.
func (p *parser) formatFor(members report.Mask) responseFormat {
	f := p.format()
	if err := f.check(members); err != nil {
		p.fail(err)
	}
	return f
}

// check refuses fields that responses with these members never have. Errors are *Error.
func (f responseFormat) check(members report.Mask) error {
	if unknown := f.fieldMask.Unknown(members); unknown != "" {
		return badSelection(unknown)
	}
	return nil
}

// render encodes v as v3 did: only the fields that were requested, and indented unless
// the query had prettyPrint=false.
func (f responseFormat) render(v any) []byte {
	full := f.fieldMask.Apply(encode(v))
	if !f.pretty {
		return full
	}
	return indent(full)
}

// renderWithin is render for at most so many bytes.
func (f responseFormat) renderWithin(v any, most int) ([]byte, error) {
	full := f.fieldMask.Apply(encode(v))
	if f.pretty && len(full) <= most {
		full = indent(full)
	}
	if len(full) > most {
		return nil, report.TooLargeAnswer(most)
	}
	return full, nil
}

func indent(text []byte) []byte {
	var out bytes.Buffer
	_ = json.Indent(&out, text, "", " ") // encode returns valid JSON
	return out.Bytes()
}

// A list is a page of the items of a collection, its members in v3's order.
type list struct {
	Kind         string `json:"kind"`
	Username     string `json:"username"`
	TotalResults int    `json:"totalResults"`
	StartIndex   int    `json:"startIndex"`
	ItemsPerPage int    `json:"itemsPerPage"`
	PreviousLink string `json:"previousLink,omitempty"`
	NextLink     string `json:"nextLink,omitempty"`
	Items        []any  `json:"items"`
}

// page returns the page of all items that q asks for; self is the list's address.
func (q ListQuery) page(kind, username, self string, all []item) list {
	l := list{Kind: kind, Username: username, TotalResults: len(all), StartIndex: q.StartIndex, ItemsPerPage: q.MaxResults, Items: []any{}}
	first := min(q.StartIndex-1, len(all))
	last := min(first+q.MaxResults, len(all))
	for _, i := range all[first:last] {
		l.Items = append(l.Items, i.value)
	}
	link := func(start int) string {
		return fmt.Sprintf("%s?start-index=%d&max-results=%d", self, start, q.MaxResults)
	}
	if q.StartIndex > 1 {
		l.PreviousLink = link(max(1, q.StartIndex-q.MaxResults))
	}
	if last < len(all) {
		l.NextLink = link(last + 1)
	}
	return l
}

// An item is one entity of a collection, by its id.
type item struct {
	id    string
	value any
}
