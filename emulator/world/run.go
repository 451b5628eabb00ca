package world

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// blockSize is how many events are read at a time.
const blockSize = 1024

// Run computes a query. It returns an error that names the field when a dimension or
// a metric does not exist, or the property does not, and ctx's error when that ends first.
func (w *World) Run(ctx context.Context, q Query) (*Result, error) {
	s := w.site(q.Property)
	if s == nil {
		return nil, fmt.Errorf("property %q is not in this world", q.Property)
	}
	run, err := newQuery(ctx, s, q)
	if err != nil {
		return nil, err
	}
	result := &Result{}
	for i, r := range q.Ranges {
		rows, totals, err := run.overRange(i, r)
		if err != nil {
			return nil, err
		}
		result.Rows = append(result.Rows, rows...)
		result.Totals = append(result.Totals, totals)
	}
	return result, nil
}

// A query is a Query being answered.
type query struct {
	*site
	Query
	ctx     context.Context // lives as long as one Run
	metrics []metric
	customs []*Custom // metrics, by the index of their sums
	needs   needs
	now     uint32
	live    live
	known   map[matchKey]map[string]bool
	matches int
}

func newQuery(ctx context.Context, s *site, q Query) (*query, error) {
	out := &query{site: s, Query: q, ctx: ctx, known: map[matchKey]map[string]bool{}}
	for _, name := range q.Metrics {
		// A property has one key event here, so that metrics of it are those of all.
		m, ok := metricNamed(strings.TrimSuffix(name, ":"+s.how.profile.keyEvent))
		if custom, d, found := s.customMetric(name, len(out.customs)); found {
			m, ok, out.customs = custom, true, append(out.customs, d)
		}
		if !ok {
			return nil, fmt.Errorf("%q is not a metric of this world", name)
		}
		if slices.Contains(s.twisted, m.name) {
			m = m.twisted()
		}
		out.metrics = append(out.metrics, m)
		out.needs |= m.needs
	}
	for _, name := range q.Dimensions {
		if _, err := out.attribute(name, 0); err != nil {
			return nil, err
		}
	}
	out.now = s.clock.seconds(q.Now)
	out.live = s.liveAt(out.now)
	if q.Where != nil {
		if _, err := out.filterFor(q.Where, 0); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// attribute returns a dimension for a range that begins on day start, which may
// lie before the world.
func (q *query) attribute(name string, start int) (attribute, error) {
	for _, d := range q.Derived {
		if d.Name == name {
			return q.derived(d, start)
		}
	}
	return q.plain(name, start)
}

// plain is attribute, but for dimensions that are derived.
func (q *query) plain(name string, start int) (attribute, error) {
	if name == "minutesAgo" && q.Realtime {
		return q.minutesAgo(), nil
	}
	if countsFromStart(name) {
		a, _ := q.calendar(name, start)
		return a, nil
	}
	a, ok := q.catalog.attributes[name]
	if !ok {
		return attribute{}, fmt.Errorf("%q is not a dimension of this world", name)
	}
	return a, nil
}

// minutesAgo counts whole minutes back from now: 00 is the minute that ends now.
func (q *query) minutesAgo() attribute {
	return attribute{
		size:  int(q.now)/60 + 1,
		value: func(code uint32) string { return fmt.Sprintf("%02d", code) },
		read: func(from int, dst []uint32) {
			for i := range dst {
				dst[i] = (q.now - 1 - q.events.time[from+i]) / 60
			}
		},
	}
}

// read fills dst with an attribute's codes for the events from an index on.
func (q *query) read(a attribute, from int, dst []uint32) {
	if a.compound != nil {
		a.compound.read(dst, func(part attribute, dst []uint32) { q.read(part, from, dst) })
		return
	}
	if a.fromClock == nil {
		a.read(from, dst)
		return
	}
	for i := range dst {
		dst[i] = a.fromClock(q.clock.at(q.events.time[from+i]))
	}
}

// span returns the events from ≤ time < to, as indexes.
func (s *site) span(from, to uint32) (int, int) {
	at := func(t uint32) int {
		i, _ := slices.BinarySearch(s.events.time, t)
		return i
	}
	first := at(from)
	return first, max(at(to), first)
}

// overRange computes the rows and the totals of one range.
func (q *query) overRange(index int, r Range) ([]Row, []float64, error) {
	from, to := q.clock.seconds(r.From), min(q.clock.seconds(r.To), q.now)
	start := q.clock.dayOf(r.From)
	first, last := q.span(from, to)
	picked, err := q.pick(first, last, start)
	if err != nil {
		return nil, nil, err
	}
	groups, err := q.groupBy(picked, start)
	if err != nil {
		return nil, nil, err
	}
	parts := q.count(picked, groups)
	all := q.count(picked, oneGroup(len(picked)))
	q.sumCustom(picked, groups, parts)
	q.sumCustom(picked, oneGroup(len(picked)), all)
	if q.needs&needRolling != 0 {
		if err := q.roll(r, start, groups, parts, all); err != nil {
			return nil, nil, err
		}
	}
	rows := make([]Row, groups.n)
	for g := range rows {
		rows[g] = Row{Range: index, Dimensions: groups.values(picked, g), Metrics: q.compute(parts[g])}
	}
	return rows, q.compute(all[0]), q.ctx.Err()
}

func (q *query) compute(p part) []float64 {
	out := make([]float64, len(q.metrics))
	for i, m := range q.metrics {
		out[i] = m.value(&p)
	}
	return out
}

// pick returns the events of a span that the filter lets through.
func (q *query) pick(first, last, start int) ([]uint32, error) {
	picked := make([]uint32, 0, last-first)
	if q.Where == nil {
		for i := first; i < last; i++ {
			picked = append(picked, uint32(i))
		}
		return picked, nil
	}
	q.matches = 0
	m, err := q.filterFor(q.Where, start)
	if err != nil {
		return nil, err
	}
	var pass [blockSize]bool
	for at := first; at < last; at += blockSize {
		if err := q.ctx.Err(); err != nil {
			return nil, err
		}
		block := pass[:min(blockSize, last-at)]
		m.apply(at, block)
		for i, ok := range block {
			if ok {
				picked = append(picked, uint32(at+i))
			}
		}
	}
	return picked, nil
}

// live is how far the sessions are that are not over at an instant.
type live struct {
	length map[uint32]uint16 // by session, from the first event to the last one before now
}

// liveAt looks back as long as a session can last.
func (s *site) liveAt(now uint32) live {
	l := live{length: map[uint32]uint16{}}
	first, last := s.span(max(now, maxSession+1)-maxSession-1, now)
	for i := first; i < last; i++ {
		row := s.events.session[i]
		start := s.sessions.start[row]
		if start+uint32(s.sessions.length[row]) >= now {
			l.length[row] = uint16(s.events.time[i] - start)
		}
	}
	return l
}

// length of a session as of now.
func (q *query) length(row uint32) uint16 {
	if length, ok := q.live.length[row]; ok {
		return length
	}
	return q.sessions.length[row]
}

// reached tells whether an offset into a session lies before now.
func (q *query) reached(row uint32, offset uint16) bool {
	return offset != never && q.sessions.start[row]+uint32(offset) < q.now
}
