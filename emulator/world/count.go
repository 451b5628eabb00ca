package world

// A part is what the metrics of one group are computed from.
type part struct {
	events, views, seconds   int64 // seconds of engagement
	keyEvents, cents         int64 // cents is the value of all events, in hundredths
	newUsers                 int64
	orders, revenue          int64 // revenue in hundredths
	firstOrders              int64
	itemViews, carts         int64 // events
	checkouts                int64 // events
	viewed, added, inOrder   int64 // items
	sold                     int64 // items
	users, active            int64 // distinct from here on
	scrolled, keyUsers       int64
	buyers, viewers, carters int64
	sessions, engaged        int64
	keySessions, length      int64 // length of the sessions together, in seconds
	day, week, month         int64 // active users up to 1, 7 and 28 days back
	custom                   []int64
}

// needs says which parts a query must compute.
type needs uint8

const (
	needUsers needs = 1 << iota
	needSessions
	needRolling
)

// count adds the picked events up by group.
func (q *query) count(picked []uint32, g groups) []part {
	parts := make([]part, g.n)
	for i, e := range picked {
		q.addEvent(&parts[g.of[i]], int(e))
	}
	if q.needs&(needUsers|needSessions) == 0 {
		return parts
	}
	order, ends := sortByGroup(g)
	var people, visits marks
	if q.needs&needUsers != 0 {
		people = newMarks(len(q.users.place))
	}
	if q.needs&needSessions != 0 {
		visits = newMarks(len(q.sessions.start))
	}
	from := int32(0)
	for id, end := range ends {
		for _, at := range order[from:end] {
			e := picked[at]
			if q.needs&needUsers != 0 {
				q.addUser(&parts[id], people, uint32(id), e)
			}
			if q.needs&needSessions != 0 {
				q.addSession(&parts[id], visits, uint32(id), e)
			}
		}
		from = end
	}
	return parts
}

func (q *query) addEvent(p *part, e int) {
	name := q.events.name[e]
	p.events++
	p.seconds += int64(q.events.engaged[e])
	if name == q.how.keyCode {
		p.keyEvents++
	}
	switch name {
	case pageView:
		p.views++
	case firstVisit:
		p.newUsers++
	case viewItem, addToCart, beginCheckout, purchase:
		q.addItem(p, e, name)
	}
}

// addItem adds a step of a purchase. Looking at an item has no value.
func (q *query) addItem(p *part, e int, name uint8) {
	line, _ := q.line(e)
	quantity, cents := int64(lineQuantity(line)), q.cents(line)
	switch name {
	case viewItem:
		p.itemViews++
		p.viewed += quantity
		return
	case addToCart:
		p.carts++
		p.added += quantity
	case beginCheckout:
		p.checkouts++
		p.inOrder += quantity
	case purchase:
		p.orders++
		p.sold += quantity
		p.revenue += cents
		if q.orders[q.events.detail[e]].first {
			p.firstOrders++
		}
	}
	p.cents += cents
}

// marks remembers, for users or sessions, what was seen of them in one group.
// Groups are gone through one after the other, so that nothing is ever cleared.
type marks struct {
	group []uint32 // 1 + the last group
	bits  []uint8
}

func newMarks(n int) marks { return marks{make([]uint32, n), make([]uint8, n)} }

// fresh returns those bits that row did not have in the group, and sets them.
func (m marks) fresh(row, group uint32, bits uint8) uint8 {
	if m.group[row] != group+1 {
		m.group[row] = group + 1
		m.bits[row] = bits
		return bits
	}
	added := bits &^ m.bits[row]
	m.bits[row] |= bits
	return added
}

const (
	userAny = 1 << iota
	userActive
	userScrolled
	userKey
	userBuyer
	userViewer
	userCarter
)

func (q *query) addUser(p *part, m marks, group, e uint32) {
	row := q.events.session[e]
	bits := uint8(userAny)
	if q.reached(row, q.sessions.activeAt[row]) {
		bits |= userActive
	}
	name := q.events.name[e]
	if name == q.how.keyCode {
		bits |= userKey
	}
	switch name {
	case scroll:
		bits |= userScrolled
	case purchase:
		bits |= userBuyer
	case viewItem:
		bits |= userViewer
	case addToCart:
		bits |= userCarter
	}
	added := m.fresh(q.sessions.user[row], group, bits)
	for ; added != 0; added &= added - 1 {
		switch added & -added {
		case userAny:
			p.users++
		case userActive:
			p.active++
		case userScrolled:
			p.scrolled++
		case userKey:
			p.keyUsers++
		case userBuyer:
			p.buyers++
		case userViewer:
			p.viewers++
		case userCarter:
			p.carters++
		}
	}
}

const (
	sessionAny = 1 << iota
	sessionKey
)

func (q *query) addSession(p *part, m marks, group, e uint32) {
	row := q.events.session[e]
	bits := uint8(sessionAny)
	if q.events.name[e] == q.how.keyCode {
		bits |= sessionKey
	}
	added := m.fresh(row, group, bits)
	if added&sessionAny != 0 {
		p.sessions++
		p.length += int64(q.length(row))
		if q.reached(row, q.sessions.engagedAt[row]) {
			p.engaged++
		}
	}
	if added&sessionKey != 0 {
		p.keySessions++
	}
}

// sortByGroup returns positions of picked events group after group, each in
// order of time, and where each group ends.
func sortByGroup(g groups) (order, ends []int32) {
	ends = make([]int32, g.n)
	for _, id := range g.of {
		ends[id]++
	}
	sum := int32(0)
	for id, n := range ends {
		ends[id] = sum // for now, where it begins
		sum += n
	}
	order = make([]int32, len(g.of))
	for at, id := range g.of {
		order[ends[id]] = int32(at)
		ends[id]++
	}
	return order, ends
}
