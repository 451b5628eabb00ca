package plan

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/oriel-server/oriel/internal/report"
)

// A dashboard shows a total beside a line over the same days. The total is asked as it is; the line is put
// together from days that are kept for weeks. When Google changes such a day, they contradict each other. So
// the sums of both are compared whenever one of them comes, for the metrics whose rows add up, and the answer
// that is older, or was put together, is asked again.

// A sumKey is a metric over a range of days, for all who may see the same events.
type sumKey struct {
	events     string // account, property and filter
	metric     string
	start, end string
}

// A sum is that of an answer's rows.
type sum struct {
	question  *report.Question
	value     int64
	fetchedAt time.Time
	assembled bool // from days
}

type sums = otter.Cache[sumKey, sum]

// maxSums bounds the sums of one kind of answers.
const maxSums = 4_000

func newSums() (*sums, error) {
	s, err := otter.New(&otter.Options[sumKey, sum]{MaximumSize: maxSums})
	if err != nil {
		return nil, fmt.Errorf("plan: the cache of sums: %w", err)
	}
	return s, nil
}

// simultaneous is the most between two answers that were asked at the same time: Google may have counted more
// in between, but hardly has.
const simultaneous = time.Minute

// consistent compares a new answer with others about the same days, and expires those that are out of date. It
// returns false if the answer itself must be asked as a whole. An assembled one is kept before others can
// contradict it.
func (p *Plan) consistent(ctx context.Context, q *report.Question, r *report.Report, assembled bool) bool {
	query := q.Query()
	own, others := p.totals, p.lines
	if len(query.Dimensions) > 0 {
		own, others = p.lines, p.totals
	}
	values := sumsOf(query, r)
	var outdated []sum
	for key, value := range values {
		other, ok := others.GetIfPresent(key)
		apart := r.FetchedAt.Sub(other.fetchedAt)
		switch {
		case !ok || other.value == value:
		case assembled && apart < simultaneous:
			return false
		case apart >= simultaneous || other.assembled:
			outdated = append(outdated, other)
		}
	}
	if assembled {
		p.config.Parts.Put(ctx, q, r)
	}
	q = q.Ranked(q.Rank()) // without the call in flight, which sums must not hold on to
	for key, value := range values {
		own.Set(key, sum{q, value, r.FetchedAt, assembled})
	}
	for _, other := range outdated {
		if other.assembled {
			p.askWholeNext(other.question)
		}
		p.config.Parts.Expire(other.question)
	}
	return true
}

// askWholeNext makes the next answer to q come from one question.
func (p *Plan) askWholeNext(q *report.Question) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.askWhole[q.Key()] = true
	if len(p.askWhole) > maxSums {
		clear(p.askWhole)
	}
}

// mustAskWhole reports, once, whether q must be asked as a whole.
func (p *Plan) mustAskWhole(q *report.Question) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	whole := p.askWhole[q.Key()]
	delete(p.askWhole, q.Key())
	return whole
}

// maxSummed bounds the rows that are added up, each of which has to be decoded while a visitor waits. The
// panels of a dashboard have far fewer.
const maxSummed = 20_000

// sumsOf returns the sums of an answer's rows over whole ranges; nil where rows don't add up to that.
func sumsOf(q report.Query, r *report.Report) map[sumKey]int64 {
	line := len(q.Dimensions) > 0
	if q.Realtime || q.MetricFilter != nil || q.Offset != 0 || q.KeepEmptyRows || r.Rows > maxSummed ||
		refuseDerived(q) != "" || line && refuseSlices(q) != "" {
		return nil
	}
	_, metrics := q.Columns()
	if !slices.ContainsFunc(metrics, func(name string) bool { return additive[name] }) {
		return nil
	}
	a, err := readAnswer(r)
	if err != nil {
		return nil
	}
	columns, ok := a.columnSums(metrics, len(q.DateRanges) > 1)
	if !ok {
		return nil
	}
	filter, err := json.Marshal(q.DimensionFilter)
	if err != nil {
		panic(err) // a filter is numbers and strings
	}
	events := strconv.Quote(q.Account) + strconv.Quote(q.Property) + string(filter)
	values := map[sumKey]int64{}
	for i, days := range q.DateRanges {
		name := ""
		if len(q.DateRanges) > 1 {
			name = report.RangeName(days.Name, i)
		}
		for i, metric := range metrics {
			if additive[metric] {
				values[sumKey{events, metric, days.StartDate, days.EndDate}] = columns[column{name, i}]
			}
		}
	}
	return values
}

// A column is that of a metric in the rows of one range, whose name is empty if it is the only one.
type column struct {
	rangeName string
	metric    int
}

// columnSums adds up the additive columns of each range; false if a value is no whole number.
func (a *answer) columnSums(metrics []string, ranges bool) (map[column]int64, bool) {
	sums := map[column]int64{}
	for _, raw := range a.Rows {
		r, err := report.ReadRow(raw)
		if err != nil || len(r.Metrics) != len(metrics) || ranges && len(r.Dimensions) == 0 {
			return nil, false
		}
		name := ""
		if ranges {
			name = r.Dimensions[len(r.Dimensions)-1].Value
		}
		for i, metric := range metrics {
			if !additive[metric] {
				continue
			}
			n, err := strconv.ParseInt(r.Metrics[i].Value, 10, 64)
			if err != nil {
				return nil, false
			}
			sums[column{name, i}] += n
		}
	}
	return sums, true
}
