package world_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/oriel-server/oriel/emulator/world"
)

// The slow way: every metric from the list of events, with sets for what is
// distinct, sharing nothing with the package but Events.

var now = time.Date(2026, 11, 23, 12, 17, 5, 0, time.UTC)

func newWorld(t testing.TB, c world.Config) *world.World {
	t.Helper()
	if c.Now.IsZero() {
		c.Now = now
	}
	w, err := world.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func small(t testing.TB) *world.World {
	return newWorld(t, world.Config{Seed: 7, Days: 60, Ahead: 2, Events: 24_000})
}

type session struct {
	first, last                time.Time
	views                      int
	key, newcomer, lookedAtAll bool
}

func (s *session) engaged() bool {
	return s.last.Sub(s.first) >= 10*time.Second || s.views >= 2 || s.key
}

func (s *session) active() bool { return s.engaged() || s.newcomer || s.lookedAtAll }

type past struct {
	events   []world.Event
	sessions map[uint32]*session
	first    map[string]bool // transactions that are their buyer's first
}

func pastOf(w *world.World, property string, now time.Time) past {
	p := past{sessions: map[uint32]*session{}, first: map[string]bool{}}
	bought := map[uint32]bool{}
	w.Events(property, func(e world.Event) bool {
		if !e.Time.Before(now) {
			return false
		}
		p.events = append(p.events, e)
		s := p.sessions[e.Session]
		if s == nil {
			s = &session{first: e.Time}
			p.sessions[e.Session] = s
		}
		s.last = e.Time
		s.key = s.key || e.Value("isKeyEvent") == "true"
		s.newcomer = s.newcomer || e.Name == "first_visit"
		s.lookedAtAll = s.lookedAtAll || e.Engaged > 0
		switch e.Name {
		case "page_view":
			s.views++
		case "purchase":
			p.first[e.Value("transactionId")] = !bought[e.User]
			bought[e.User] = true
		}
		return true
	})
	return p
}

type set map[uint32]bool

// group collects what the metrics of one group need.
type group struct {
	count                    map[string]float64 // events by name
	items                    map[string]float64 // items by event name
	events, engaged, keys    float64
	cents, revenue, newbuys  float64
	users, active, keyUsers  set
	byEvent                  map[string]set // users
	sessions, keySessions    set
	engagedSessions, seconds float64
}

func newGroup() *group {
	return &group{count: map[string]float64{}, items: map[string]float64{}, users: set{}, active: set{}, keyUsers: set{},
		byEvent: map[string]set{}, sessions: set{}, keySessions: set{}}
}

func (g *group) add(p past, e world.Event) {
	s := p.sessions[e.Session]
	g.events++
	g.count[e.Name]++
	g.items[e.Name] += float64(e.Items)
	g.engaged += float64(e.Engaged)
	g.users[e.User] = true
	if s.active() {
		g.active[e.User] = true
	}
	if g.byEvent[e.Name] == nil {
		g.byEvent[e.Name] = set{}
	}
	g.byEvent[e.Name][e.User] = true
	if !g.sessions[e.Session] {
		g.sessions[e.Session] = true
		g.seconds += s.last.Sub(s.first).Seconds()
		if s.engaged() {
			g.engagedSessions++
		}
	}
	if e.Value("isKeyEvent") == "true" {
		g.keys++
		g.keyUsers[e.User] = true
		g.keySessions[e.Session] = true
	}
	if e.Name != "view_item" {
		g.cents += float64(e.Cents)
	}
	if e.Name == "purchase" {
		g.revenue += float64(e.Cents)
		if p.first[e.Value("transactionId")] {
			g.newbuys++
		}
	}
}

func over(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// values returns all metrics but those of rolling windows.
func (g *group) values() map[string]float64 {
	users, active, sessions := float64(len(g.users)), float64(len(g.active)), float64(len(g.sessions))
	who := func(event string) float64 { return float64(len(g.byEvent[event])) }
	views, bought, money := g.count["page_view"], g.count["purchase"], g.revenue/100
	return map[string]float64{
		"activeUsers": active, "totalUsers": users, "newUsers": who("first_visit"), "sessions": sessions,
		"engagedSessions": g.engagedSessions, "engagementRate": over(g.engagedSessions, sessions),
		"bounceRate": over(sessions-g.engagedSessions, sessions), "averageSessionDuration": over(g.seconds, sessions),
		"userEngagementDuration": g.engaged, "sessionsPerUser": over(sessions, active),
		"screenPageViews": views, "screenPageViewsPerSession": over(views, sessions), "screenPageViewsPerUser": over(views, active),
		"eventCount": g.events, "eventCountPerUser": over(g.events, active), "eventsPerSession": over(g.events, sessions),
		"eventValue": g.cents / 100, "keyEvents": g.keys, "sessionKeyEventRate": over(float64(len(g.keySessions)), sessions),
		"userKeyEventRate": over(float64(len(g.keyUsers)), active), "scrolledUsers": who("scroll"),
		"transactions": bought, "ecommercePurchases": bought, "purchaseRevenue": money, "totalRevenue": money,
		"itemRevenue": money, "grossItemRevenue": money, "grossPurchaseRevenue": money,
		"averagePurchaseRevenue": over(money, bought), "averagePurchaseRevenuePerUser": over(money, active),
		"averageRevenuePerUser": over(money, active), "averagePurchaseRevenuePerPayingUser": over(money, who("purchase")),
		"addToCarts": g.count["add_to_cart"], "checkouts": g.count["begin_checkout"], "itemViewEvents": g.count["view_item"],
		"itemsViewed": g.items["view_item"], "itemsAddedToCart": g.items["add_to_cart"],
		"itemsCheckedOut": g.items["begin_checkout"], "itemsPurchased": g.items["purchase"],
		"totalPurchasers": who("purchase"), "purchaserRate": over(who("purchase"), active),
		"firstTimePurchasers": g.newbuys, "firstTimePurchaserRate": over(g.newbuys, active),
		"firstTimePurchasersPerNewUser": over(g.newbuys, who("first_visit")),
		"cartToViewRate":                over(who("add_to_cart"), who("view_item")), "purchaseToViewRate": over(who("purchase"), who("view_item")),
		"transactionsPerPurchaser": over(bought, who("purchase")),
	}
}

// valueOf is the value of a dimension of a query, which may be derived.
func valueOf(q world.Query, e world.Event, dimension string) string {
	for _, d := range q.Derived {
		if d.Name == dimension {
			var values []string
			for _, from := range d.From {
				values = append(values, e.Value(from))
			}
			return d.Value(values)
		}
	}
	return e.Value(dimension)
}

func passes(q world.Query, x world.Expr, e world.Event) bool {
	switch x := x.(type) {
	case world.And:
		return !slices.ContainsFunc(x, func(x world.Expr) bool { return !passes(q, x, e) })
	case world.Or:
		return slices.ContainsFunc(x, func(x world.Expr) bool { return passes(q, x, e) })
	case world.Not:
		return !passes(q, x.X, e)
	case world.Match:
		return x.Test(valueOf(q, e, x.Dimension))
	}
	return true
}

// slowly answers a query from the events: groups by their values, "" the whole.
func (p past) slowly(q world.Query, r world.Range) (groups map[string]*group, whole *group) {
	groups, whole = map[string]*group{}, newGroup()
	for _, e := range p.events {
		if e.Time.Before(r.From) || !e.Time.Before(r.To) || !passes(q, q.Where, e) {
			continue
		}
		var key []string
		for _, d := range q.Dimensions {
			key = append(key, valueOf(q, e, d))
		}
		at := strings.Join(key, "\x00")
		if groups[at] == nil {
			groups[at] = newGroup()
		}
		groups[at].add(p, e)
		whole.add(p, e)
	}
	return groups, whole
}

func isRolling(metric string) bool {
	return strings.HasPrefix(metric, "active") && metric != "activeUsers" || strings.HasPrefix(metric, "dau") || strings.HasPrefix(metric, "wau")
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(a)) }

func compare(t *testing.T, q world.Query, got []float64, want *group) {
	t.Helper()
	values := want.values()
	for i, m := range q.Metrics {
		v, ok := values[m]
		if !ok {
			t.Fatalf("the slow way does not know %s", m)
		}
		if !near(got[i], v) {
			t.Errorf("%s = %v, want %v", m, got[i], v)
		}
	}
}

func TestRunEqualsCountingEvents(t *testing.T) {
	w := small(t)
	r := rand.New(rand.NewPCG(11, 12))
	pasts := map[string]past{}
	for i := range 150 {
		q := randomQuery(r, w)
		if _, ok := pasts[q.Property]; !ok || q.Now != now {
			pasts[q.Property] = pastOf(w, q.Property, q.Now)
		}
		p := pasts[q.Property]
		if q.Now != now {
			delete(pasts, q.Property)
		}
		got, err := w.Run(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		rows := 0
		for ri, span := range q.Ranges {
			want, whole := p.slowly(q, span)
			rows += len(want)
			compare(t, q, got.Totals[ri], whole)
			for _, row := range got.Rows {
				if row.Range != ri {
					continue
				}
				g := want[strings.Join(row.Dimensions, "\x00")]
				if g == nil {
					t.Fatalf("query %d: no events for the row %q", i, row.Dimensions)
				}
				compare(t, q, row.Metrics, g)
			}
		}
		if len(got.Rows) != rows {
			t.Errorf("query %d: %d rows, want %d", i, len(got.Rows), rows)
		}
		if t.Failed() {
			t.Fatalf("query %d: dimensions %v, ranges %v, filter %v, now %v", i, q.Dimensions, q.Ranges, q.Where, q.Now)
		}
	}
}

// randomQuery asks anything but for what counts from the start of a range.
func randomQuery(r *rand.Rand, w *world.World) world.Query {
	sites := w.Sites()
	s := sites[r.IntN(len(sites))]
	q := world.Query{Property: s.Property, Now: now}
	if r.IntN(3) == 0 {
		q.Now = now.Add(-time.Duration(r.IntN(50*24*3600)) * time.Second)
	}
	dimensions := slices.DeleteFunc(world.Dimensions(), func(d string) bool { return strings.HasPrefix(d, "nth") })
	for range r.IntN(5) {
		d := dimensions[r.IntN(len(dimensions))]
		if !slices.Contains(q.Dimensions, d) {
			q.Dimensions = append(q.Dimensions, d)
		}
	}
	if r.IntN(3) == 0 {
		q.Derived = randomDerived(r, dimensions)
		for _, d := range q.Derived {
			q.Dimensions = slices.Insert(q.Dimensions, r.IntN(len(q.Dimensions)+1), d.Name)
		}
		dimensions = append(dimensions, q.Derived[0].Name) // so that filters name it
	}
	metrics := slices.DeleteFunc(world.Metrics(), isRolling)
	for range r.IntN(11) {
		q.Metrics = append(q.Metrics, metrics[r.IntN(len(metrics))])
	}
	for range 1 + r.IntN(2) {
		from := now.Add(-time.Duration(r.IntN(62*24*3600)) * time.Second)
		q.Ranges = append(q.Ranges, world.Range{From: from, To: from.Add(time.Duration(r.IntN(20*24*3600)) * time.Second)})
	}
	if r.IntN(2) == 0 {
		q.Where = randomFilter(r, w, s.Property, dimensions, 3)
	}
	return q
}

// randomDerived joins up to three dimensions, or folds the values of one.
func randomDerived(r *rand.Rand, dimensions []string) []world.Derived {
	var from []string
	for range r.IntN(4) {
		from = append(from, dimensions[r.IntN(len(dimensions))])
	}
	return []world.Derived{
		{Name: "joined", From: from, Value: func(v []string) string { return strings.Join(v, "|") }},
		{Name: "country", From: []string{"city"}, Value: func(v []string) string { return v[0][:1] }},
	}
}

func randomFilter(r *rand.Rand, w *world.World, property string, dimensions []string, depth int) world.Expr {
	inner := func() world.Expr { return randomFilter(r, w, property, dimensions, depth-1) }
	if depth > 0 {
		switch r.IntN(4) {
		case 0:
			return world.And{inner(), inner()}
		case 1:
			return world.Or{inner(), inner()}
		case 2:
			return world.Not{X: inner()}
		}
	}
	letter := string("aeiostn0123/.("[r.IntN(14)])
	return world.Match{Dimension: dimensions[r.IntN(len(dimensions))], Test: func(v string) bool { return strings.Contains(v, letter) }}
}

// TestEveryMetricAndDimension is there for those that the random queries miss.
func TestEveryMetricAndDimension(t *testing.T) {
	w := small(t)
	s := w.Sites()[2] // the shop
	span := world.Range{From: now.AddDate(0, 0, -50), To: now}
	p := pastOf(w, s.Property, now)
	for _, d := range world.Dimensions() {
		if strings.HasPrefix(d, "nth") {
			continue
		}
		q := world.Query{Property: s.Property, Now: now, Dimensions: []string{d}, Metrics: slices.DeleteFunc(world.Metrics(), isRolling), Ranges: []world.Range{span}}
		got, err := w.Run(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := p.slowly(q, span)
		if len(got.Rows) != len(want) {
			t.Errorf("%s: %d rows, want %d", d, len(got.Rows), len(want))
		}
		for _, row := range got.Rows {
			compare(t, q, row.Metrics, want[row.Dimensions[0]])
		}
	}
}
