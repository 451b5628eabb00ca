package dashboard

import (
	"strconv"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// MaxDays is the longest span of a Range: three years and a few days, so that a
// year can be compared with the two before.
const MaxDays = 1100

// A Range is a chosen span of days: the last Days days up to
// yesterday, or Start to End, both included. The zero Range is none.
type Range struct {
	Days       int
	Start, End report.Date
}

// ParseRange reads "7d", "28d", "90d" … (1 to 1100 days), or
// "2026-01-01..2026-01-31". The error is Invalid and names the format.
func ParseRange(s string) (Range, error) {
	if first, last, ok := strings.Cut(s, ".."); ok {
		return parseSpan(s, first, last)
	}
	digits, ok := strings.CutSuffix(s, "d")
	// Atoi alone would read "+7d" and "-7d", and "007d" would be a second name
	// for the same range.
	if !ok || len(digits) > 4 || digits == "" || digits[0] < '1' || digits[0] > '9' {
		return Range{}, badRange(s)
	}
	days, err := strconv.Atoi(digits)
	if err != nil {
		return Range{}, badRange(s)
	}
	if days > MaxDays {
		return Range{}, tooLong(s)
	}
	return Range{Days: days}, nil
}

func parseSpan(s, first, last string) (Range, error) {
	start, err := parseDay("startDate", first)
	if err != nil {
		return Range{}, badRange(s)
	}
	end, err := parseDay("endDate", last)
	if err != nil {
		return Range{}, badRange(s)
	}
	if end.Before(start) {
		return Range{}, report.Errorf(report.Invalid, "The range %q ends before it starts.", report.Truncate(s))
	}
	if start.DaysUntil(end) >= MaxDays {
		return Range{}, tooLong(s)
	}
	return Range{Start: start, End: end}, nil
}

// parseDay reads YYYY-MM-DD within the days that Google answers for.
func parseDay(name, s string) (report.Date, error) {
	d, err := report.ParseDate(s)
	if err != nil {
		return report.Date{}, err
	}
	return report.ResolveDate(name, s, d)
}

func badRange(s string) error {
	return report.Errorf(report.Invalid, "%q is not a range: write 28d (1d to %dd) or 2026-01-01..2026-01-31.", report.Truncate(s), MaxDays)
}

func tooLong(s string) error {
	return report.Errorf(report.Invalid, "The range %q is too long: ask for at most %d days.", report.Truncate(s), MaxDays)
}

// IsZero reports whether r is no range.
func (r Range) IsZero() bool { return r == Range{} }

// String returns what ParseRange reads; empty for the zero Range.
func (r Range) String() string {
	switch {
	case r.IsZero():
		return ""
	case r.Days > 0:
		return strconv.Itoa(r.Days) + "d"
	}
	return r.Start.String() + ".." + r.End.String()
}

// Resolve returns the first and last day of r, given the day that it is. The
// zero Range has none.
func (r Range) Resolve(today report.Date) (start, end report.Date) {
	if r.Days > 0 {
		return today.AddDays(-r.Days), today.AddDays(-1)
	}
	return r.Start, r.End
}
