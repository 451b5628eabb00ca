package world

import (
	"fmt"
	"testing"
	"time"
	_ "time/tzdata"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// TestClockAgreesWithTime walks through years of zones that move their clocks by
// an hour, by half an hour, at midnight, and at 45 minutes past.
func TestClockAgreesWithTime(t *testing.T) {
	for _, name := range []string{"UTC", "Europe/Berlin", "America/New_York", "Pacific/Auckland", "Pacific/Chatham", "Australia/Lord_Howe", "America/Santiago", "Asia/Kathmandu", "Atlantic/Azores"} {
		z := zone(t, name)
		c := newClock(z, 2025, 3, 1, 600)
		for s := uint32(0); s < c.dayStart[c.days]; s += 431 {
			local := time.Unix(c.base+int64(s), 0).In(z)
			day := c.dates[c.day(s)]
			got := c.at(s)
			if [3]int{day.year, day.month, day.day} != [3]int{local.Year(), int(local.Month()), local.Day()} {
				t.Fatalf("%s: %v is on the day %+v", name, local, day)
			}
			if int(got)/minutesADay != c.day(s) || int(got)%minutesADay != local.Hour()*60+local.Minute() {
				t.Fatalf("%s: %v has the minute %d of day %d", name, local, got%minutesADay, got/minutesADay)
			}
		}
	}
}

func TestDaysWithOtherThan24Hours(t *testing.T) {
	for _, c := range []struct {
		zone, day string
		hours     uint32
	}{
		{"Europe/Berlin", "2026-03-29", 23},
		{"Europe/Berlin", "2026-10-25", 25},
		{"Pacific/Auckland", "2026-04-05", 25},
		{"Pacific/Auckland", "2026-09-27", 23},
		{"America/New_York", "2026-11-01", 25},
		{"America/New_York", "2026-11-02", 24},
		{"America/Santiago", "2026-09-06", 23}, // begins at 01:00
		{"America/Santiago", "2026-04-04", 25}, // 23:00 comes twice
		{"Atlantic/Azores", "2026-10-25", 25},  // 00:00 comes twice
	} {
		day, err := time.Parse(time.DateOnly, c.day)
		if err != nil {
			t.Fatal(err)
		}
		clock := newClock(zone(t, c.zone), day.Year(), day.Month(), day.Day()-1, 5)
		for i, d := range clock.dates {
			if fmt.Sprintf("%04d-%02d-%02d", d.year, d.month, d.day) != c.day {
				continue
			}
			if got := clock.dayStart[i+1] - clock.dayStart[i]; got != c.hours*3600 {
				t.Errorf("%s has %d seconds in %s, want %d hours", c.day, got, c.zone, c.hours)
			}
		}
	}
}

// TestDayValues checks days against values worked out by hand.
func TestDayValues(t *testing.T) {
	start := dateOf(2025, 12, 20) // a Saturday
	for _, c := range []struct {
		day  string
		want map[string]string
	}{
		{"2025-12-20", map[string]string{"nthWeek": "0000", "nthMonth": "0000", "nthYear": "0000", "week": "51", "isoWeek": "51", "dayOfWeek": "6", "dayOfWeekName": "Saturday"}},
		{"2025-12-21", map[string]string{"nthWeek": "0001", "dayOfWeek": "0", "dayOfWeekName": "Sunday", "week": "52", "isoWeek": "51"}},
		{"2025-12-31", map[string]string{"week": "53", "yearWeek": "202553", "isoWeek": "01", "isoYear": "2026", "isoYearIsoWeek": "202601"}},
		{"2026-01-01", map[string]string{"week": "01", "yearWeek": "202601", "nthYear": "0001", "nthMonth": "0001", "isoYearIsoWeek": "202601", "day": "01", "month": "01", "yearMonth": "202601", "date": "20260101"}},
		{"2026-01-03", map[string]string{"week": "01", "dayOfWeek": "6"}},
		{"2026-01-04", map[string]string{"week": "02", "isoWeek": "01", "dayOfWeek": "0"}},
		{"2027-01-01", map[string]string{"week": "01", "isoYear": "2026", "isoWeek": "53", "year": "2027"}},
		{"2024-12-31", map[string]string{"week": "53", "isoYearIsoWeek": "202501"}},
		{"2023-01-01", map[string]string{"week": "01", "isoYearIsoWeek": "202252"}},
		{"2023-12-31", map[string]string{"week": "53"}},
		{"2028-12-30", map[string]string{"week": "53"}}, // a leap year that begins on a Saturday
		{"2028-12-31", map[string]string{"week": "54"}},
	} {
		day, err := time.Parse(time.DateOnly, c.day)
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range c.want {
			value, ok := dayValue(name, start)
			if !ok {
				t.Fatalf("no dimension %s", name)
			}
			if got := value(dateOf(day.Date())); got != want {
				t.Errorf("%s of %s = %q, want %q", name, c.day, got, want)
			}
		}
	}
}

// TestClockDimensions asks around the hour that comes twice in Auckland.
func TestClockDimensions(t *testing.T) {
	z := zone(t, "Pacific/Auckland")
	s := &site{clock: newClock(z, 2026, 4, 3, 5)}
	for _, c := range []struct{ utc, name, want string }{
		{"2026-04-04T13:05:00Z", "dateHourMinute", "202604050205"}, // summer time
		{"2026-04-04T14:05:00Z", "dateHourMinute", "202604050205"}, // an hour later
		{"2026-04-04T14:05:00Z", "dateHour", "2026040502"},
		{"2026-04-04T14:05:00Z", "hour", "2"},
		{"2026-04-04T14:05:00Z", "minute", "05"},
		{"2026-04-05T11:59:59Z", "date", "20260405"},
		{"2026-04-05T12:00:00Z", "date", "20260406"},
		{"2026-04-05T12:00:00Z", "nthDay", "0002"},
		{"2026-04-05T12:00:00Z", "nthHour", "0048"},
		{"2026-04-05T12:03:00Z", "nthMinute", "2883"},
		{"2026-04-05T11:00:00Z", "hour", "23"},
	} {
		at, err := time.Parse(time.RFC3339, c.utc)
		if err != nil {
			t.Fatal(err)
		}
		a, ok := s.calendar(c.name, 1)
		if !ok {
			t.Fatalf("no dimension %s", c.name)
		}
		code := a.fromClock(s.clock.at(s.clock.seconds(at)))
		if got := a.value(code); got != c.want || int(code) >= a.size {
			t.Errorf("%s of %s = %q (code %d of %d), want %q", c.name, c.utc, got, code, a.size, c.want)
		}
	}
}
