package report

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A Date is a calendar day without a time zone. The zero value is no date.
type Date struct {
	t time.Time // midnight UTC
}

// The bounds of the Data API's dates, both exclusive.
var (
	earliest = NewDate(2015, time.August, 13)
	latest   = NewDate(3000, time.January, 1)
)

// NewDate returns the day; months and days out of range carry over as in time.Date.
func NewDate(year int, month time.Month, day int) Date {
	return Date{time.Date(year, month, day, 0, 0, 0, 0, time.UTC)}
}

// DateOf returns the day of t in loc.
func DateOf(t time.Time, loc *time.Location) Date {
	return NewDate(t.In(loc).Date())
}

// ParseDate parses YYYY-MM-DD.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("%q is not a date: write YYYY-MM-DD", s)
	}
	return Date{t}, nil
}

// IsZero reports whether d is no date.
func (d Date) IsZero() bool { return d.t.IsZero() }

// String returns YYYY-MM-DD.
func (d Date) String() string { return d.t.Format(time.DateOnly) }

// AddDays returns the day n days later, or earlier when n is negative.
func (d Date) AddDays(n int) Date { return Date{d.t.AddDate(0, 0, n)} }

// Before reports whether d is an earlier day than e.
func (d Date) Before(e Date) bool { return d.t.Before(e.t) }

// After reports whether d is a later day than e.
func (d Date) After(e Date) bool { return d.t.After(e.t) }

// DaysUntil returns the number of days from d to e; negative when e is earlier.
func (d Date) DaysUntil(e Date) int { return int(e.t.Sub(d.t).Hours() / 24) }

// In returns the first instant of the day in loc.
func (d Date) In(loc *time.Location) time.Time {
	y, m, day := d.t.Date()
	return time.Date(y, m, day, 0, 0, 0, 0, loc)
}

var daysAgo = regexp.MustCompile(`^([0-9]{1,9})daysAgo$`)

// ResolveDate parses a date as clients write it: YYYY-MM-DD, NdaysAgo, yesterday or today, with today in the property's time
// zone. Name is startDate or endDate; the error is Invalid, in Google's words.
func ResolveDate(name, s string, today Date) (Date, error) {
	d, err := resolve(s, today)
	if err != nil {
		return Date{}, Errorf(Invalid, "Invalid %s : %s. %s must be YYYY-MM-DD, NdaysAgo, yesterday, or today.", name, Truncate(s), name)
	}
	if !d.After(earliest) || !d.Before(latest) {
		snake := strings.Replace(name, "Date", "_date", 1)
		return Date{}, Errorf(Invalid, "%s = %s must be greater than %s and less than %s.", snake, d, earliest, latest)
	}
	return d, nil
}

func resolve(s string, today Date) (Date, error) {
	switch s {
	case "today":
		return today, nil
	case "yesterday":
		return today.AddDays(-1), nil
	}
	if m := daysAgo.FindStringSubmatch(s); m != nil {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			return Date{}, err
		}
		return today.AddDays(-min(n, 1_000_000)), nil
	}
	return ParseDate(s)
}
