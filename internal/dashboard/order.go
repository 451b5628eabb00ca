package dashboard

import (
	"fmt"
	"slices"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// timeOrder has the chronological order of each dimension of time. Source: Google Analytics Data API, dimensions of category Time; hour,
// documented as two digits, is seen with one.
var timeOrder = map[string]report.OrderBy{
	"date":             ascending("date", ""),
	"dateHour":         ascending("dateHour", ""),
	"dateHourMinute":   ascending("dateHourMinute", ""),
	"day":              ascending("day", numeric),
	"dayOfWeek":        ascending("dayOfWeek", numeric),
	"hour":             ascending("hour", numeric),
	"isoWeek":          ascending("isoWeek", numeric),
	"isoYear":          ascending("isoYear", ""),
	"isoYearIsoWeek":   ascending("isoYearIsoWeek", ""),
	"minute":           ascending("minute", numeric),
	"month":            ascending("month", numeric),
	"nthDay":           ascending("nthDay", numeric),
	"nthHour":          ascending("nthHour", numeric),
	"nthMinute":        ascending("nthMinute", numeric),
	"nthMonth":         ascending("nthMonth", numeric),
	"nthWeek":          ascending("nthWeek", numeric),
	"nthYear":          ascending("nthYear", numeric),
	"week":             ascending("week", numeric),
	"year":             ascending("year", ""),
	"yearMonth":        ascending("yearMonth", ""),
	"yearWeek":         ascending("yearWeek", ""),
	"minutesAgo":       descending("minutesAgo", numeric), // realtime; counts backwards
	"firstSessionDate": ascending("firstSessionDate", ""),
}

const numeric = "NUMERIC"

func ascending(name, orderType string) report.OrderBy {
	return report.OrderBy{Dimension: &report.DimensionOrder{DimensionName: name, OrderType: orderType}}
}

func descending(name, orderType string) report.OrderBy {
	o := ascending(name, orderType)
	o.Desc = true
	return o
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
		o := timeOrder[q.Dimensions[0].Name]
		return report.Query{OrderBys: []report.OrderBy{o}}.Clone().OrderBys
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
		o := ascending(name, "")
		if known, ok := timeOrder[name]; ok {
			o.Dimension.OrderType = known.Dimension.OrderType
		}
		o.Desc = desc
		return o, nil
	}
	return report.OrderBy{}, fmt.Errorf("%q is not one of the panel's metrics or dimensions", name)
}
