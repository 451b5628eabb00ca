package report

import (
	"testing"
	"time"
)

func TestResolveDate(t *testing.T) {
	today := NewDate(2026, time.March, 1)
	for _, test := range []struct{ in, want, err string }{
		{"today", "2026-03-01", ""},
		{"yesterday", "2026-02-28", ""},
		{"0daysAgo", "2026-03-01", ""},
		{"28daysAgo", "2026-02-01", ""},
		{"365daysAgo", "2025-03-01", ""},
		{"2024-02-29", "2024-02-29", ""},
		{"2015-08-14", "2015-08-14", ""},
		{"2999-12-31", "2999-12-31", ""},
		{"2015-08-13", "", "start_date = 2015-08-13 must be greater than 2015-08-13 and less than 3000-01-01."},
		{"3000-01-01", "", "start_date = 3000-01-01 must be greater than 2015-08-13 and less than 3000-01-01."},
		{"999999999daysAgo", "", "start_date = -0712-04-03 must be greater than 2015-08-13 and less than 3000-01-01."},
		{"01/06/2026", "", "Invalid startDate : 01/06/2026. startDate must be YYYY-MM-DD, NdaysAgo, yesterday, or today."},
		{"2026-02-30", "", "Invalid startDate : 2026-02-30. startDate must be YYYY-MM-DD, NdaysAgo, yesterday, or today."},
		{"-1daysAgo", "", "Invalid startDate : -1daysAgo. startDate must be YYYY-MM-DD, NdaysAgo, yesterday, or today."},
		{"9999999999daysAgo", "", "Invalid startDate : 9999999999daysAgo. startDate must be YYYY-MM-DD, NdaysAgo, yesterday, or today."},
		{"Today", "", "Invalid startDate : Today. startDate must be YYYY-MM-DD, NdaysAgo, yesterday, or today."},
		{"", "", "Invalid startDate : . startDate must be YYYY-MM-DD, NdaysAgo, yesterday, or today."},
	} {
		d, err := ResolveDate("startDate", test.in, today)
		switch {
		case test.err == "" && (err != nil || d.String() != test.want):
			t.Errorf("%q: %v, %v; want %s", test.in, d, err, test.want)
		case test.err != "" && (err == nil || err.Error() != test.err || KindOf(err) != Invalid):
			t.Errorf("%q: %v, want %q", test.in, err, test.err)
		}
	}
}

func TestDateOf(t *testing.T) {
	auckland, err := time.LoadLocation("Pacific/Auckland")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	if got := DateOf(at, auckland).String(); got != "2026-02-01" {
		t.Errorf("in Auckland it is %s", got)
	}
	if got := DateOf(at, time.UTC).String(); got != "2026-01-31" {
		t.Errorf("in UTC it is %s", got)
	}
}

func TestDateArithmetic(t *testing.T) {
	a, b := NewDate(2024, time.February, 28), NewDate(2024, time.March, 1)
	if n := a.DaysUntil(b); n != 2 {
		t.Errorf("%s until %s: %d days, want 2", a, b, n)
	}
	if n := b.DaysUntil(a); n != -2 {
		t.Errorf("backwards: %d days, want -2", n)
	}
	if a.AddDays(2) != b || b.AddDays(-2) != a {
		t.Error("AddDays does not agree")
	}
	if !a.Before(b) || b.Before(a) || !b.After(a) || a.Before(a) || a.After(a) {
		t.Error("order does not agree")
	}
	if NewDate(2026, time.January, 32) != NewDate(2026, time.February, 1) {
		t.Error("days out of range do not carry over")
	}
	if !(Date{}).IsZero() || a.IsZero() {
		t.Error("IsZero is wrong")
	}
}

func TestDateInAZoneThatChanges(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	day := NewDate(2026, time.March, 29)
	if hours := day.AddDays(1).In(berlin).Sub(day.In(berlin)).Hours(); hours != 23 {
		t.Errorf("the day that clocks go forward has %v hours, want 23", hours)
	}
}
