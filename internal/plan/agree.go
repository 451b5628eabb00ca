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

// A dashboard shows a total beside a line over the same days. The total is asked
// as it is; the line is put together from days that are kept for weeks. When Google
// changes such a day, they contradict each other. So the sums of both are compared
// whenever one of them comes, for the metrics whose rows add up, and the answer
// that is older, or was put together, is asked again.

// A span is a metric over a range of days, for all who may see the same events.
type span struct {
	events     string // account, property and filter: with comparisons nothing is summed
	metric     string
	start, end string
}

// A tally is what an answer says of a span.
type tally struct {
	question *report.Question
	sum      int64
	at       time.Time // when Google said so
	made     bool      // put together from days that were kept
}

// A book holds the tallies of one kind of answers.
type book = otter.Cache[span, tally]

// maxTallies bounds a book.
const maxTallies = 4_000

func newBook() (*book, error) {
	b, err := otter.New(&otter.Options[span, tally]{MaximumSize: maxTallies})
	if err != nil {
		return nil, fmt.Errorf("plan: the book of sums: %w", err)
	}
	return b, nil
}

// together is how close answers come that were asked at the same time: Google may
// have counted more in between, but has hardly.
const together = time.Minute

// agree compares an answer that has just come with what others say of the same
// days, sees to it that those which are out of date are fetched again, and returns
// false when the answer itself must be asked as a whole. One that was put together is
// kept before others can contradict it.
func (p *Plan) agree(ctx context.Context, q *report.Question, r *report.Report, made bool) bool {
	query := q.Query()
	mine, others := p.totals, p.lines
	if len(query.Dimensions) > 0 {
		mine, others = p.lines, p.totals
	}
	all := sums(query, r)
	var wrong []tally
	for at, sum := range all {
		other, ok := others.GetIfPresent(at)
		apart := r.FetchedAt.Sub(other.at)
		switch {
		case !ok || other.sum == sum:
		case made && apart < together:
			return false
		case apart >= together || other.made:
			wrong = append(wrong, other)
		}
	}
	if made {
		p.c.Parts.Put(ctx, q, r)
	}
	for at, sum := range all {
		mine.Set(at, tally{q, sum, r.FetchedAt, made})
	}
	for _, other := range wrong {
		p.doubt(other)
	}
	return true
}

// doubt sees to it that an answer which another contradicts is asked again, as a whole.
func (p *Plan) doubt(t tally) {
	if t.made {
		p.distrust(t.question)
	}
	p.c.Parts.Expire(t.question)
}

// distrust sees to it that a question is asked as a whole the next time.
func (p *Plan) distrust(q *report.Question) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.doubted[q.Key()] = true
	if len(p.doubted) > maxTallies {
		clear(p.doubted)
	}
}

// doubtful reports, once, whether an answer is to be asked as a whole.
func (p *Plan) doubtful(q *report.Question) bool {
	key := q.Key()
	p.mu.Lock()
	defer p.mu.Unlock()
	doubted := p.doubted[key]
	delete(p.doubted, key)
	return doubted
}

// maxSummed bounds the rows that are added up, each of which has to be decoded while
// somebody waits. The panels of a dashboard have far fewer.
const maxSummed = 20_000

// sums returns what an answer says of whole ranges; nothing where its rows don't
// add up to that.
func sums(q report.Query, r *report.Report) map[span]int64 {
	line := len(q.Dimensions) > 0
	if q.Realtime || q.MetricFilter != nil || q.Offset != 0 || q.KeepEmptyRows || r.Rows > maxSummed ||
		refuseMadeUp(q) != "" || line && refuseSlices(q) != "" {
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
	cells, ok := a.sums(metrics, len(q.DateRanges) > 1)
	if !ok {
		return nil
	}
	filter, err := json.Marshal(q.DimensionFilter)
	if err != nil {
		panic(err) // a filter is numbers and strings
	}
	events := strconv.Quote(q.Account) + strconv.Quote(q.Property) + string(filter)
	all := map[span]int64{}
	for i, days := range q.DateRanges {
		name := ""
		if len(q.DateRanges) > 1 {
			name = report.RangeName(days.Name, i)
		}
		for column, metric := range metrics {
			if additive[metric] {
				all[span{events, metric, days.StartDate, days.EndDate}] = cells[cell{name, column}]
			}
		}
	}
	return all
}

// A cell is a column of the rows of one range, whose name is empty where there is no
// other.
type cell struct {
	name   string
	column int
}

// sums adds up the additive columns of the rows of each range; false where one holds
// what is no whole number.
func (a *answer) sums(metrics []string, ranges bool) (map[cell]int64, bool) {
	all := map[cell]int64{}
	for _, raw := range a.Rows {
		r, err := readRow(raw)
		if err != nil || len(r.Metrics) != len(metrics) || ranges && len(r.Dimensions) == 0 {
			return nil, false
		}
		name := ""
		if ranges {
			name = r.Dimensions[len(r.Dimensions)-1].Value
		}
		for column, metric := range metrics {
			if !additive[metric] {
				continue
			}
			n, err := strconv.ParseInt(r.Metrics[column].Value, 10, 64)
			if err != nil {
				return nil, false
			}
			all[cell{name, column}] += n
		}
	}
	return all, true
}
