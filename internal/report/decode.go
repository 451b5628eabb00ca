package report

import (
	"fmt"
	"strings"
)

// Bounds of what is decoded at all, so that hostile input costs little. Within
// them, Validate says what Google would refuse.
const (
	maxJSONDepth   = 64
	maxFilterDepth = 20
	maxList        = 100    // members of any list but a list of values
	maxValues      = 10_000 // values of an inListFilter
	maxText        = 4096   // bytes of a string
	maxConditions  = 1000   // in one request's filters
)

// DecodeRunReport reads a RunReportRequest: Google's JSON (proto3-JSON, so names
// in lowerCamelCase or snake_case, and null for absent). Property and
// returnPropertyQuota are accepted and ignored. The query is valid; errors are
// Invalid with Google's words.
func DecodeRunReport(b []byte) (Query, error) {
	return decodeQuery(b, false)
}

// DecodeRunRealtimeReport reads a RunRealtimeReportRequest as DecodeRunReport
// does.
func DecodeRunRealtimeReport(b []byte) (Query, error) {
	return decodeQuery(b, true)
}

func decodeQuery(b []byte, realtime bool) (Query, error) {
	q := Query{Realtime: realtime}
	if err := decodeRoot(b, func(d *decoder, root node) { d.query(root, "", &q) }); err != nil {
		return Query{}, err
	}
	if err := q.Validate(); err != nil {
		return Query{}, err
	}
	return q, nil
}

// DecodeBatchRunReports reads a BatchRunReportsRequest of 1 to MaxBatch requests.
func DecodeBatchRunReports(b []byte) ([]Query, error) {
	return decodeBatch(b, "Report", Query.Validate)
}

// decodeBatch reads a batch of what Google calls run, kind, Request.
func decodeBatch(b []byte, kind string, validate func(Query) error) ([]Query, error) {
	var qs []Query
	if err := decodeRoot(b, func(d *decoder, root node) {
		d.pivots = kind == pivotReport
		qs = d.batch(root)
	}); err != nil {
		return nil, err
	}
	switch {
	case len(qs) == 0:
		return nil, Errorf(Invalid, "The batchRun%[1]ssRequest must contain at least one run%[1]sRequest.", kind)
	case len(qs) > MaxBatch:
		return nil, Errorf(Invalid, "Batch requests are limited to %d requests.\n  This batch request contains %d requests.", MaxBatch, len(qs))
	}
	for _, q := range qs {
		if err := validate(q); err != nil {
			return nil, err
		}
	}
	return qs, nil
}

// decodeRoot parses b and decodes its root message. An empty body is an empty
// message, as at Google.
func decodeRoot(b []byte, decode func(*decoder, node)) error {
	root, err := parseJSON(b)
	if err != nil {
		return err
	}
	d := &decoder{}
	decode(d, root)
	return d.err()
}

// A decoder reads messages out of nodes and collects what is wrong with them.
type decoder struct {
	violations []string
	conditions int
	pivots     bool // reads pivot reports
}

// maxViolations bounds an error's message.
const maxViolations = 20

func (d *decoder) err() error {
	if len(d.violations) == 0 {
		return nil
	}
	return Errorf(Invalid, "%s", strings.Join(d.violations, "\n"))
}

func (d *decoder) violate(format string, args ...any) {
	if len(d.violations) < maxViolations {
		d.violations = append(d.violations, fmt.Sprintf(format, args...))
	}
}

func (d *decoder) invalid(path, kind string, n node) {
	d.violate("Invalid value at '%s' (%s), %s", path, kind, n)
}

// A field reads the value of one member of a message; path is where it stands.
type field func(n node, path string)

// unsupported are the members of Google's messages that exist there and not
// here.
type unsupported map[string]bool

// message reads an object. Members are known by the names of fields, in lowerCamelCase.
func (d *decoder) message(n node, path string, fields map[string]field, refused unsupported) {
	if n.kind != objectNode {
		if path == "" {
			d.violate(`Invalid JSON payload received. Unknown name "": Root element must be a message.`)
		} else {
			d.invalid(path, "message", n)
		}
		return
	}
	seen := map[string]bool{}
	for _, m := range n.members {
		name := lowerCamel(m.name)
		read, known := fields[name]
		switch {
		case !known && refused[name]:
			if !m.value.zero() {
				d.violate("Oriel does not support %s.", name)
			}
		case !known:
			d.unknown(m.name, path)
		case m.value.kind == nullNode:
		case seen[name]:
			d.violate("Invalid value at '%s': %s is given twice.", join(path, name), name)
		default:
			seen[name] = true
			read(m.value, join(path, name))
		}
	}
}

func (d *decoder) unknown(name, path string) {
	at := ""
	if path != "" {
		at = fmt.Sprintf(" at '%s'", path)
	}
	d.violate("Invalid JSON payload received. Unknown name %s%s: Cannot find field.", quote(name), at)
}

// join appends a member's name, which Google's errors write in snake_case.
func join(path, name string) string {
	if path == "" {
		return snake(name)
	}
	return path + "." + snake(name)
}

// lowerCamel returns the JSON name of a member that is written as in the .proto
// file; other names, and names that mix both, are returned as they are.
func lowerCamel(name string) string {
	if !strings.Contains(name, "_") || strings.ToLower(name) != name {
		return name
	}
	words := strings.Split(name, "_")
	for i, w := range words[1:] {
		if w == "" {
			return name
		}
		words[i+1] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, "")
}

func snake(name string) string {
	var b strings.Builder
	for _, r := range name {
		if 'A' <= r && r <= 'Z' {
			b.WriteByte('_')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// list reads an array of up to most elements.
func (d *decoder) list(most int, element func(n node, path string)) field {
	return func(n node, path string) {
		if n.kind != arrayNode {
			d.invalid(path, "repeated field", n)
			return
		}
		if len(n.items) > most {
			d.violate("%s has %d members; Oriel reads %d at most.", path, len(n.items), most)
			return
		}
		for i, item := range n.items {
			element(item, fmt.Sprintf("%s[%d]", path, i))
		}
	}
}

func ignore(node, string) {}

func (d *decoder) batch(root node) []Query {
	var qs []Query
	d.message(root, "", map[string]field{
		"property": ignore,
		"requests": d.list(maxList, func(n node, path string) {
			var q Query
			d.query(n, path, &q)
			qs = append(qs, q)
		}),
	}, nil)
	return qs
}

// fields are the members that all reports have.
func (d *decoder) fields(q *Query) map[string]field {
	return map[string]field{
		"property":            ignore, // the path says which
		"returnPropertyQuota": ignore, // viewers never see it
		"dimensions": d.list(maxList, func(n node, path string) {
			q.Dimensions = append(q.Dimensions, d.dimension(n, path))
		}),
		"metrics": d.list(maxList, func(n node, path string) {
			q.Metrics = append(q.Metrics, d.metric(n, path))
		}),
		"dimensionFilter": func(n node, path string) { q.DimensionFilter = d.filter(n, path, 1) },
		"metricFilter":    func(n node, path string) { q.MetricFilter = d.filter(n, path, 1) },
		"orderBys": d.list(maxList, func(n node, path string) {
			q.OrderBys = append(q.OrderBys, d.orderBy(n, path))
		}),
		"metricAggregations": d.list(maxList, func(n node, path string) {
			d.aggregation(n, path, &q.MetricAggregations)
		}),
		"limit": d.int64(&q.Limit),
	}
}

func (d *decoder) query(n node, path string, q *Query) {
	fields, refused := d.fields(q), unsupported{}
	if q.Realtime {
		fields["minuteRanges"] = d.list(maxList, func(n node, path string) {
			q.MinuteRanges = append(q.MinuteRanges, d.minuteRange(n, path))
		})
	} else {
		fields["dateRanges"] = d.list(maxList, func(n node, path string) {
			q.DateRanges = append(q.DateRanges, d.dateRange(n, path))
		})
		fields["offset"] = d.int64(&q.Offset)
		fields["currencyCode"] = d.text(&q.CurrencyCode)
		fields["keepEmptyRows"] = d.bool(&q.KeepEmptyRows)
		fields["comparisons"] = d.list(maxList, func(n node, path string) {
			q.Comparisons = append(q.Comparisons, d.comparison(n, path))
		})
		refused = unsupported{"cohortSpec": true, "conversionSpec": true, "section": true}
	}
	if d.pivots {
		d.pivotFields(fields, q)
	}
	d.message(n, path, fields, refused)
}
