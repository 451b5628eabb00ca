package world

import (
	"fmt"
	"sort"
	"time"
)

// A clock is the local time of a site over the days of its past. Instants are
// counted in seconds from the first one of the first day; local time is looked up per quarter of an hour,
// for no zone of today moves its clock at another instant than one divisible by 15 minutes.
type clock struct {
	zone     *time.Location
	base     int64    // Unix time of the first instant
	days     int      // how many
	dayStart []uint32 // seconds from base of each day's first instant, and of the day after the last
	quarters []uint32 // day*1440 + local minute of the day, at the start of each quarter
	dates    []date   // of each day
}

// A date is a day of the calendar.
type date struct {
	year, month, day int
	weekday          int // Sunday is 0
	yearDay          int // January 1st is 0
	isoYear, isoWeek int
}

const (
	quarter     = 900 // seconds
	minutesADay = 1440
)

// newClock makes the clock of so many days from a date on.
func newClock(zone *time.Location, y int, m time.Month, d, days int) clock {
	c := clock{zone: zone, base: startOfDay(y, m, d, zone).Unix(), days: days}
	for i := 0; i <= days; i++ {
		c.dayStart = append(c.dayStart, uint32(startOfDay(y, m, d+i, zone).Unix()-c.base))
		c.dates = append(c.dates, dateOf(y, m, d+i))
	}
	c.dates = c.dates[:days]
	day := 0
	for t := uint32(0); t < c.dayStart[days]; t += quarter {
		if t >= c.dayStart[day+1] {
			day++
		}
		local := time.Unix(c.base+int64(t), 0).In(zone)
		c.quarters = append(c.quarters, uint32(day*minutesADay+local.Hour()*60+local.Minute()))
	}
	return c
}

// startOfDay returns the first instant of a day, which is not midnight where the
// clock is moved at midnight.
func startOfDay(y int, m time.Month, d int, zone *time.Location) time.Time {
	t := time.Date(y, m, d, 0, 0, 0, 0, zone)
	want := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	for t.Day() != want.Day() { // midnight does not exist: time.Date went back
		t = t.Add(quarter * time.Second)
	}
	if hourBefore := t.Add(-time.Hour); hourBefore.Day() == t.Day() { // midnight comes twice
		return hourBefore
	}
	return t
}

func dateOf(y int, m time.Month, d int) date {
	t := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	isoYear, isoWeek := t.ISOWeek()
	return date{t.Year(), int(t.Month()), t.Day(), int(t.Weekday()), t.YearDay() - 1, isoYear, isoWeek}
}

// at returns the local day and minute of an instant as day*1440 + minute.
func (c *clock) at(t uint32) uint32 { return c.quarters[t/quarter] + t%quarter/60 }

// day returns the day that an instant is in.
func (c *clock) day(t uint32) int {
	return sort.Search(c.days, func(i int) bool { return c.dayStart[i+1] > t })
}

// dayOf returns the day that an instant is in, counted from the first of the
// clock: negative before, and at most days.
func (c *clock) dayOf(t time.Time) int {
	y, m, d := t.In(c.zone).Date()
	first := c.dates[0]
	days := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix()/86400 - time.Date(first.year, time.Month(first.month), first.day, 0, 0, 0, 0, time.UTC).Unix()/86400
	return int(min(days, int64(c.days)))
}

// date returns a day counted from the first, which may lie before or after the clock's.
func (c *clock) date(day int) date {
	first := c.dates[0]
	return dateOf(first.year, time.Month(first.month), first.day+day)
}

// seconds returns how far an instant is from the first, rounded up, within the
// days that exist: an event at s is before t when s < seconds(t).
func (c *clock) seconds(t time.Time) uint32 {
	s := t.Unix() - c.base
	if t.Nanosecond() > 0 {
		s++
	}
	return uint32(min(max(s, 0), int64(c.dayStart[c.days])))
}

func (c *clock) time(t uint32) time.Time { return time.Unix(c.base+int64(t), 0).In(c.zone) }

// week is Google's: weeks begin on Sunday, and January 1st is always in week 1.
func (d date) week() int {
	newYear := (d.weekday - d.yearDay%7 + 7) % 7 // weekday of January 1st
	return (d.yearDay+newYear)/7 + 1
}

func (d date) ymd() string { return fmt.Sprintf("%04d%02d%02d", d.year, d.month, d.day) }

// sundays counts the weeks before a day since a Sunday long ago.
func (d date) sundays() int {
	const aSunday = 3 * 86400 // 1970-01-04
	t := time.Date(d.year, time.Month(d.month), d.day, 0, 0, 0, 0, time.UTC).Unix()
	return int(t-aSunday) / (7 * 86400)
}
