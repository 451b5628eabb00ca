package world

import (
	"math/rand/v2"
	"slices"
)

// join puts the days of a site together: sessions one after the other, events in
// order of time, and a user for each session.
func (s *site) join(parts []dayPart) {
	rows := make([]int, len(parts)+1) // first session of each day
	orders := make([]uint32, len(parts)+1)
	counts := make([]int, len(parts)+1)
	for d, p := range parts {
		rows[d+1] = rows[d] + len(p.sessions.start)
		orders[d+1] = orders[d] + uint32(len(p.orders))
	}
	sorted := make([][]uint64, len(parts))
	tasks := make([]func(), len(parts))
	for d := range parts {
		tasks[d] = func() { sorted[d] = sortDay(parts, d, s.clock.dayStart) }
	}
	parallel(tasks)
	for d := range parts {
		counts[d+1] = counts[d] + len(sorted[d])
	}
	s.sessions = makeSessions(rows[len(parts)])
	s.events = makeEvents(counts[len(parts)])
	s.orders = make([]order, orders[len(parts)])
	for d := range parts {
		tasks[d] = func() {
			s.placeSessions(&parts[d], rows[d])
			for i, line := range parts[d].orders {
				s.orders[orders[d]+uint32(i)].line = line
			}
			s.placeEvents(parts, d, sorted[d], counts[d], rows, orders)
		}
	}
	parallel(tasks)
	s.resolve(parts, rows)
	s.markFirstOrders()
}

// spilled marks an event, in the keys of sortDay, of a session that began the day before.
const spilled = 1 << 31

// sortDay returns the events that happen on a day as time<<32 | index into the
// day's part, or into that of the day before with spilled set.
func sortDay(parts []dayPart, d int, dayStart []uint32) []uint64 {
	var keys []uint64
	if d > 0 {
		for i, t := range parts[d-1].events.time {
			if t >= dayStart[d] {
				keys = append(keys, uint64(t)<<32|spilled|uint64(i))
			}
		}
	}
	for i, t := range parts[d].events.time {
		if t < dayStart[d+1] {
			keys = append(keys, uint64(t)<<32|uint64(i))
		}
	}
	slices.Sort(keys)
	return keys
}

func (s *site) placeSessions(p *dayPart, row int) {
	to, from := &s.sessions, &p.sessions
	copy(to.start[row:], from.start)
	copy(to.length[row:], from.length)
	copy(to.engagedAt[row:], from.engagedAt)
	copy(to.activeAt[row:], from.activeAt)
	copy(to.landing[row:], from.landing)
	copy(to.source[row:], from.source)
	copy(to.isNew[row:], from.isNew)
}

func (s *site) placeEvents(parts []dayPart, d int, keys []uint64, at int, rows []int, orders []uint32) {
	for n, key := range keys {
		day := d
		if key&spilled != 0 {
			day--
		}
		from, i, to := &parts[day].events, int(uint32(key)&^spilled), at+n
		s.events.time[to] = from.time[i]
		s.events.session[to] = uint32(rows[day]) + from.session[i]
		s.events.name[to] = from.name[i]
		s.events.page[to] = from.page[i]
		s.events.referrer[to] = from.referrer[i]
		s.events.detail[to] = from.detail[i]
		if from.name[i] == purchase {
			s.events.detail[to] += orders[day]
		}
		s.events.engaged[to] = from.engaged[i]
	}
}

// restBetween is the least time from the end of a session to the next of the
// same user: Google's session timeout.
const restBetween = 30 * 60

// resolve gives each session its user: a new one, or the one of its parent.
func (s *site) resolve(parts []dayPart, rows []int) {
	r := s.rand(streamResolve, 0)
	var lastEnd []uint32
	newUser := func(firstDay int, source uint8) uint32 {
		s.users.firstDay = append(s.users.firstDay, int16(firstDay))
		s.users.firstSource = append(s.users.firstSource, source)
		lastEnd = append(lastEnd, 0)
		return uint32(len(lastEnd) - 1)
	}
	for d := range parts {
		for i, p := range parts[d].parent {
			row := rows[d] + i
			start := s.sessions.start[row]
			var user uint32
			if s.sessions.isNew[row] {
				user = newUser(d, s.sessions.source[row])
			} else if u, ok := s.returning(p, rows, row, start, lastEnd); ok {
				user = u
			} else {
				user = newUser(s.firstDay(p, r), uint8(s.how.source.draw(r)))
			}
			s.sessions.user[row] = user
			lastEnd[user] = start + uint32(s.sessions.length[row])
		}
	}
	s.users.fill(s, len(lastEnd))
}

// firstDay draws the day of the first session of a user whom the world meets later.
func (s *site) firstDay(p parent, r *rand.Rand) int {
	before := min(p.day, -1-r.IntN(longestGap))
	if s.began > 0 {
		return s.began // all other users of that day are on the site now
	}
	return before
}

// returning looks for a user of the parent's day who is not on the site now.
func (s *site) returning(p parent, rows []int, row int, start uint32, lastEnd []uint32) (uint32, bool) {
	if p.day < 0 {
		return 0, false
	}
	first, last := rows[p.day], min(rows[p.day+1], row)
	if last == first {
		return 0, false
	}
	for try := range 4 {
		u := s.sessions.user[first+(int(p.pick)+try)%(last-first)]
		if lastEnd[u]+restBetween < start {
			return u, true
		}
	}
	return 0, false
}

// markFirstOrders tells each buyer's first order from the others.
func (s *site) markFirstOrders() {
	if len(s.orders) == 0 {
		return
	}
	bought := make([]bool, len(s.users.place))
	for i, name := range s.events.name {
		if name != purchase {
			continue
		}
		u := s.sessions.user[s.events.session[i]]
		s.orders[s.events.detail[i]].first = !bought[u]
		bought[u] = true
	}
}
