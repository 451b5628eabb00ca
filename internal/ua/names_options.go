package ua

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// Options are what a view's configuration and the property say about a
// translation.
type Options struct {
	// Today is the day that it is in the property's time zone. Required,
	// except for realtime queries.
	Today report.Date
	// PagePath is the GA4 field that answers ga:pagePath: pagePathPlusQueryString
	// (the default), or pagePath for a view that excluded query parameters.
	PagePath string
	// Goals, Dimensions and Metrics say what the numbers of ga:goal1Completions,
	// ga:dimension1 and ga:metric1 are in GA4: the name of a key event, and
	// names of custom definitions such as customEvent:author.
	Goals      map[int]string
	Dimensions map[int]string
	Metrics    map[int]string
	// DimensionNames and MetricNames say what other names are, where it is not what
	// the table says: by the name without ga:, a field for a dimension
	// (eventCategory: customEvent:category), a formula of GA4 metrics for a metric.
	DimensionNames, MetricNames map[string]string
	// Calculated are formulas of GA4 metrics by the NAME of ga:calcMetric_NAME.
	Calculated map[string]string
	// MaxRows is the view's bound on the rows of one answer of Google's; 0 for none.
	MaxRows int64
	// Endpoint is the address of the v3 method, for id, selfLink and the links
	// to other pages: https://host/analytics/v3/data/ga.
	Endpoint string
	// Profile describes the view as v3 did.
	Profile Profile
}

// Validate says what is wrong with the part that a configuration writes.
func (o Options) Validate() error {
	if o.PagePath != "" && o.PagePath != "pagePath" && o.PagePath != "pagePathPlusQueryString" {
		return fmt.Errorf("ga:pagePath cannot be answered by %q: use pagePath or pagePathPlusQueryString", o.PagePath)
	}
	for _, name := range slices.Sorted(maps.Keys(o.DimensionNames)) {
		if err := checkName(name, true, fieldName.FindString(o.DimensionNames[name]) == o.DimensionNames[name]); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o.MetricNames)) {
		_, err := parseFormula(o.MetricNames[name])
		if err := checkName(name, false, err == nil); err != nil {
			return err
		}
	}
	for name, text := range o.Calculated {
		if _, err := parseFormula(text); err != nil {
			return fmt.Errorf("ga:calcMetric_%s: %w", name, err)
		}
	}
	return nil
}

// A FieldMapping is a field that a configuration gives a name of Universal Analytics.
type FieldMapping struct {
	Setting, Key string // dimensions, eventCategory
	Field        string // of GA4
	Dimension    bool   // else a metric
}

// FieldMappings lists the fields that a valid configuration names, those of one setting
// together.
func (o Options) FieldMappings() (all []FieldMapping) {
	for _, n := range slices.Sorted(maps.Keys(o.Goals)) {
		all = append(all, FieldMapping{"goals", strconv.Itoa(n), "keyEvents:" + o.Goals[n], false})
	}
	dimensions := keyed(o.Dimensions, o.DimensionNames)
	for _, key := range slices.Sorted(maps.Keys(dimensions)) {
		all = append(all, FieldMapping{"dimensions", key, dimensions[key], true})
	}
	for _, of := range []struct {
		setting  string
		formulas map[string]string
	}{{"metrics", keyed(o.Metrics, o.MetricNames)}, {"calculated", o.Calculated}} {
		for _, key := range slices.Sorted(maps.Keys(of.formulas)) {
			f, err := parseFormula(of.formulas[key])
			if err != nil {
				continue // the query that names it is reported
			}
			for _, ref := range f.refs() {
				all = append(all, FieldMapping{of.setting, key, ref.Metric, false})
				if ref.Where.Field != "" {
					all = append(all, FieldMapping{of.setting, key, ref.Where.Field, true})
				}
			}
		}
	}
	return all
}

// keyed returns what a setting says, as a configuration writes it.
func keyed(numbers map[int]string, names map[string]string) map[string]string {
	all := make(map[string]string, len(numbers)+len(names))
	maps.Copy(all, names)
	for n, field := range numbers {
		all[strconv.Itoa(n)] = field
	}
	return all
}

// checkName says what is wrong with a name that a configuration gives a field to.
func checkName(name string, dimension, answerable bool) error {
	n, arg := lookup("ga:" + name)
	kind := map[bool]string{true: "dimension", false: "metric"}
	switch {
	case n == nil || n.Dimension != dimension:
		return fmt.Errorf("there is no %s ga:%s in Universal Analytics", kind[dimension], name)
	case arg != "":
		return fmt.Errorf("ga:%s has a number: give it by that, %s, if it is a custom %s", name, arg, kind[dimension])
	case !answerable && dimension:
		return fmt.Errorf("ga:%s cannot be answered by that: name one field of Google Analytics 4, such as customEvent:category", name)
	case !answerable:
		return fmt.Errorf("ga:%s cannot be answered by that: write a metric of Google Analytics 4, such as customEvent:words, or a formula of some", name)
	}
	return nil
}

// named returns the field or formula that the configuration gives a name, or the
// newer one of a deprecated name; empty for none.
func (o Options) named(n Name) string {
	names := o.MetricNames
	if n.Dimension {
		names = o.DimensionNames
	}
	for name, field := range names {
		if strings.EqualFold("ga:"+name, n.Name) || strings.EqualFold("ga:"+name, n.ReplacedBy) {
			return field
		}
	}
	return ""
}

// Named returns the options without the goals and custom definitions whose fields
// may not be named, for lists of them.
func (o Options) Named(may func(field string) bool) Options {
	keep := func(all map[int]string, prefix string) map[int]string {
		all = maps.Clone(all)
		maps.DeleteFunc(all, func(_ int, field string) bool { return !may(prefix + field) })
		return all
	}
	o.Goals, o.Dimensions, o.Metrics = keep(o.Goals, "keyEvents:"), keep(o.Dimensions, ""), keep(o.Metrics, "")
	return o
}

// A Profile is the profileInfo of a body. ID is the number in ids; the others are
// what the caller wants to show, and may be empty.
type Profile struct {
	ID                    string
	AccountID             string
	WebPropertyID         string
	InternalWebPropertyID string
	Name                  string
}
