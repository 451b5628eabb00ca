package world

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A site is one property with all its events.
type site struct {
	Site
	seed    uint64
	clock   clock
	how     *behaviour
	people  *people
	catalog *catalog
	plan    []dayPlan
	began   int // first day of traffic

	users    users
	sessions sessions
	events   events
	orders   []order

	twisted []string // metrics whose numbers a Change made others
}

// A dayPlan is how many sessions begin on a day and when.
type dayPlan struct {
	sessions int
	steady   float64 // part of them that follows the hours of the profile; the others are spread wider
}

func newSite(c Config, s Site) (*site, error) {
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		return nil, err
	}
	p, err := profileNamed(s.Profile)
	if err != nil {
		return nil, err
	}
	share := 0.0
	for _, x := range c.Sites {
		if !x.Empty {
			share += x.Share
		}
	}
	y, m, d := c.Now.In(zone).Date()
	made := &site{Site: s, seed: c.Seed ^ hashOf(s.Property), clock: newClock(zone, y, m, d-c.Days, c.Days+1+c.Ahead), how: newBehaviour(p)}
	if made.people, err = newPeople(p); err != nil {
		return nil, err
	}
	made.catalog = newCatalog(made)
	if s.Days > 0 {
		made.began = c.Days - s.Days
	}
	made.plan = make([]dayPlan, made.clock.days)
	if !s.Empty {
		plan := made.planDays(float64(c.Events)*s.Share/share/made.how.perVisit, c.Days)
		copy(made.plan[made.began:], plan[made.began:])
	}
	return made, nil
}

func hashOf(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s)) // never fails
	return h.Sum64()
}

// Streams of random numbers: each task draws from its own, so that the world
// does not depend on how many processors make it.
const (
	streamPlan = iota << 32
	streamDay
	streamUser
	streamResolve
)

func (s *site) rand(stream, i int) *rand.Rand {
	return rand.New(rand.NewPCG(s.seed, uint64(stream+i)))
}

// liveShare is the part of all sessions that one recent day gets on top of its
// share, so that there is somebody on the site at any hour around now.
const liveShare = 0.006

// mostLive is the most that these sessions may be of all.
const mostLive = 0.2

// planDays spreads sessions over days: the profile's week, a mild season,
// growth, holidays, a campaign every now and then, and the live share.
func (s *site) planDays(sessions float64, today int) []dayPlan {
	r := s.rand(streamPlan, 0)
	n := s.clock.days
	levels, live := make([]float64, n), make([]float64, n)
	campaign := 20 + r.IntN(40)
	for d, date := range s.clock.dates {
		season := 1 + 0.10*math.Sin(2*math.Pi*float64(date.yearDay)/365.25)
		growth := math.Exp(0.9 * float64(d) / 400)
		levels[d] = s.how.week[date.weekday] * season * growth * holiday(date) * (1 + 0.05*r.NormFloat64())
		if d > campaign+12 {
			campaign += 60 + r.IntN(50)
		}
		away := float64(d-campaign) / 3
		levels[d] = max(levels[d]*(1+0.8*math.Exp(-away*away)), 0.05)
		live[d] = rampUp(d - today)
	}
	scale(live, sessions*min(liveShare, mostLive/total(live)))
	perLevel := max(sessions-total(live), 0) / total(levels)
	plan := make([]dayPlan, n)
	for d := range plan {
		steady := perLevel * levels[d]
		plan[d] = dayPlan{int(math.Round(steady + live[d])), steady / max(steady+live[d], 1e-9)}
	}
	return plan
}

// rampDays is over how many days the live share builds up: so many that a month
// of them looks like growth and not like a launch.
const rampDays = 90

// rampUp rises from 0 at rampDays before today to 1 and stays.
func rampUp(day int) float64 {
	x := min(max(float64(day+rampDays)/rampDays, 0), 1)
	return x * x
}

// holiday is how much of a usual day's traffic is left (users.csv: Christmas and New Year's Day).
func holiday(d date) float64 {
	switch {
	case d.month == 12 && (d.day == 24 || d.day == 25):
		return 0.4
	case d.month == 12 && d.day == 31, d.month == 1 && d.day == 1:
		return 0.5
	}
	return 1
}

// generate fills the tables of all sites.
func generate(sites []*site) {
	parts := make([][]dayPart, len(sites))
	var tasks []func()
	for i, s := range sites {
		parts[i] = make([]dayPart, s.clock.days)
		for d := range s.clock.days {
			tasks = append(tasks, func() { parts[i][d] = s.makeDay(d) })
		}
	}
	parallel(tasks)
	for i, s := range sites {
		s.join(parts[i])
	}
}

// parallel runs tasks on all processors.
func parallel(tasks []func()) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(tasks)); i = next.Add(1) - 1 {
				tasks[i]()
			}
		})
	}
	wg.Wait()
}

// makeDay makes the sessions that start on a day.
func (s *site) makeDay(d int) dayPart {
	r := s.rand(streamDay, d)
	var part dayPart
	starts := s.startTimes(r, d)
	for _, t := range starts {
		s.how.session(r, t, s.began > 0 && d == s.began, &part)
		p := drawParent(r, d)
		if s.began > 0 {
			p.day = max(p.day, s.began) // nobody was here before
		}
		part.parent = append(part.parent, p)
	}
	return part
}

// startTimes draws when the sessions of a day begin, in order.
func (s *site) startTimes(r *rand.Rand, d int) []uint32 {
	from, to := s.clock.dayStart[d], s.clock.dayStart[d+1]
	plan := s.plan[d]
	mean := total(s.how.hours[:]) / 24
	weights := make([]float64, 0, 100)
	for t := from; t < to; t += quarter {
		hour := s.how.hours[s.clock.at(t)%minutesADay/60] / mean
		weights = append(weights, plan.steady*hour+(1-plan.steady)*(hour+1)/2)
	}
	at := newSampler(weights)
	starts := make([]uint32, plan.sessions)
	for i := range starts {
		starts[i] = from + uint32(at.draw(r))*quarter + uint32(r.IntN(quarter))
	}
	slices.Sort(starts)
	return starts
}

// longestGap is after how many days the last of the users has come back.
const longestGap = 90

// drawParent draws when a returning user was last here: a day that is n days back with
// a chance near 1/n.
func drawParent(r *rand.Rand, d int) parent {
	gap := int(math.Exp(r.Float64()*math.Log(longestGap+1))) - 1
	return parent{day: d - gap, pick: r.Uint32()}
}
