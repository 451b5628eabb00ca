package ga4

import "time"

// A suspect is a question that failed when it was asked last.
type suspect struct {
	circuit           // for this question
	failures int      // in a row
	alone    bool     // other questions have been answered in between
	last     *failure // of the row
	failed   time.Time
	rested   time.Duration
}

// prolong breaks the circuit of a question that failed, or leaves it so for longer when
// the question was its probe, and returns whether it was closed until now.
func (s *suspect) prolong(probe bool, now time.Time) (tripped bool) {
	switch tripped = !s.open(); {
	case tripped:
		s.rested = firstRest
	case !probe:
		return false
	case s.alone && s.rested >= restAgain:
		s.rested = min(2*s.rested, longestRest)
	default:
		s.rested = restAgain
	}
	s.again = now.Add(s.rested)
	return tripped
}

// kept is how many of Google's errors, of so many, a question must leave to others: half
// where it is known to fail alone, a few where it may be that everything does.
func (s *suspect) kept(limit int) int {
	switch {
	case s == nil, s.failures == 1 && !s.alone: // a blip
		return 0
	case s.failures == 1:
		return 1
	case s.alone:
		return limit / 2
	}
	return limit / 5
}

// maxSuspects bounds what is kept of a property's questions.
const maxSuspects = 64

// suspects are those of a subject, by question.
type suspects map[string]*suspect

// note notes that a question failed.
func (all *suspects) note(question string, f *failure, now time.Time) *suspect {
	if *all == nil {
		*all = suspects{}
	}
	s := (*all)[question]
	if s == nil {
		all.forget()
		s = &suspect{}
		(*all)[question] = s
	}
	s.failures++
	s.last, s.failed = f, now
	return s
}

// forget makes room for one more, in the place of that which failed longest ago.
func (all suspects) forget() {
	if len(all) < maxSuspects {
		return
	}
	var oldest string
	for question, s := range all {
		if o := all[oldest]; o == nil || s.failed.Before(o.failed) {
			oldest = question
		}
	}
	delete(all, oldest)
}

// compare holds the suspects against a question that was answered: they fail alone. Where
// everything failed until now they are asked again.
func (all suspects) compare(outage bool, now time.Time) {
	for _, s := range all {
		switch {
		case !outage:
			s.alone = true
		case s.open() && !s.alone:
			s.again = now
		}
	}
}
