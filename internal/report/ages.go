package report

import "time"

// Ages say how old the answers of a view may be before Google is asked again, by
// what they hold. Zero: as the server has it.
type Ages struct {
	Realtime, Intraday, Settling, Final time.Duration
}

// Of returns the age for answers of a freshness; 0 where the server's holds.
func (a *Ages) Of(f Freshness) time.Duration {
	switch {
	case a == nil:
		return 0
	case f == FreshRealtime:
		return a.Realtime
	case f == FreshSettling:
		return a.Settling
	case f == FreshFinal:
		return a.Final
	}
	return a.Intraday
}
