package emulator

import (
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-server/oriel/emulator/world"
)

// comparisonColumn is the dimension that a report with comparisons has. A request may say
// where; otherwise it is the first.
const comparisonColumn = "comparison"

// A comparison is a part of the events, with rows of its own.
type comparison struct {
	name  string
	where world.Expr // nil: all events
}

// A series is one comparison in one range. Rows say by Range which series they are of.
type series struct {
	span
	comparison
}

// compare compiles the comparisons, and lays out the series of the answer.
func (q *question) compare(fc *filterCompiler) error {
	for i := range q.ask.Comparisons {
		c, err := q.comparison(fc, &q.ask.Comparisons[i], i)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(q.compared, func(other comparison) bool { return other.name == c.name }) {
			return invalidArgument("Found duplicate comparisons: %s", c.name)
		}
		q.compared = append(q.compared, c)
	}
	if q.compared == nil && slices.ContainsFunc(q.ask.Dimensions, isComparison) {
		return invalidArgument("The comparison dimension requires comparisons in the request.")
	}
	q.laySeries()
	return nil
}

func (q *question) laySeries() {
	all := q.compared
	if all == nil {
		all = []comparison{{}}
	}
	q.series = nil
	for _, c := range all {
		for _, s := range q.spans {
			q.series = append(q.series, series{s, c})
		}
	}
}

func isComparison(d dimensionAsk) bool { return d.Name == comparisonColumn && d.Expression == nil }

func (q *question) comparison(fc *filterCompiler, ask *comparisonAsk, index int) (c comparison, err error) {
	c.name = ask.Name
	switch {
	case ask.Filter != nil:
		if c.name == "" {
			c.name = "comparison_" + strconv.Itoa(index)
		}
		c.where, err = fc.dimensions(ask.Filter)
	case ask.Comparison != "":
		saved := slices.IndexFunc(q.site.fields.comparisons, func(f field) bool { return f.name == ask.Comparison })
		if saved < 0 {
			return c, invalidArgument("Comparison %s does not exist.", ask.Comparison)
		}
		if c.name == "" {
			c.name = q.site.fields.comparisons[saved].label
		}
		c.where = savedComparison(ask.Comparison)
	default:
		return c, invalidArgument("Comparisons must set exactly one of dimension_filter or comparison.")
	}
	return c, err
}

// savedComparison is what a comparison that every property has lets through.
func savedComparison(name string) world.Expr {
	is := func(dimension string, values ...string) world.Expr {
		return world.Match{Dimension: dimension, Test: func(v string) bool { return slices.Contains(values, v) }}
	}
	begins := func(word string) world.Expr {
		return world.Match{Dimension: "sessionDefaultChannelGroup", Test: func(v string) bool { return strings.HasPrefix(v, word) }}
	}
	const channel = "sessionDefaultChannelGroup"
	switch strings.TrimPrefix(name, "comparisons/") {
	case "directTraffic":
		return is(channel, "Direct")
	case "emailSmsAndPushNotificationsTraffic":
		return is(channel, "Email", "SMS", "Mobile Push Notifications")
	case "mobileTraffic":
		return is("deviceCategory", "mobile")
	case "organicTraffic":
		return begins("Organic ")
	case "paidTraffic":
		return world.Or{begins("Paid "), is(channel, "Display", "Cross-network", "Audio")}
	case "referralAndAffiliatesTraffic":
		return is(channel, "Referral", "Affiliates")
	case "tabletTraffic":
		return is("deviceCategory", "tablet")
	case "webTraffic":
		return is("platform", "web")
	}
	return nil // all users
}

// A dimensionColumn is a column of dimension values in the answer.
type dimensionColumn struct {
	name string
	// of returns the value for dimension values as they are grouped, and a series.
	of func(dimensions []string, s *series) string
	// own says that it is a dimension of the events, and not the name of a series.
	own bool
}

// dimensionColumns lays out the columns: those of the request, and the names of series
// that it does not place.
func (q *question) dimensionColumns() []dimensionColumn {
	named := dimensionColumn{name: comparisonColumn, of: func(_ []string, s *series) string { return s.comparison.name }}
	var columns []dimensionColumn
	if q.compared != nil && !slices.ContainsFunc(q.ask.Dimensions, isComparison) {
		columns = append(columns, named)
	}
	at := 0
	for _, ask := range q.ask.Dimensions {
		if isComparison(ask) {
			columns = append(columns, named)
			continue
		}
		i := at
		columns = append(columns, dimensionColumn{ask.Name, func(d []string, _ *series) string { return d[i] }, true})
		at++
	}
	if len(q.spans) > 1 {
		columns = append(columns, q.rangeColumn())
	}
	return columns
}

func (q *question) rangeColumn() dimensionColumn {
	return dimensionColumn{name: dateRangeColumn, of: func(_ []string, s *series) string { return s.span.name }}
}
