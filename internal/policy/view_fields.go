package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// synonyms are the names under which Google answers with the same field.
// Source: deprecatedApiNames of properties/0/metadata, and the Data API's
// changelog of renamed fields.
var synonyms = [][]string{
	{"countryId", "countryIsoCode"},
	{"dayOfWeek", "dayOfWeekZero"},
	{"firstSessionDate", "firstTouchDate"},
	{"defaultChannelGroup", "defaultChannelGrouping"},
	{"sessionDefaultChannelGroup", "sessionDefaultChannelGrouping"},
	{"firstUserDefaultChannelGroup", "firstUserDefaultChannelGrouping"},
	{"isKeyEvent", "isConversionEvent"},
	{"adUnitExposure", "adUnitExposureMs"},
	{"keyEvents", "conversions"},
	{"sessionKeyEventRate", "sessionConversionRate"},
	{"userKeyEventRate", "userConversionRate"},
	{"advertiserAdCostPerKeyEvent", "advertiserAdCostPerConversion"},
}

// realtimeDimensions are those of runRealtimeReport; user-scoped custom
// dimensions exist there as well. Source: Data API, realtime schema.
var realtimeDimensions = []string{
	"appVersion", "audienceId", "audienceName", "audienceResourceName", "city", "cityId", "country", "countryId",
	"deviceCategory", "eventName", "minutesAgo", "platform", "streamId", "streamName", "unifiedScreenName",
}

// realtimeMetrics are those of runRealtimeReport. Source: as above.
var realtimeMetrics = []string{"activeUsers", "eventCount", "keyEvents", "conversions", "screenPageViews"}

func inRealtime(dimension string) bool {
	return slices.Contains(realtimeDimensions, dimension) || strings.HasPrefix(dimension, "customUser:")
}

// plainName is what a field can be called. Anything else might be read by
// Google as a name that the lists below do not know it by.
var plainName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*(:[\pL\pN_-]{1,80})?$`)

var patternName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*(:[\pL\pN_-]{0,80})?\*?$`)

func (f Fields) validate() error {
	for _, name := range slices.Concat(f.Allow, f.Deny) {
		if strings.HasPrefix(name, familyPrefix) {
			if err := validateFamily(name); err != nil {
				return err
			}
			continue
		}
		if !patternName.MatchString(name) && name != "*" {
			return fmt.Errorf("%q is not a field, a prefix such as customEvent:* or a family such as family:revenue", name)
		}
	}
	return nil
}

// allows reports whether a field may be named. In doubt it may not: the deny
// list ignores case, the allow list does not.
func (f Fields) allows(name string) bool {
	if !plainName.MatchString(name) {
		return false
	}
	if f.denies(name) {
		return false
	}
	names := spellings(name)
	return len(f.Allow) == 0 || slices.ContainsFunc(f.Allow, func(pattern string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return matches(pattern, n) })
	})
}

func (f Fields) denies(name string) bool {
	names := spellings(name)
	return slices.ContainsFunc(f.Deny, func(pattern string) bool {
		return slices.ContainsFunc(names, func(n string) bool {
			base, _, _ := strings.Cut(n, ":")
			return matches(strings.ToLower(pattern), strings.ToLower(n)) || strings.EqualFold(pattern, base)
		})
	})
}

// calculatedPrefix begins the names of metrics that a property's owner defined over
// other metrics.
const calculatedPrefix = "calcMetric:"

// operands finds the fields in a calculated metric's expression. A hyphen may
// belong to a parameter's name or be a minus, so both readings are found.
var operands = []*regexp.Regexp{
	regexp.MustCompile(`[A-Za-z][A-Za-z0-9]*(:[\pL\pN_]+)?`),
	regexp.MustCompile(`[A-Za-z][A-Za-z0-9]*(:[\pL\pN_-]+)?`),
}

// discloses reports whether a calculated metric is computed from a denied
// field, which it and its other operands would disclose.
func (f Fields) discloses(field report.Field) bool {
	return slices.ContainsFunc(operands, func(operand *regexp.Regexp) bool {
		return slices.ContainsFunc(operand.FindAllString(field.Expression, -1), f.denies)
	})
}

// calculatedMetrics returns the calculated metrics that a query reads.
func calculatedMetrics(q report.Query) []string {
	var names []string
	q.Mentions(func(m report.Mention) {
		if m.Metric && strings.HasPrefix(strings.ToLower(m.Name), strings.ToLower(calculatedPrefix)) {
			names = append(names, m.Name)
		}
	})
	return names
}

func matches(pattern, name string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(name, prefix)
	}
	return pattern == name
}

// spellings returns all names of a field, its parameter kept.
func spellings(name string) []string {
	base, parameter := name, ""
	if i := strings.IndexByte(name, ':'); i >= 0 {
		base, parameter = name[:i], name[i:]
	}
	for _, group := range synonyms {
		if !slices.ContainsFunc(group, func(s string) bool { return strings.EqualFold(s, base) }) {
			continue
		}
		names := []string{name}
		for _, s := range group {
			if s != base {
				names = append(names, s+parameter)
			}
		}
		return names
	}
	return []string{name}
}

// checkFields refuses a query that reads a field which the view hides, with
// Google's error for an unknown field, wherever the field is named: a field that can be
// filtered, sorted or computed by can be disclosed.
func (v *View) checkFields(q report.Query) error {
	var err error
	q.Mentions(func(m report.Mention) {
		switch {
		case err != nil || v.Fields.allows(m.Name):
		case v.precedesHistory(m.Name):
			err = report.Errorf(report.Forbidden, "The history of this view is bounded, and %s tells of days before it: leave it out.", report.Truncate(m.Name))
		default:
			err = noSuchField(m.Name, m.Kind(), q.Realtime)
		}
	})
	return err
}

// checkChosen refuses a query that gives an expression the name of a field: the
// view's and the token's filters read fields by name, and must not be made to read
// an expression instead. It refuses so for every field of the property, for what
// is refused must not tell by which fields a view is narrowed.
func (v *View) checkChosen(all *report.Fields, extra *report.Filter, chosen []string) error {
	for _, name := range chosen {
		names := spellings(name)
		if exists(all, names) || reads(v.Filter, names) || reads(extra, names) || v.Fields.denies(name) {
			return report.Errorf(report.Invalid, "The name %s is that of a field: choose another name for the expression.", report.Truncate(name))
		}
	}
	return nil
}

// exists reports whether one of names is that of a field, in any case of letters; old
// names and those of realtime are too.
func exists(all *report.Fields, names []string) bool {
	for _, fields := range [][]report.Field{all.Dimensions, all.Metrics} {
		for i := range fields {
			if containsFold(names, fields[i].APIName) || slices.ContainsFunc(fields[i].DeprecatedAPINames, func(old string) bool { return containsFold(names, old) }) {
				return true
			}
		}
	}
	isName := func(name string) bool { return containsFold(names, name) }
	return slices.ContainsFunc(realtimeDimensions, isName) || slices.ContainsFunc(realtimeMetrics, isName)
}

// reads reports whether a filter reads a field of one of these names.
func reads(f *report.Filter, names []string) (found bool) {
	f.Walk(func(c *report.Condition) { found = found || containsFold(names, c.FieldName) })
	return found
}

func containsFold(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}

const schemaURL = "https://developers.google.com/analytics/devguides/reporting/data/v1/"

// noSuchField returns Google's error for a field that does not exist.
// Source: recorded answers of the Data API; the spaces are Google's.
func noSuchField(name, kind string, realtime bool) *report.Error {
	schema, space := "api-schema", " "
	if realtime {
		schema = "realtime-api-schema"
	}
	if kind == "metric" {
		space = "  "
	}
	return report.Errorf(report.Invalid, "Field %s is not a valid %s.%sFor a list of valid dimensions and metrics, see %s%s ",
		report.Truncate(name), kind, space, schemaURL, schema)
}

var unknownField = regexp.MustCompile(`Field (\S+) is not a valid (dimension|metric)\.`)

// normalizeUnknownField makes Google's error about an unknown field identical to the gate's
// about a hidden one: Google may add a suggestion.
func normalizeUnknownField(err error, realtime bool) error {
	e := report.AsError(err)
	if e == nil || e.Kind != report.Invalid {
		return err
	}
	m := unknownField.FindStringSubmatch(e.Message)
	if m == nil {
		return err
	}
	return noSuchField(m[1], m[2], realtime).Because(err)
}

// hiddenFields returns the fields that the filters read and q does not name.
func hiddenFields(q report.Query, filters ...*report.Filter) []string {
	named := map[string]bool{}
	q.Mentions(func(m report.Mention) { named[m.Name] = true })
	var hidden []string
	for _, f := range filters {
		f.Walk(func(c *report.Condition) {
			if !named[c.FieldName] {
				hidden = append(hidden, c.FieldName)
			}
		})
	}
	return hidden
}

// redactFilterFields replaces Google's errors about the view's or the token's filter, which
// must not disclose that there is one or what it reads.
func redactFilterFields(err error, hidden []string) error {
	e := report.AsError(err)
	if e == nil || e.Kind != report.Invalid {
		return err
	}
	if m := unknownField.FindStringSubmatch(e.Message); m != nil && slices.Contains(hidden, m[1]) {
		return report.Errorf(report.Misconfigured, "This view cannot be read at the moment.").Because(err)
	}
	for _, name := range hidden {
		if strings.Contains(e.Message, name) {
			return notTogether(err)
		}
	}
	return err
}

// validInRealtime reports whether realtime questions can be narrowed by f.
func validInRealtime(f *report.Filter) bool { return len(missingInRealtime(f)) == 0 }

// missingInRealtime are the dimensions of f that realtime questions do not have.
func missingInRealtime(f *report.Filter) (names []string) {
	f.Walk(func(c *report.Condition) {
		if !inRealtime(c.FieldName) && !slices.Contains(names, c.FieldName) {
			names = append(names, c.FieldName)
		}
	})
	return names
}

// customName finds the names of custom definitions and of key events' metrics in a text.
var customName = regexp.MustCompile(`[A-Za-z][A-Za-z0-9]*:[\pL\pN_-]+`)

// forVisitor returns Google's error about a query of the view as its visitors may read it; hidden
// are the fields that the query does not name.
func (v *View) forVisitor(err error, hidden []string, realtime bool) error {
	err = normalizeUnknownField(redactFilterFields(err, hidden), realtime)
	e := report.AsError(err)
	if e == nil || e.Kind != report.Invalid {
		return err
	}
	if slices.ContainsFunc(customName.FindAllString(e.Message, -1), func(name string) bool { return !v.Fields.allows(name) }) {
		return notTogether(err)
	}
	return err
}

func notTogether(cause error) error {
	return report.Errorf(report.Invalid, "These dimensions and metrics cannot be asked together over this view.").Because(cause)
}

// visible returns the fields that a view lets be named. A deprecated name of a
// visible field is as visible as the field.
func (f Fields) visible(fields []report.Field) (visible []report.Field) {
	for _, field := range fields {
		if f.shows(field) {
			visible = append(visible, f.described(field))
		}
	}
	return visible
}

// described returns a visible field without an expression that names others.
func (f Fields) described(field report.Field) report.Field {
	for _, operand := range operands {
		if slices.ContainsFunc(operand.FindAllString(field.Expression, -1), func(name string) bool { return !f.allows(name) }) {
			field.Expression = ""
		}
	}
	return field
}

func (f Fields) shows(field report.Field) bool {
	return f.allows(field.APIName) && !f.discloses(field) && !slices.ContainsFunc(field.DeprecatedAPINames, func(old string) bool {
		return len(f.Deny) > 0 && !(Fields{Deny: f.Deny}).allows(old)
	})
}
