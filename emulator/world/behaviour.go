package world

import (
	"math"
	"math/rand/v2"
	"slices"
)

// A behaviour is a profile made ready to draw sessions from.
type behaviour struct {
	*profile
	source    sampler
	landing   sampler
	follow    sampler     // pages that follow another
	bounce    [][]float64 // by source and landing page
	pages     []float64   // of an engaged session, mean, by source
	dwell     []float64   // seconds on a page of an engaged session, mean, by source
	engage    []float64   // chance of user_engagement on leaving a page that is not the last, by source
	busy      []float64   // views per view of a session that is engaged, by source: who bounces does nothing
	keyPage   []bool
	productAt []int // product of a page, or -1
	keyCode   uint8
	perVisit  float64 // events per session, mean
}

// quickLook is the mean length in seconds of a session without engagement.
const quickLook = 2.5

func newBehaviour(p *profile) *behaviour {
	b := &behaviour{profile: p, keyCode: keyCode(p.keyEvent)}
	b.source = newSampler(column(p.sources, func(s source) float64 { return s.sessions }))
	landings := column(p.pages, func(p page) float64 { return p.landings })
	b.landing = newSampler(landings)
	b.follow = newSampler(followWeights(p))
	for _, s := range p.sources {
		mean := max((s.views-s.bounce)/(1-s.bounce), 1.05)
		b.pages = append(b.pages, mean)
		b.dwell = append(b.dwell, max((s.seconds-s.bounce*quickLook)/(1-s.bounce)/mean, 12))
		b.busy = append(b.busy, s.views/max(s.views-s.bounce, 0.1))
		b.engage = append(b.engage, leaveChance(s, mean))
		b.bounce = append(b.bounce, bounceByPage(p.pages, landings, s.bounce))
	}
	for _, pg := range p.pages {
		b.keyPage = append(b.keyPage, slices.Contains(p.keyPages, pg.path))
		b.productAt = append(b.productAt, slices.IndexFunc(p.products, func(x product) bool { return x.path == pg.path }))
	}
	b.perVisit = b.eventsPerSession()
	return b
}

func column[T any](rows []T, f func(T) float64) []float64 {
	out := make([]float64, len(rows))
	for i, r := range rows {
		out[i] = f(r)
	}
	return out
}

func keyCode(name string) uint8 {
	for c := range eventNames {
		if eventName(c) == name {
			return c
		}
	}
	panic("world: profile with an unknown key event " + name)
}

// followWeights are those of pages after the first, such that landings and they
// together have the views of the profile.
func followWeights(p *profile) []float64 {
	sessions, views := 0.0, 0.0
	for _, s := range p.sources {
		sessions += s.sessions
		views += s.sessions * s.views
	}
	perSession := views / sessions
	all := normal(column(p.pages, func(p page) float64 { return p.views }))
	first := normal(column(p.pages, func(p page) float64 { return p.landings }))
	for i := range all {
		all[i] = max(perSession*all[i]-first[i], 0.05*all[i])
	}
	return all
}

// leaveChance makes user_engagement as frequent per page view as the source
// reports, given that each engaged session ends with one and half the others do.
func leaveChance(s source, pages float64) float64 {
	engaged := 1 - s.bounce
	want := engagementsPerView*s.views - 0.5*s.bounce - engaged
	return min(max(want/max(engaged*(pages-1), 0.01), 0), 1)
}

// bounceByPage spreads the bounce rate of a source over landing pages: the odds of
// each page differ as the square roots of the odds in the profile, and the mean is the source's.
func bounceByPage(pages []page, landings []float64, mean float64) []float64 {
	share := normal(landings)
	rates := make([]float64, len(pages))
	low, high := -12.0, 12.0
	for range 40 {
		shift := (low + high) / 2
		got := 0.0
		for i, p := range pages {
			rates[i] = 1 / (1 + math.Exp(-shift-0.5*math.Log(p.bounce/(1-p.bounce))))
			got += share[i] * rates[i]
		}
		if got < mean {
			low = shift
		} else {
			high = shift
		}
	}
	return rates
}

// eventsPerSession measures how many events a session has on average.
func (b *behaviour) eventsPerSession() float64 {
	const sessions = 4000
	r := rand.New(rand.NewPCG(1, 2))
	var part dayPart
	for range sessions {
		b.session(r, 0, false, &part)
	}
	return float64(len(part.events.time)) / sessions
}
