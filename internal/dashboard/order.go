package dashboard

import (
	"fmt"
	"slices"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// timeOrder has the order type that sorts the values of each dimension of time chronologically.
// Source: Google Analytics Data API, dimensions of category Time; hour,
// documented as two digits, is seen with one.
var timeOrder = map[string]string{
	"date":             "",
	"dateHour":         "",
	"dateHourMinute":   "",
	"day":              numeric,
	"dayOfWeek":        numeric,
	"hour":             numeric,
	"isoWeek":          numeric,
	"isoYear":          "",
	"isoYearIsoWeek":   "",
	"minute":           numeric,
	"month":            numeric,
	"nthDay":           numeric,
	"nthHour":          numeric,
	"nthMinute":        numeric,
	"nthMonth":         numeric,
	"nthWeek":          numeric,
	"nthYear":          numeric,
	"week":             numeric,
	"year":             "",
	"yearMonth":        "",
	"yearWeek":         "",
	"minutesAgo":       numeric,
	"firstSessionDate": "",
}

const numeric = "NUMERIC"

func orderBy(dimension string, desc bool) report.OrderBy {
	return report.OrderBy{Dimension: &report.DimensionOrder{DimensionName: dimension, OrderType: timeOrder[dimension]}, Desc: desc}
}

func isTime(dimension string) bool {
	_, ok := timeOrder[dimension]
	return ok
}

// defaultOrder sorts a panel that names no order: over time when its first
// dimension is one of time and it is no table, else by its first metric, the
// largest first.
func defaultOrder(t Type, q report.Query) []report.OrderBy {
	switch {
	case len(q.Dimensions) == 0:
		return nil
	case t != Table && isTime(q.Dimensions[0].Name):
		name := q.Dimensions[0].Name
		return []report.OrderBy{orderBy(name, name == "minutesAgo")} // which counts backwards
	case len(q.Metrics) > 0:
		return []report.OrderBy{{Metric: &report.MetricOrder{MetricName: q.Metrics[0].Name}, Desc: true}}
	}
	return nil
}

// parseOrder reads "sessions" (ascending) and "-sessions" (descending). The
// field must be one that the panel asks for.
func parseOrder(s string, q report.Query) (report.OrderBy, error) {
	name, desc := strings.CutPrefix(s, "-")
	if slices.Contains(q.Metrics, report.Metric{Name: name}) {
		return report.OrderBy{Metric: &report.MetricOrder{MetricName: name}, Desc: desc}, nil
	}
	if slices.Contains(q.Dimensions, report.Dimension{Name: name}) {
		return orderBy(name, desc), nil
	}
	return report.OrderBy{}, fmt.Errorf("%q is not one of the panel's metrics or dimensions", name)
}
