package world

import (
	"math"
	"math/rand/v2"
)

// A dayPart is what one day adds to a site: sessions that start on it, and their
// events. Sessions are numbered from 0 here; users are not known yet.
type dayPart struct {
	sessions sessions
	parent   []parent
	events   events
	orders   []uint32 // cart lines; the detail of a purchase is an index into them
}

// A parent is an earlier session of the same user: which day, and a number that
// picks one of that day's sessions.
type parent struct {
	day  int
	pick uint32
}

// A visit is a session while it is being made.
type visit struct {
	*behaviour
	r        *rand.Rand
	part     *dayPart
	row      uint32 // of the session
	now      uint32
	page     uint16
	referrer uint16
	views    int
}

// session appends one session that starts at an instant, with its events. It is
// its user's first by chance, or certainly.
func (b *behaviour) session(r *rand.Rand, start uint32, first bool, part *dayPart) {
	s := &part.sessions
	src, landing := b.source.draw(r), b.landing.draw(r)
	isNew := r.Float64() < newPerSession || first
	row := len(s.start)
	s.user = append(s.user, 0)
	s.start = append(s.start, start)
	s.length = append(s.length, 0)
	s.engagedAt = append(s.engagedAt, never)
	s.activeAt = append(s.activeAt, never)
	s.landing = append(s.landing, uint16(landing))
	s.source = append(s.source, uint8(src))
	s.isNew = append(s.isNew, isNew)
	v := visit{behaviour: b, r: r, part: part, row: uint32(row), now: start, page: uint16(landing)}
	if b.sources[src].referrer != "" {
		v.referrer = uint16(1 + len(b.profile.pages) + src)
	}
	v.emit(start, sessionStart, 0, 0)
	if isNew {
		s.activeAt[row] = 0
		v.emit(start, firstVisit, 0, 0)
	}
	if r.Float64() < b.bounce[src][landing] {
		v.bounced()
		return
	}
	v.engagedVisit(src)
}

// emit appends an event and keeps the figures of the session that depend on it.
func (v *visit) emit(at uint32, name uint8, detail uint32, engaged int) {
	s, e := &v.part.sessions, &v.part.events
	start := s.start[v.row]
	at = min(at, start+maxSession)
	e.time = append(e.time, at)
	e.session = append(e.session, v.row)
	e.name = append(e.name, name)
	e.page = append(e.page, v.page)
	e.referrer = append(e.referrer, v.referrer)
	e.detail = append(e.detail, detail)
	e.engaged = append(e.engaged, uint16(min(engaged, maxSession)))

	offset := uint16(at - start)
	s.length[v.row] = max(s.length[v.row], offset)
	if name == pageView {
		v.views++
	}
	// Google: longer than 10 seconds, or two page views, or a key event.
	if offset >= 10 || name == pageView && v.views == 2 || name == v.keyCode {
		s.engagedAt[v.row] = min(s.engagedAt[v.row], offset)
		s.activeAt[v.row] = min(s.activeAt[v.row], offset)
	}
	if engaged > 0 {
		s.activeAt[v.row] = min(s.activeAt[v.row], offset)
	}
}

// bounced is one page, left within ten seconds.
func (v *visit) bounced() {
	v.view()
	look := uint32(v.r.IntN(10))
	if v.r.Float64() < scrollsPerView {
		v.emit(v.now+look/2, scroll, 0, 0)
	}
	if v.r.Float64() < 0.5 {
		v.emit(v.now+look, userEngagement, 0, int(look))
	}
}

func (v *visit) engagedVisit(src int) {
	pages := 1 + v.geometric(v.behaviour.pages[src]-1)
	for n := range pages {
		if n > 0 {
			v.referrer = 1 + v.page
			v.page = uint16(v.follow.draw(v.r))
		}
		dwell := uint32(1 + v.r.ExpFloat64()*v.dwell[src])
		if pages == 1 {
			dwell += 9
		}
		v.view()
		v.actions(dwell, v.busy[src])
		if n == pages-1 || v.r.Float64() < v.engage[src] {
			v.emit(v.now+dwell, userEngagement, 0, int(dwell))
		}
		v.now += dwell
		if v.now >= v.part.sessions.start[v.row]+maxSession {
			return
		}
	}
}

// geometric draws 0, 1, 2 … with a mean.
func (v *visit) geometric(mean float64) int {
	if mean <= 0 {
		return 0
	}
	n := int(math.Log(1-v.r.Float64()) / math.Log(mean/(1+mean)))
	return min(n, 80)
}

// view emits what opening a page does.
func (v *visit) view() {
	v.emit(v.now, pageView, 0, 0)
	if v.profile.pages[v.page].query != "" && v.profile.pages[v.page].group == "Search" {
		v.emit(v.now, viewSearchResults, 0, 0)
	}
	if p := v.productAt[v.page]; p >= 0 {
		v.emit(v.now, viewItem, cartLine(p, 1), 0)
	}
}

// actions emits what a reader does on a page in a span of seconds; busy raises the
// rates that the source gives for all views.
func (v *visit) actions(dwell uint32, busy float64) {
	during := func() uint32 { return v.now + uint32(v.r.Float64()*float64(dwell)) }
	if v.r.Float64() < scrollsPerView {
		v.emit(during(), scroll, 0, 0)
	}
	if v.r.Float64() < clicksPerView*busy {
		v.emit(during(), click, skewed(v.r, len(v.links)), 0)
	}
	if v.r.Float64() < downloadsPerView*busy {
		v.emit(during(), fileDownload, skewed(v.r, len(v.files)), 0)
	}
	if v.keyPage[v.page] && v.r.Float64() < v.keyRate {
		v.emit(during(), v.keyCode, 0, 0)
	}
	if p := v.productAt[v.page]; p >= 0 && v.r.Float64() < cartsPerItemView {
		v.shop(during(), cartLine(p, 1+int(skewed(v.r, 3))))
	}
}

// shop puts a line into the cart, and perhaps pays for it.
func (v *visit) shop(at uint32, line uint32) {
	v.emit(at, addToCart, line, 0)
	if v.r.Float64() >= checkoutsPerCart {
		return
	}
	at += 5 + uint32(v.r.IntN(60))
	v.emit(at, beginCheckout, line, 0)
	if v.r.Float64() >= purchasesPerCheckout {
		return
	}
	v.emit(at+30+uint32(v.r.IntN(180)), purchase, uint32(len(v.part.orders)), 0)
	v.part.orders = append(v.part.orders, line)
}

// skewed draws below n, the lower the more often.
func skewed(r *rand.Rand, n int) uint32 {
	return uint32(float64(n) * r.Float64() * r.Float64())
}
