package policy

import (
	"slices"
	"strings"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// check refuses a query that the view does not allow on any day.
func (v *View) check(q report.Query, extra *report.Filter) error {
	if err := q.Validate(); err != nil {
		return err
	}
	// The same message for both, so that it discloses neither a filter nor its fields.
	if q.Realtime && !(v.Realtime && validInRealtime(v.Filter) && validInRealtime(extra)) {
		return report.Errorf(report.Forbidden, "This view does not answer realtime questions.")
	}
	if err := v.checkFields(q); err != nil {
		return err
	}
	return v.checkPivots(q)
}

// narrow returns the query that may be asked in place of q: about the view's
// property, behind the view's filter, then the token's, then the query's, with
// dates resolved and bounded. q was checked and is not changed.
func (v *View) narrow(q report.Query, extra *report.Filter, zone *time.Location, now time.Time) (narrowed report.Query, clipped bool, err error) {
	q = q.Clone()
	q.Account, q.Property = v.Account, v.Property
	q.DimensionFilter = report.And(v.Filter.Clone(), extra.Clone(), q.DimensionFilter)
	for i, c := range q.Comparisons { // not only in front of them: each is a report of its own
		q.Comparisons[i].DimensionFilter = report.And(v.Filter.Clone(), extra.Clone(), c.DimensionFilter)
	}
	if err := v.narrowRows(&q, extra); err != nil {
		return q, false, err
	}
	today := report.DateOf(now, zone)
	d := days{first: v.History.first(today), today: today, refuse: v.History.Refuse}
	if !d.first.IsZero() && !q.Realtime {
		d.first = d.first.AddDays(lookback(q)) // what is counted must not reach further back
	}
	if d.first.After(today) {
		return q, false, report.Errorf(report.Forbidden, "This view's history is shorter than the days that the metrics count back.")
	}
	if q.Realtime {
		clipped, err = d.boundMinutes(q.MinuteRanges, now.Sub(d.first.In(zone)))
		if err == nil && clipped && len(q.MinuteRanges) == 0 {
			q.MinuteRanges = d.sinceMidnight(now.Sub(d.first.In(zone)))
		}
		return q, clipped, err
	}
	clipped, err = d.boundDates(q.DateRanges)
	return q, clipped, err
}

// rollingMetrics are the metrics, in lower case, whose value on a day counts users of days
// before it too, and of how many. Source: the Data API's schema of metrics.
var rollingMetrics = map[string]int{
	"active7dayusers": 6, "dauperwau": 6,
	"active28dayusers": 27, "daupermau": 27, "waupermau": 27,
}

// lifetimeDimensions are the dimensions whose values are days before those that a query
// asks for; a view with a history denies them. All other dates are of the days asked for.
var lifetimeDimensions = []string{"firstSessionDate"}

// precedesHistory reports whether a field's values are days before the view's history.
func (v *View) precedesHistory(name string) bool {
	return v.History.bounded() && (Fields{Deny: lifetimeDimensions}).denies(name)
}

// lookback returns how many days before its dates a query counts.
func lookback(q report.Query) int {
	most := 0
	q.Mentions(func(m report.Mention) {
		if m.Metric {
			most = max(most, rollingMetrics[strings.ToLower(m.Name)])
		}
	})
	return most
}

// usesRolling reports whether a calculated metric is computed from a rolling one.
func usesRolling(field report.Field) bool {
	return slices.ContainsFunc(operands[0].FindAllString(field.Expression, -1), func(name string) bool {
		return rollingMetrics[strings.ToLower(name)] > 0
	})
}

// limit returns the rows to ask for, which are always named: a question that
// means the same is then written the same. Google caps a limit that is too large
// silently; bounded reports whether the view's MaxRows is below what Google would return.
func (v *View) limit(asked report.Int64) (rows report.Int64, bounded bool) {
	if asked == 0 {
		asked = report.DefaultLimit
	}
	rows = min(asked, report.MaxLimit)
	if most := report.Int64(v.MaxRows); most > 0 && most < rows {
		return most, true
	}
	return rows, false
}

// bounded reports whether the history leaves days out.
func (h History) bounded() bool { return h.Days > 0 || !h.Since.IsZero() }

// first returns the first day that may be asked for; the zero Date for no bound.
func (h History) first(today report.Date) report.Date {
	first := h.Since
	if h.Days > 0 {
		if d := today.AddDays(1 - h.Days); first.IsZero() || d.After(first) {
			first = d
		}
	}
	return first
}

// days are the bounds of a question's dates.
type days struct {
	first, today report.Date
	refuse       bool
}

func (d days) outside() *report.Error {
	return report.Errorf(report.Forbidden, "This view's history begins on %s: ask for that day and later ones.", d.first)
}

// boundDates resolves and clips the ranges in place.
func (d days) boundDates(ranges []report.DateRange) (clipped bool, err error) {
	for i := range ranges {
		start, err := report.ResolveDate("startDate", ranges[i].StartDate, d.today)
		if err != nil {
			return clipped, err
		}
		end, err := report.ResolveDate("endDate", ranges[i].EndDate, d.today)
		if err != nil {
			return clipped, err
		}
		start, cut, err := d.clip(start, end)
		if err != nil {
			return clipped, err
		}
		clipped = clipped || cut
		ranges[i].StartDate, ranges[i].EndDate = start.String(), end.String()
	}
	return clipped, nil
}

// clip moves the start of a range into the view's history.
func (d days) clip(start, end report.Date) (first report.Date, clipped bool, err error) {
	switch {
	case start.After(end):
		return start, false, report.Errorf(report.Invalid, "start_date must be less than or equal to end_date. start_date = %s and end_date = %s", start, end)
	case !start.Before(d.first):
		return start, false, nil
	case d.refuse || end.Before(d.first):
		return start, false, d.outside()
	}
	return d.first, true, nil
}

// The minutes that Google looks back when a realtime question names none.
const defaultMinutesAgo = 29

// boundMinutes clips realtime ranges to the view's history, in place: shortly after the first
// day's midnight the last half hour reaches into the day before. open is the time since that
// midnight.
func (d days) boundMinutes(ranges []report.MinuteRange, open time.Duration) (clipped bool, err error) {
	if d.first.IsZero() {
		return false, nil
	}
	most := int(open / time.Minute)
	if open < 0 {
		return false, d.outside()
	}
	if len(ranges) == 0 {
		clipped = most < defaultMinutesAgo
	}
	for i, r := range ranges {
		start, end := defaultMinutesAgo, 0
		if r.StartMinutesAgo != nil {
			start = *r.StartMinutesAgo
		}
		if r.EndMinutesAgo != nil {
			end = *r.EndMinutesAgo
		}
		if start <= most {
			continue
		}
		if end > most {
			return clipped, d.outside()
		}
		ranges[i].StartMinutesAgo, clipped = &most, true
	}
	if clipped && d.refuse {
		return clipped, d.outside()
	}
	return clipped, nil
}

func (d days) sinceMidnight(open time.Duration) []report.MinuteRange {
	most := int(open / time.Minute)
	return []report.MinuteRange{{StartMinutesAgo: &most}}
}

// checkPivots refuses pivots of more rows than the view answers. They are not
// cut: that would take whole columns or rows from the table.
func (v *View) checkPivots(q report.Query) error {
	if len(q.Pivots) == 0 || v.MaxRows == 0 {
		return nil
	}
	product := int64(1)
	for _, p := range q.Pivots {
		product *= int64(p.Limit)
	}
	if product > v.MaxRows {
		return report.Errorf(report.Invalid, "This view answers %d rows at most, and the limits of the pivots allow %d: ask for less.", v.MaxRows, product)
	}
	return nil
}

// narrowRows bounds the rows of q, whose filter is narrowed. Where there are
// pivots, which have limits of their own, it adds to the dimensions those that the
// filter reads, which Google requires. As no pivot names them they are not visible.
// Whether there is room for them does not depend on which they are: it would tell.
func (v *View) narrowRows(q *report.Query, extra *report.Filter) error {
	if len(q.Pivots) == 0 {
		q.Limit, _ = v.limit(q.Limit)
		return nil
	}
	narrowing := map[string]bool{}
	for _, f := range []*report.Filter{v.Filter, extra} {
		f.Walk(func(c *report.Condition) { narrowing[c.FieldName] = true })
	}
	if len(q.Dimensions)+len(narrowing) > report.MaxDimensions {
		return report.Errorf(report.Invalid, "These dimensions and metrics cannot be asked together over this view.")
	}
	q.DimensionFilter.Walk(func(c *report.Condition) {
		if !slices.ContainsFunc(q.Dimensions, func(d report.Dimension) bool { return d.Name == c.FieldName }) {
			q.Dimensions = append(q.Dimensions, report.Dimension{Name: c.FieldName})
		}
	})
	return nil
}
