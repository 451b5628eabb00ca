package ua

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// Options are what a translation depends on beside the query: the view's configuration
// and the property.
type Options struct {
	// Today is the current day in the property's time zone. Required,
	// except for realtime queries.
	Today report.Date
	// PagePath is the GA4 field that answers ga:pagePath: pagePathPlusQueryString
	// (the default), or pagePath for a view that excluded query parameters.
	PagePath string
	// Goals, Dimensions and Metrics map the numbers of ga:goal1Completions,
	// ga:dimension1 and ga:metric1 to GA4: to the name of a key event, and to
	// names of custom definitions such as customEvent:author.
	Goals      map[int]string
	Dimensions map[int]string
	Metrics    map[int]string
	// DimensionNames and MetricNames override the table for other names: by the name
	// without ga:, a field for a dimension (eventCategory: customEvent:category), a
	// formula of GA4 metrics for a metric.
	DimensionNames, MetricNames map[string]string
	// Calculated are formulas of GA4 metrics by the NAME of ga:calcMetric_NAME.
	Calculated map[string]string
	// MaxRows bounds the rows of one GA4 report for the view; 0 for no bound.
	MaxRows int64
	// Endpoint is the address of the v3 method, for id, selfLink and the links
	// to other pages: https://host/analytics/v3/data/ga.
	Endpoint string
	// Profile describes the view in v3's terms.
	Profile Profile
}

// Validate returns an error for what is wrong in the fields that come from a
// configuration.
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
	for n, text := range o.Metrics {
		if _, err := parseFormula(text); err != nil {
			return fmt.Errorf("ga:metric%d: %w", n, err)
		}
	}
	for name, text := range o.Calculated {
		if _, err := parseFormula(text); err != nil {
			return fmt.Errorf("ga:calcMetric_%s: %w", name, err)
		}
	}
	return nil
}

// A FieldMapping is a GA4 field that a configuration maps a UA name to.
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
				continue // a query that uses it gets the error
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

// keyed returns the values of a setting by number and by name.
func keyed(numbers map[int]string, names map[string]string) map[string]string {
	all := make(map[string]string, len(numbers)+len(names))
	maps.Copy(all, names)
	for n, field := range numbers {
		all[strconv.Itoa(n)] = field
	}
	return all
}

// checkName returns an error if a configuration cannot map a name; answerable reports
// whether the field or formula is valid.
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

// override returns the field or formula that the configuration maps a name to, or the
// name that replaced it; empty for none.
func (o Options) override(n Name) string {
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

// A Profile is the profileInfo of a body. ID is the number in ids; the others are
// optional.
type Profile struct {
	ID                    string
	AccountID             string
	WebPropertyID         string
	InternalWebPropertyID string
	Name                  string
}
