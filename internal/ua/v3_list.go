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

	form form
}

// v3's bound of a page of a list, which is also the default. More is cut without
// a word, as v3 did. Source: Management API v3 reference.
const mostListed = 1000

// ParseList reads the parameters of the Management and the Metadata API.
// Parameters that v3 did not have are ignored.
func ParseList(v url.Values) (ListQuery, error) {
	p := &parser{values: v}
	var q ListQuery
	q.StartIndex, _ = p.count("start-index", 1)
	q.MaxResults, _ = p.count("max-results", mostListed)
	q.MaxResults = min(q.MaxResults, mostListed)
	q.form = p.form()
	return q, p.err
}

// A form is how a client wants its JSON.
type form struct {
	mask   report.Mask
	fields string // mask, as written
	pretty bool
}

// form reads what every method of v3 has. JSON is the only kind of answer, and
// it is for fetch to read: a script of another page would run with its rights.
func (p *parser) form() form {
	f := form{pretty: p.bool("prettyPrint"), fields: p.one("fields")}
	var err error
	if f.mask, err = report.ParseMask(f.fields); err != nil {
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

// formOf reads a form, and holds its fields to the members that answers have.
func (p *parser) formOf(members report.Mask) form {
	f := p.form()
	if err := f.check(members); err != nil {
		p.fail(err)
	}
	return f
}

// check refuses fields that answers with these members never have. Errors are *Error.
func (f form) check(members report.Mask) error {
	if unknown := f.mask.Unknown(members); unknown != "" {
		return badSelection(unknown)
	}
	return nil
}

// render writes v as v3 did: only the fields that were requested for, and indented
// unless the query had prettyPrint=false.
func (f form) render(v any) []byte {
	full := f.mask.Apply(encode(v))
	if !f.pretty {
		return full
	}
	var out bytes.Buffer
	_ = json.Indent(&out, full, "", " ") // what encode wrote is JSON
	return out.Bytes()
}

// A list is a page of what a collection holds, its members in v3's order.
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

// page returns the page of all that q asks for; self is the list's address.
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

// An item is one thing of a collection under its id.
type item struct {
	id    string
	value any
}
