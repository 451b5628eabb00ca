package world_test

import (
	"hash/fnv"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/emulator/world"
)

// digest is a number that any change of a world changes.
func digest(w *world.World) uint64 {
	h := fnv.New64a()
	dimensions := []string{"dateHourMinute", "pageLocation", "pageReferrer", "sessionSourceMedium", "city", "languageCode", "browser", "screenResolution", "linkUrl", "transactionId", "firstSessionDate"}
	for _, s := range w.Sites() {
		w.Events(s.Property, func(e world.Event) bool {
			h.Write([]byte{byte(e.User), byte(e.User >> 8), byte(e.Session), byte(e.Session >> 8), byte(e.Engaged), byte(e.Cents)})
			h.Write([]byte(e.Name))
			for _, d := range dimensions {
				h.Write([]byte(e.Value(d)))
			}
			return true
		})
	}
	return h.Sum64()
}

func TestEqualSeedsMakeEqualWorlds(t *testing.T) {
	worldOf := func(seed uint64, processors int) uint64 {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
		return digest(newWorld(t, world.Config{Seed: seed, Days: 30, Events: 8000}))
	}
	one := worldOf(3, 1)
	if many := worldOf(3, 4); many != one {
		t.Error("the world depends on the number of processors")
	}
	if worldOf(4, 1) == one {
		t.Error("another seed makes the same world")
	}
}

func TestSize(t *testing.T) {
	for _, c := range []struct{ days, ahead, events int }{{60, 3, 24_000}, {90, 40, 24_000}, {400, 3, 300_000}} {
		w := newWorld(t, world.Config{Seed: 1, Days: c.days, Ahead: c.ahead, Events: c.events})
		total := 0
		for _, s := range w.Sites() {
			n, first, last := 0, time.Time{}, time.Time{}
			w.Events(s.Property, func(e world.Event) bool {
				if n++; first.IsZero() {
					first = e.Time
				}
				if e.Time.Before(last) {
					t.Fatalf("%s: an event at %v after one at %v", s.Name, e.Time, last)
				}
				last = e.Time
				return true
			})
			total += n
			want := float64(c.events) * s.Share
			if f := float64(n); f < 0.9*want || f > 1.1*want {
				t.Errorf("%s has %d events, want about %.0f", s.Name, n, want)
			}
			if days := now.Sub(first).Hours() / 24; days < float64(c.days)-1 || days > float64(c.days)+2 {
				t.Errorf("%s begins %.1f days before now, want %d", s.Name, days, c.days)
			}
			if ahead := last.Sub(now).Hours() / 24; ahead < float64(c.ahead)-0.5 {
				t.Errorf("%s ends %.1f days after now, want about %d", s.Name, ahead, c.ahead)
			}
		}
		t.Logf("%d events", total)
	}
}

// TestSessionsOfAUser checks what holds for every session: one user, one at a
// time, half an hour between two, new at most once, events with their own start.
func TestSessionsOfAUser(t *testing.T) {
	w := small(t)
	overnights := 0
	for _, s := range w.Sites() {
		type visit struct {
			user        uint32
			first, last time.Time
			date        string
			overnight   bool
		}
		visits := map[uint32]*visit{}
		newcomers := map[uint32]int{}
		w.Events(s.Property, func(e world.Event) bool {
			v := visits[e.Session]
			if v == nil {
				if e.Name != "session_start" {
					t.Fatalf("a session begins with %s", e.Name)
				}
				v = &visit{user: e.User, first: e.Time, date: e.Value("date")}
				visits[e.Session] = v
			}
			if v.user != e.User {
				t.Fatal("a session of two users")
			}
			v.last = e.Time
			v.overnight = v.overnight || e.Value("date") != v.date
			if e.Name == "first_visit" {
				newcomers[e.User]++
				if e.Value("newVsReturning") != "new" || e.Value("firstSessionDate") != e.Value("date") || e.Value("firstUserSource") != e.Value("sessionSource") {
					t.Fatalf("a first visit of %s, first session on %s, on %s", e.Value("newVsReturning"), e.Value("firstSessionDate"), e.Value("date"))
				}
			}
			return true
		})
		byUser := map[uint32][]*visit{}
		overnight := 0
		for _, v := range visits {
			if v.overnight {
				overnight++
			}
			byUser[v.user] = append(byUser[v.user], v)
		}
		overnights += overnight
		if overnight > len(visits)/30 {
			t.Errorf("%s: %d of %d sessions cross midnight", s.Name, overnight, len(visits))
		}
		again := 0
		for user, list := range byUser {
			if newcomers[user] > 1 {
				t.Fatal("a user with two first visits")
			}
			slices.SortFunc(list, func(a, b *visit) int { return a.first.Compare(b.first) })
			for i := 1; i < len(list); i++ {
				again++
				if list[i].first.Sub(list[i-1].last) < 30*time.Minute {
					t.Fatalf("a user with two sessions %v apart", list[i].first.Sub(list[i-1].last))
				}
			}
		}
		if again < len(visits)/5 {
			t.Errorf("%s: %d of %d sessions by users seen before: too few come back", s.Name, again, len(visits))
		}
	}
	if overnights == 0 {
		t.Error("no session crosses midnight")
	}
}

func TestUsersReturn(t *testing.T) {
	w := newWorld(t, world.Config{Seed: 2, Events: 200_000})
	for _, s := range w.Sites() {
		got := ask(t, w, world.Query{Property: s.Property, Metrics: []string{"active1DayUsers", "active7DayUsers", "active28DayUsers", "activeUsers", "totalUsers", "newUsers", "sessions"}}).Totals[0]
		day, week, month, active, all, fresh, sessions := got[0], got[1], got[2], got[3], got[4], got[5], got[6]
		if !(day < week && week < month && fresh < active && active < all && all < sessions) {
			t.Errorf("%s: 1-day %v, 7-day %v, 28-day %v, new %v, active %v, all %v, sessions %v: not in ascending order", s.Name, day, week, month, fresh, active, all, sessions)
		}
		if stick := week / month; stick < 0.2 || stick > 0.7 {
			t.Errorf("%s: %.2f of the users of 28 days were there in the last 7", s.Name, stick)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	site := world.DefaultSites()[0]
	with := func(change func(*world.Site)) []world.Site {
		s := site
		change(&s)
		return []world.Site{s}
	}
	for want, c := range map[string]world.Config{
		"Now":     {},
		"Days":    {Now: now, Days: -1},
		"Ahead":   {Now: now, Ahead: 1_000_000},
		"Events":  {Now: now, Events: -5},
		"twice":   {Now: now, Sites: []world.Site{site, site}},
		"empty":   {Now: now, Sites: with(func(s *world.Site) { s.Property = "" })},
		"share":   {Now: now, Sites: with(func(s *world.Site) { s.Share = 0 })},
		"Mars":    {Now: now, Sites: with(func(s *world.Site) { s.TimeZone = "Mars/Olympus" })},
		"bazaar":  {Now: now, Sites: with(func(s *world.Site) { s.Profile = "bazaar" })},
		"museum":  {Now: now, Sites: with(func(s *world.Site) { s.Profile = "" })},
		"4126003": {Now: now, Sites: with(func(s *world.Site) { s.Profile = "x" })},
	} {
		if _, err := world.New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q: %v", want, err)
		}
	}
}

// TestTinyWorlds makes worlds of hardly anything, in zones and with profiles in
// every combination.
func TestTinyWorlds(t *testing.T) {
	for _, zone := range []string{"America/Santiago", "Pacific/Chatham", "UTC"} {
		for i, profile := range world.Profiles() {
			site := world.Site{Property: "1", Name: "x", Host: "x.example", TimeZone: zone, CurrencyCode: "EUR", Profile: profile, Share: 1}
			w := newWorld(t, world.Config{Seed: uint64(i), Days: 1 + 200*i, Ahead: 1, Events: 1 + 50*i, Sites: []world.Site{site}})
			ask(t, w, world.Query{Dimensions: []string{"date"}, Metrics: []string{"sessions", "active28DayUsers"}})
		}
	}
}

func TestNames(t *testing.T) {
	for _, names := range [][]string{world.Dimensions(), world.Metrics()} {
		if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
			t.Errorf("not sorted, or twice: %v", names)
		}
	}
	for _, m := range world.RealtimeMetrics() {
		if !slices.Contains(world.Metrics(), m) {
			t.Errorf("%s is a realtime metric only", m)
		}
	}
}
