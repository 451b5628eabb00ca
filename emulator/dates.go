package emulator

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/oriel-server/oriel/emulator/world"
)

// The days between which Google answers, both excluded.
const (
	earliestDay = "2015-08-13"
	latestDay   = "3000-01-01"
)

// A span is a date range or minute range, ready to be asked.
type span struct {
	name string
	days int
	world.Range
}

// spans resolves the date ranges in the property's time zone.
func spans(asks []dateRangeAsk, now time.Time, zone *time.Location) ([]span, error) {
	if len(asks) == 0 {
		return nil, invalidArgument("A dateRange is required.")
	}
	if len(asks) > 4 {
		return nil, invalidArgument("Requests are limited to 4 dateRanges.\n  This request contains %d dateRanges.", len(asks))
	}
	y, m, d := now.In(zone).Date()
	today := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	var out []span
	for i, ask := range asks {
		s, err := resolveRange(ask, today, zone)
		if err != nil {
			return nil, err
		}
		if s.name, err = rangeName("DateRange", ask.Name, i); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

func resolveRange(ask dateRangeAsk, today time.Time, zone *time.Location) (span, error) {
	start, err := resolveDay("startDate", ask.StartDate, today)
	if err != nil {
		return span{}, err
	}
	end, err := resolveDay("endDate", ask.EndDate, today)
	if err != nil {
		return span{}, err
	}
	if start.After(end) {
		return span{}, invalidArgument("start_date must be less than or equal to end_date. start_date = %s and end_date = %s",
			start.Format(time.DateOnly), end.Format(time.DateOnly))
	}
	after := end.AddDate(0, 0, 1)
	return span{
		days:  int(after.Sub(start) / (24 * time.Hour)),
		Range: world.Range{From: dayIn(start, zone), To: dayIn(after, zone)},
	}, nil
}

// dayIn returns the first instant of a calendar day in the zone.
func dayIn(day time.Time, zone *time.Location) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, zone)
}

var daysAgoPattern = regexp.MustCompile(`^([0-9]{1,7})daysAgo$`)

// resolveDay reads YYYY-MM-DD, NdaysAgo, yesterday or today; name is startDate
// or endDate.
func resolveDay(name, s string, today time.Time) (time.Time, error) {
	day, ok := parseDay(s, today)
	if !ok {
		return day, invalidArgument("Invalid %s : %s. %s must be YYYY-MM-DD, NdaysAgo, yesterday, or today.", name, s, name)
	}
	if text := day.Format(time.DateOnly); text <= earliestDay || text >= latestDay || day.Year() < 1000 {
		return day, invalidArgument("%s = %s must be greater than %s and less than %s.",
			strings.Replace(name, "Date", "_date", 1), text, earliestDay, latestDay)
	}
	return day, nil
}

func parseDay(s string, today time.Time) (time.Time, bool) {
	switch s {
	case "today":
		return today, true
	case "yesterday":
		return today.AddDate(0, 0, -1), true
	}
	if m := daysAgoPattern.FindStringSubmatch(s); m != nil {
		n, err := strconv.Atoi(m[1])
		return today.AddDate(0, 0, -min(n, 700_000)), err == nil
	}
	day, err := time.Parse(time.DateOnly, s)
	return day, err == nil
}

// rangeName checks the name of a range, or gives it one.
func rangeName(kind, name string, index int) (string, error) {
	if name == "" {
		return "date_range_" + strconv.Itoa(index), nil
	}
	if strings.HasPrefix(name, "date_range_") || strings.HasPrefix(name, "RESERVED_") {
		return "", invalidArgument("%s name %s is not allowed. Names cannot begin with date_range_ or RESERVED_.", kind, name)
	}
	return name, nil
}

// minuteSpans resolves minute ranges; none means the last half hour. Minute 0 is
// the one that ends now. Ranges reach back to minute most.
func minuteSpans(asks []minuteRangeAsk, now time.Time, most int) ([]span, error) {
	if len(asks) == 0 {
		asks = []minuteRangeAsk{{}}
	}
	if len(asks) > 2 {
		return nil, invalidArgument("Requests are limited to 2 minuteRanges.\n  This request contains %d minuteRanges.", len(asks))
	}
	var out []span
	for i, ask := range asks {
		start := 29
		if ask.StartMinutesAgo != nil {
			start = *ask.StartMinutesAgo
		}
		switch {
		case start < ask.EndMinutesAgo:
			return nil, invalidArgument("startMinutesAgo must be greater than or equal to endMinutesAgo. startMinutesAgo = %d and endMinutesAgo = %d", start, ask.EndMinutesAgo)
		case start > most || ask.EndMinutesAgo < 0:
			return nil, invalidArgument("Minute ranges must be between 0 and %d minutes ago. startMinutesAgo = %d and endMinutesAgo = %d", most, start, ask.EndMinutesAgo)
		}
		name, err := rangeName("MinuteRange", ask.Name, i)
		if err != nil {
			return nil, err
		}
		out = append(out, span{name: name, Range: world.Range{
			From: now.Add(-time.Duration(start+1) * time.Minute),
			To:   now.Add(-time.Duration(ask.EndMinutesAgo) * time.Minute),
		}})
	}
	return out, nil
}
