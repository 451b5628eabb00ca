package ga4

import (
	"cmp"
	"fmt"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// tooLargeTokens is what a response that is too large to be read is taken to cost: it says so at
// its end. Most reports cost up to 10 tokens, and those of many rows or days more.
const tooLargeTokens = 100

// A budget is what the free questions of anonymous visitors cost a property on one day, in core
// and realtime requests, by any account. What runs when it is used up is still answered.
type budget struct {
	zone     *time.Location // the property's; nil while no response tells
	day      report.Date    // in zone
	spent    int64          // tokens
	dayLimit int64          // the most tokens of a day that the property was ever seen to have
}

// roll begins a new budget when the property's day has ended, and returns when this one ends.
func (b *budget) roll(now time.Time, google *time.Location) (end time.Time) {
	zone := cmp.Or(b.zone, google, time.UTC)
	if today := report.DateOf(now, zone); today != b.day {
		b.day, b.spent = today, 0
	}
	return b.day.AddDays(1).In(zone)
}

// budget returns the budget of a property. The lock is held.
func (all *quotas) budget(property string) *budget {
	if all.budgets == nil {
		all.budgets = map[string]*budget{}
	}
	if all.budgets[property] == nil {
		all.budgets[property] = &budget{dayLimit: dayTokens}
	}
	return all.budgets[property]
}

// spend counts what a response says that its request cost.
func (all *quotas) spend(c *call, tokens Bucket, now time.Time) {
	all.mu.Lock()
	defer all.mu.Unlock()
	b := all.budget(c.key.property)
	b.dayLimit = tokens.limit(b.dayLimit)
	if c.timeZone != "" && (b.zone == nil || b.zone.String() != c.timeZone) {
		if zone, err := time.LoadLocation(c.timeZone); err == nil {
			b.zone = zone
		}
	}
	b.roll(now, all.google)
	if shares[c.class].day > 0 {
		b.spent += tokens.Consumed
	}
}

// checkBudget refuses a job of a class whose part of the property's day is used up. The lock is
// held.
func (all *quotas) checkBudget(j *job, now time.Time) *report.Error {
	share := shares[j.rank.Class].day
	if share == 0 {
		return nil
	}
	b := all.budget(j.query.Property)
	end := b.roll(now, all.google)
	most, ok := all.perDay[j.query.Property]
	if !ok {
		most = int64(share * float64(b.dayLimit))
	}
	if b.spent < most {
		return nil
	}
	e := report.Errorf(report.Quota, budgetSpent, after(end.Sub(now)))
	e.RetryAfter = end.Sub(now)
	return e.Because(fmt.Errorf("public_tokens_per_day: the %d tokens of property %s for a %s are used up until %s",
		most, j.query.Property, j.rank.Class, end.Format(time.RFC3339)))
}
