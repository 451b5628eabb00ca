package ua

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// v3's limits. Source: Core Reporting API v3 reference.
const (
	maxDimensions     = 7
	maxMetrics        = 10
	defaultMaxResults = 1000
	mostMaxResults    = 10_000 // more is silently reduced, as v3 did
)

// A Query is the parameters of data.ga.get or data.realtime.get, read and
// checked. Names are as the client wrote them.
type Query struct {
	Realtime         bool
	IDs              string // ga:123
	StartDate        string // as written; empty in a realtime query
	EndDate          string
	Metrics          []string
	Dimensions       []string
	Sort             []SortKey
	Filters          string // as written
	Filter           Expr   // Filters, read
	Segment          string
	SamplingLevel    string // accepted: GA4 has no such choice
	IncludeEmptyRows bool
	StartIndex       int // from 1
	MaxResults       int
	DataTable        bool // output=dataTable

	format      responseFormat
	pagingGiven [2]bool // whether start-index and max-results were given: links repeat them
}

// A SortKey is a column to sort by.
type SortKey struct {
	Name string
	Desc bool
}

func (k SortKey) String() string {
	if k.Desc {
		return "-" + k.Name
	}
	return k.Name
}

// sortKeys returns the keys as written.
func (q Query) sortKeys() (keys []string) {
	for _, k := range q.Sort {
		keys = append(keys, k.String())
	}
	return keys
}

var (
	idsPattern   = regexp.MustCompile(`^ga:[0-9]{1,20}$`)
	datePattern  = regexp.MustCompile(`^(?i)([0-9]{4}-[0-9]{2}-[0-9]{2}|today|yesterday|[0-9]{1,9}daysAgo)$`)
	fieldPattern = regexp.MustCompile(`^(?i:ga|rt):[A-Za-z0-9_]{1,100}$`)
)

// ParseGA reads the parameters of GET /analytics/v3/data/ga. It is as tolerant
// as pages need: repeated parameters are lists, spaces after commas and empty
// parameters are ignored, dates default to 7daysAgo and yesterday.
func ParseGA(v url.Values) (Query, error) {
	p := &parser{values: v}
	q := Query{
		StartDate:        p.text("start-date", "7daysAgo", datePattern, "[0-9]{4}-[0-9]{2}-[0-9]{2}|today|yesterday|[0-9]+(daysAgo)"),
		EndDate:          p.text("end-date", "yesterday", datePattern, "[0-9]{4}-[0-9]{2}-[0-9]{2}|today|yesterday|[0-9]+(daysAgo)"),
		Segment:          p.one("segment"),
		SamplingLevel:    p.enum("samplingLevel", "DEFAULT", "FASTER", "HIGHER_PRECISION"),
		IncludeEmptyRows: p.bool("include-empty-rows"),
		DataTable:        p.enum("output", "json", "dataTable") == "dataTable",
	}
	q.StartIndex, q.pagingGiven[0] = p.count("start-index", 1)
	return p.finish(q)
}

// ParseRealtime reads the parameters of GET /analytics/v3/data/realtime.
func ParseRealtime(v url.Values) (Query, error) {
	p := &parser{values: v}
	return p.finish(Query{Realtime: true, IncludeEmptyRows: true, StartIndex: 1})
}

// A parser reads parameters and keeps the first error.
type parser struct {
	values url.Values
	err    error
}

// finish reads the parameters of both methods.
func (p *parser) finish(q Query) (Query, error) {
	var err error
	q.IDs = p.ids()
	q.Metrics = p.names("metrics", maxMetrics)
	q.Dimensions = p.names("dimensions", maxDimensions)
	q.Sort = p.sort(slices.Concat(q.Dimensions, q.Metrics))
	q.Filters = p.filters()
	q.MaxResults, q.pagingGiven[1] = p.count("max-results", defaultMaxResults)
	q.MaxResults = min(q.MaxResults, mostMaxResults)
	q.format = p.formatFor(bodyMembers)
	if len(q.Metrics) == 0 {
		p.fail(missing("metrics"))
	}
	if p.err != nil {
		return Query{}, p.err
	}
	q.Filter, err = ParseFilter(q.Filters)
	return q, err
}

func (p *parser) fail(err error) {
	if p.err == nil {
		p.err = err
	}
}

// one returns a parameter; repeated ones are joined to a list.
func (p *parser) one(name string) string {
	return strings.TrimSpace(strings.Join(p.values[name], ","))
}

func (p *parser) ids() string {
	ids := p.one("ids")
	switch {
	case ids == "":
		p.fail(missing("ids"))
	case !idsPattern.MatchString(ids):
		p.mismatch("ids", ids, "ga:[0-9]+")
	}
	return ids
}

// mismatch fails with v3's error for a value that doesn't match a pattern.
func (p *parser) mismatch(name, value, pattern string) {
	p.fail(badParameter(name, "Invalid value '%s'. Values must match the following regular expression: '%s'", report.Truncate(value), pattern))
}

// text reads a parameter that matches a pattern, which errors show as shown.
func (p *parser) text(name, fallback string, pattern *regexp.Regexp, shown string) string {
	v := p.one(name)
	if v == "" {
		return fallback
	}
	if !pattern.MatchString(v) {
		p.mismatch(name, v, shown)
	}
	return v
}

// enum reads a parameter that has one of the values or is empty.
func (p *parser) enum(name string, values ...string) string {
	v := p.one(name)
	if v != "" && !slices.Contains(values, v) {
		p.fail(badParameter(name, "Invalid value '%s'. Allowed values are: [%s]", report.Truncate(v), strings.Join(values, ", ")))
	}
	return v
}

// bool reads a parameter that is true by default.
func (p *parser) bool(name string) bool {
	v := strings.ToLower(p.enum(name, "true", "false", "TRUE", "FALSE", "True", "False", "1", "0"))
	return v != "false" && v != "0"
}

// count reads a whole number of 1 or more.
func (p *parser) count(name string, fallback int) (n int, given bool) {
	v := p.one(name)
	if v == "" {
		return fallback, false
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > 1_000_000_000 {
		p.fail(badParameter(name, "Invalid value '%s' for %s. Value must be a whole number of 1 or more.", report.Truncate(v), name))
		return fallback, true
	}
	return n, true
}

// list splits a parameter at commas, without spaces and empty elements.
func (p *parser) list(name string) []string {
	var out []string
	for s := range strings.SplitSeq(p.one(name), ",") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// names reads a list of names, at most most.
func (p *parser) names(param string, most int) []string {
	names := p.list(param)
	for _, n := range names {
		if !fieldPattern.MatchString(n) {
			p.mismatch(param, n, "(ga:.+)|(rt:.+)")
		}
	}
	if len(names) > most {
		p.fail(badParameter(param, "Too many %s: a maximum of %d is allowed, this query has %d.", param, most, len(names)))
	}
	return names
}

// sort reads the sort keys, each of which must be one of the columns.
func (p *parser) sort(columns []string) []SortKey {
	var keys []SortKey
	for _, s := range p.list("sort") {
		name, desc := strings.CutPrefix(s, "-")
		if !slices.ContainsFunc(columns, func(c string) bool { return strings.EqualFold(c, name) }) {
			p.fail(badParameter("sort", "Sort key %s is not a dimension or metric in this query.", report.Truncate(name)))
		}
		keys = append(keys, SortKey{name, desc})
	}
	return keys
}

// filters joins repeated parameters by AND, so that none widens the result.
func (p *parser) filters() string {
	var all []string
	for _, f := range p.values["filters"] {
		if f = strings.TrimSpace(f); f != "" {
			all = append(all, f)
		}
	}
	return strings.Join(all, ";")
}
