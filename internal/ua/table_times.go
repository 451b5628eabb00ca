package ua

import (
	"fmt"
	"slices"
	"time"
)

// An hour is one hour of a report's date range. A day has 24 of them, whatever
// the clocks did.
type hour struct {
	start, day time.Time // midnight UTC of the first day and of this one
	hour       int
}

// timeNames are the dimensions whose values depend on the hour alone; hourly are those
// that differ within a day.
var timeNames = map[string]func(hour) string{
	"ga:date":           func(h hour) string { return h.day.Format("20060102") },
	"ga:year":           func(h hour) string { return h.day.Format("2006") },
	"ga:month":          func(h hour) string { return h.day.Format("01") },
	"ga:day":            func(h hour) string { return h.day.Format("02") },
	"ga:yearMonth":      func(h hour) string { return h.day.Format("200601") },
	"ga:week":           func(h hour) string { return fmt.Sprintf("%02d", week(h.day)) },
	"ga:yearWeek":       func(h hour) string { return fmt.Sprintf("%04d%02d", h.day.Year(), week(h.day)) },
	"ga:isoWeek":        func(h hour) string { _, w := h.day.ISOWeek(); return fmt.Sprintf("%02d", w) },
	"ga:isoYear":        func(h hour) string { y, _ := h.day.ISOWeek(); return fmt.Sprintf("%04d", y) },
	"ga:isoYearIsoWeek": func(h hour) string { y, w := h.day.ISOWeek(); return fmt.Sprintf("%04d%02d", y, w) },
	"ga:dayOfWeek":      func(h hour) string { return fmt.Sprint(int(h.day.Weekday())) },
	"ga:dayOfWeekName":  func(h hour) string { return h.day.Weekday().String() },
	"ga:nthDay":         func(h hour) string { return fmt.Sprintf("%04d", h.days()) },
	"ga:nthWeek":        func(h hour) string { return fmt.Sprintf("%04d", (h.days()+int(h.start.Weekday()))/7) },
	"ga:nthMonth":       func(h hour) string { return fmt.Sprintf("%04d", months(h.day)-months(h.start)) },
	"ga:hour":           func(h hour) string { return fmt.Sprintf("%02d", h.hour) },
	"ga:dateHour":       func(h hour) string { return fmt.Sprintf("%s%02d", h.day.Format("20060102"), h.hour) },
	"ga:nthHour":        func(h hour) string { return fmt.Sprintf("%04d", h.days()*24+h.hour) },
}

var hourly = []string{"ga:hour", "ga:dateHour", "ga:nthHour"}

func (h hour) days() int { return int(h.day.Sub(h.start) / (24 * time.Hour)) }

func months(t time.Time) int { return t.Year()*12 + int(t.Month()) }

// week is that of UA and GA4: from Sunday, the first holds January 1st.
func week(day time.Time) int {
	first := time.Date(day.Year(), 1, 1, 0, 0, 0, 0, time.UTC).Weekday()
	return (day.YearDay()-1+int(first))/7 + 1
}

func isTime(name string) bool { return timeNames[name] != nil }

func isTimes(group []condition) bool {
	return !slices.ContainsFunc(group, func(c condition) bool { return !isTime(c.dimension.name.Name) })
}

// fills reports whether the body has a row for every hour, day, week … of the range,
// also for those without data. A table without dimensions has one such row, unless all
// metrics count a part of the events.
func (tq *tableQuery) fills() bool {
	if len(tq.dimensions) == 0 && !tq.keepsOnlyRow && slices.ContainsFunc(tq.metrics, func(m metric) bool { return !partial(m.formula.refs()) }) {
		return false
	}
	return tq.keepEmpty && !tq.realtime &&
		!slices.ContainsFunc(tq.dimensions, func(d dimension) bool { return !isTime(d.name.Name) })
}

// emptyRows returns the dimension values of all rows of a body that fills, each once.
func (tq *tableQuery) emptyRows() [][]string {
	seen := map[string]bool{}
	var rows [][]string
	for h := range tq.hours() {
		if !tq.inTimes(h) {
			continue
		}
		row := make([]string, len(tq.dimensions))
		for i, d := range tq.dimensions {
			row[i] = timeNames[d.name.Name](h)
		}
		if k := key(row); !seen[k] {
			seen[k] = true
			rows = append(rows, row)
		}
	}
	return rows
}

// hours yields the hours of the range, or one for each day if none of the names
// that matter needs more.
func (tq *tableQuery) hours() func(yield func(hour) bool) {
	perDay := 1
	if slices.ContainsFunc(tq.dimensions, func(d dimension) bool { return slices.Contains(hourly, d.name.Name) }) ||
		slices.ContainsFunc(slices.Concat(tq.times...), func(c condition) bool { return slices.Contains(hourly, c.dimension.name.Name) }) {
		perDay = 24
	}
	start := tq.start.In(time.UTC)
	return func(yield func(hour) bool) {
		for i := range tq.start.DaysUntil(tq.end) + 1 {
			for h := range perDay {
				if !yield(hour{start, start.AddDate(0, 0, i), h}) {
					return
				}
			}
		}
	}
}

// inTimes reports whether an hour passes the conditions on times alone.
func (tq *tableQuery) inTimes(h hour) bool {
	return tq.times.pass(func(c condition) bool { return c.match(timeNames[c.dimension.name.Name](h)) })
}

// checkFill refuses ranges whose empty rows alone would be too many.
func (tq *tableQuery) checkFill() error {
	if !tq.fills() {
		return nil
	}
	n := 0
	for range tq.hours() {
		n++
	}
	if n > maxRows {
		return badParameter("start-date", "The days from %s to %s have %d hours; ask for a shorter range, or for ga:date.", tq.start, tq.end, n)
	}
	return nil
}
