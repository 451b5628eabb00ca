package world

// Windows of the metrics active1DayUsers, active7DayUsers and active28DayUsers, in days.
const (
	aWeek  = 7
	aMonth = 28
)

// roll counts the active users of the days up to an anchor day, for groups that
// have events in the range. With a dimension that names the day, each day is an anchor and its windows reach
// back from it; otherwise the last day of the range is the only one. In the
// windows an event counts for the group that it would belong to had it happened on the anchor.
func (q *query) roll(r Range, start int, g groups, parts, all []part) error {
	end := min(q.clock.seconds(r.To), q.now)
	if end <= q.clock.seconds(r.From) {
		return nil
	}
	last := q.clock.day(end - 1)
	first := last
	if g.keys.dated() {
		first = max(start, 0)
	}
	w := q.newWindow(g.keys, g, parts, end)
	if err := w.load(first, last, start); err != nil {
		return err
	}
	for anchor := first; anchor <= last; anchor++ {
		if err := q.ctx.Err(); err != nil {
			return err
		}
		w.countAt(anchor)
	}
	one := oneGroup(0)
	one.find = func(uint64) int32 { return 0 }
	whole := q.newWindow(&keys{q: q}, one, all, end)
	whole.days, whole.base = w.days, w.base
	whole.countAt(last)
	return nil
}

func (k *keys) dated() bool {
	for _, name := range k.q.Dimensions {
		if k.q.dated(name) {
			return true
		}
	}
	return false
}

// A window has the events of active users, by day.
type window struct {
	*query
	keys   *keys
	groups groups
	parts  []part
	end    uint32
	base   int        // day of days[0]
	days   [][]uint32 // events

	met     []int32 // groups that the current anchor has met
	numbers []int32 // 1 + index into met, by group; 0 for those not met
	hits    []hit
	of      []int32 // index into met, by hit
	marks   marks
	marked  uint32 // groups that marks has seen, all anchors together
}

func (q *query) newWindow(k *keys, g groups, parts []part, end uint32) *window {
	return &window{query: q, keys: k, groups: g, parts: parts, end: end, numbers: make([]int32, g.n), marks: newMarks(len(q.users.place))}
}

// load picks the events that windows of the anchors first … last reach.
func (w *window) load(first, last, start int) error {
	w.base = max(first-aMonth+1, 0)
	for day := w.base; day <= last; day++ {
		from, to := w.span(w.clock.dayStart[day], min(w.clock.dayStart[day+1], w.end))
		picked, err := w.pick(from, to, start)
		if err != nil {
			return err
		}
		active := picked[:0]
		for _, e := range picked {
			row := w.events.session[e]
			if w.reached(row, w.sessions.activeAt[row]) {
				active = append(active, e)
			}
		}
		w.days = append(w.days, active)
	}
	return nil
}

// A hit is a user seen in a group some days before the anchor.
type hit struct {
	user uint32
	back int32
}

// countAt counts the users of the windows that end on a day.
func (w *window) countAt(anchor int) {
	w.hits, w.of = w.hits[:0], w.of[:0]
	for back := 0; back < aMonth && anchor-back >= w.base; back++ {
		w.keys.shift = uint32(back)
		events := w.days[anchor-back-w.base]
		for at := 0; at < len(events); at += blockSize {
			block := events[at:min(at+blockSize, len(events))]
			for i, key := range w.keys.of(block) {
				if id := w.groups.find(key); id >= 0 {
					w.of = append(w.of, w.number(id))
					w.hits = append(w.hits, hit{w.sessions.user[w.events.session[block[i]]], int32(back)})
				}
			}
		}
	}
	w.tally()
	for _, id := range w.met {
		w.numbers[id] = 0
	}
	w.met = w.met[:0]
}

// number counts the groups that one anchor meets, of many that a range has.
func (w *window) number(id int32) int32 {
	if w.numbers[id] == 0 {
		w.met = append(w.met, id)
		w.numbers[id] = int32(len(w.met))
	}
	return w.numbers[id] - 1
}

// tally counts each user of a group once, by how far back they were last seen.
func (w *window) tally() {
	order, ends := sortByGroup(groups{n: len(w.met), of: w.of})
	from := int32(0)
	for n, end := range ends {
		p := &w.parts[w.met[n]]
		for _, at := range order[from:end] {
			h := w.hits[at]
			if w.marks.fresh(h.user, w.marked, 1) == 0 {
				continue
			}
			p.month++
			if h.back < aWeek {
				p.week++
			}
			if h.back == 0 {
				p.day++
			}
		}
		w.marked++
		from = end
	}
}
