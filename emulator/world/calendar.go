package world

import (
	"fmt"
	"strconv"
)

// calendar returns the dimension of time with a name, for a query of days that
// begins on day start; false when there is none.
//
// Values are written as Google's schema says, two digits where it says so, but for hour: there
// real answers have "0" to "23" (analytics.usa.gov, today.json). nthWeek, nthMonth and
// nthYear count calendar weeks, from Sunday, months and years.
func (s *site) calendar(name string, start int) (attribute, bool) {
	days := s.clock.days
	switch name {
	case "hour":
		return clockAttribute(24, func(c uint32) uint32 { return c % minutesADay / 60 }, func(i uint32) string { return strconv.Itoa(int(i)) }), true
	case "minute":
		return clockAttribute(60, func(c uint32) uint32 { return c % 60 }, func(i uint32) string { return fmt.Sprintf("%02d", i) }), true
	case "dateHour":
		return clockAttribute(days*24, func(c uint32) uint32 { return c / 60 }, func(i uint32) string {
			return fmt.Sprintf("%s%02d", s.clock.dates[i/24].ymd(), i%24)
		}), true
	case "dateHourMinute":
		return clockAttribute(days*minutesADay, func(c uint32) uint32 { return c }, func(i uint32) string {
			m := i % minutesADay
			return fmt.Sprintf("%s%02d%02d", s.clock.dates[i/minutesADay].ymd(), m/60, m%60)
		}), true
	case "nthHour":
		return nth(days, start, 60), true
	case "nthMinute":
		return nth(days, start, 1), true
	case "nthDay":
		return nth(days, start, minutesADay), true
	}
	if value, ok := dayValue(name, s.clock.date(start)); ok {
		lut, values := intern(days, func(i int) string { return value(s.clock.dates[i]) })
		return clockAttribute(len(values), func(c uint32) uint32 { return lut[c/minutesADay] }, func(i uint32) string { return values[i] }), true
	}
	return attribute{}, false
}

func clockAttribute(size int, code func(clock uint32) uint32, value func(uint32) string) attribute {
	return attribute{size: size, fromClock: code, value: value}
}

// nth counts spans of so many minutes from the beginning of day start. What lies
// before, in the windows of rolling users, counts as the first.
func nth(days, start, minutes int) attribute {
	code := func(c uint32) uint32 { return uint32(max(int(c)-start*minutesADay, 0) / minutes) }
	return clockAttribute((days-start)*minutesADay/minutes+1, code, fourDigits)
}

func fourDigits(i uint32) string { return fmt.Sprintf("%04d", i) }

// dayValue returns how a dimension writes a day; start is the first of the query.
func dayValue(name string, start date) (func(date) string, bool) {
	two := func(i int) string { return fmt.Sprintf("%02d", i) }
	four := func(i int) string { return fourDigits(uint32(max(i, 0))) }
	f, ok := map[string]func(d date) string{
		"date":           date.ymd,
		"day":            func(d date) string { return two(d.day) },
		"month":          func(d date) string { return two(d.month) },
		"year":           func(d date) string { return four(d.year) },
		"yearMonth":      func(d date) string { return four(d.year) + two(d.month) },
		"week":           func(d date) string { return two(d.week()) },
		"yearWeek":       func(d date) string { return four(d.year) + two(d.week()) },
		"isoWeek":        func(d date) string { return two(d.isoWeek) },
		"isoYear":        func(d date) string { return four(d.isoYear) },
		"isoYearIsoWeek": func(d date) string { return four(d.isoYear) + two(d.isoWeek) },
		"dayOfWeek":      func(d date) string { return strconv.Itoa(d.weekday) },
		"dayOfWeekName": func(d date) string {
			return [...]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}[d.weekday]
		},
		"nthWeek":  func(d date) string { return four(d.sundays() - start.sundays()) },
		"nthMonth": func(d date) string { return four(d.year*12 + d.month - start.year*12 - start.month) },
		"nthYear":  func(d date) string { return four(d.year - start.year) },
	}[name]
	return f, ok
}

// isDated tells the dimensions that name one day, for which the users of the
// last 7 and 28 days are counted day by day.
func isDated(name string) bool {
	switch name {
	case "date", "dateHour", "dateHourMinute", "nthDay", "nthHour", "nthMinute":
		return true
	}
	return false
}

// countsFromStart tells the dimensions whose values depend on the range.
func countsFromStart(name string) bool {
	switch name {
	case "nthDay", "nthHour", "nthMinute", "nthMonth", "nthWeek", "nthYear":
		return true
	}
	return false
}
