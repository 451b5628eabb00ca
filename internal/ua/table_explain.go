package ua

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// A vocabulary maps each GA4 field to what the client wrote for it, the first name that
// reads the field.
type vocabulary map[string]string

func (v vocabulary) note(requested string, fields ...string) {
	for _, f := range fields {
		if f != "" && v[f] == "" {
			v[f] = requested
		}
	}
}

// note records which fields a name reads, or the segment that uses it.
func (tq *tableQuery) note(requested string, fields ...string) {
	if tq.written == nil {
		tq.written = vocabulary{}
	}
	tq.written.note(cmp.Or(tq.segment, requested), fields...)
}

// Explain rewrites an error about Queries in the names of the query, where Google and
// the gate use GA4's fields. Other errors are returned unchanged.
func (p *Plan) Explain(err error) error { return p.written.explain(err) }

// Explain does the same for a batch.
func (p *BatchPlan) Explain(err error) error {
	all := vocabulary{}
	for _, r := range p.reports {
		for _, c := range r.products() {
			for _, tables := range c.tables {
				for field, requested := range tables[0].written {
					all.note(requested, field)
				}
			}
		}
	}
	return all.explain(err)
}

// Errors of the Data API about fields. Source: recorded responses.
var (
	noField      = regexp.MustCompile(`Field (\S+) is not a valid (?:dimension|metric)\.`)
	incompatible = regexp.MustCompile(`^Please remove (.+?) to make the request compatible`)
)

func (v vocabulary) explain(err error) error {
	e := report.AsError(err)
	if e == nil || e.Kind != report.Invalid {
		return err
	}
	if m := noField.FindStringSubmatch(e.Message); m != nil && v[m[1]] != "" {
		return report.Errorf(report.Invalid, "Invalid dimension or metric: %s. It is answered by %s of Google Analytics 4, which is not a field of this view.%s",
			report.Truncate(v[m[1]]), anonymous(m[1]), remedy(v[m[1]], m[1])).Because(err)
	}
	if m := incompatible.FindStringSubmatch(e.Message); m != nil {
		return report.Errorf(report.Invalid, "Selected dimensions and metrics cannot be queried together. Remove %s: Google Analytics 4 has no answer with the others.",
			v.words(m[1])).Because(err)
	}
	return err
}

var fieldName = regexp.MustCompile(`[A-Za-z][A-Za-z0-9]*(?::[\pL\pN_-]+)?`)

// words replaces the fields in a list by what the client wrote.
func (v vocabulary) words(list string) string {
	return fieldName.ReplaceAllStringFunc(list, func(field string) string { return report.Truncate(cmp.Or(v[field], anonymous(field))) })
}

// anonymous returns a field of GA4's own, which everybody knows, or what kind of field it is:
// names of custom definitions and events are in the configuration, and the view may deny them.
func anonymous(field string) string {
	prefix, _, custom := strings.Cut(field, ":")
	switch {
	case !custom:
		return report.Truncate(field)
	case strings.HasPrefix(prefix, "custom"), prefix == "calcMetric":
		return "a custom definition"
	}
	return "a key event"
}

// remedy tells what the operator can do about a name whose field is a custom
// definition; empty for GA4's own fields.
func remedy(requested, field string) string {
	key := strings.ToLower(requested)
	n, arg := lookup(key)
	if !strings.Contains(field, ":") || n == nil {
		return ""
	}
	setting := map[bool]string{true: "dimensions", false: "metrics"}[n.Dimension]
	name := n.Name[len("ga:"):]
	switch {
	case strings.HasPrefix(n.Name, "ga:goalXX"):
		return fmt.Sprintf(" The operator can mark the event as a key event in Google Analytics, or correct views.NAME.universal_analytics.goals, %s.", arg)
	case arg != "":
		name = arg
	}
	return fmt.Sprintf(" The operator can register it as a custom definition in Google Analytics, or say in views.NAME.universal_analytics.%s which field it is, "+
		"such as %s: %s.", setting, name, examples[setting])
}
