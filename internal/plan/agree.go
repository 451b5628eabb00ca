package plan

import (
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
	events     string // account, property and filter
	metric     string
	start, end string
}

// A tally is what an answer says of a span.
type tally struct {
	query report.Query
	sum   int64
	at    time.Time // when Google said so
	made  bool      // put together from days that were kept
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
// false when the answer itself must be asked as a whole.
func (p *Plan) agree(q report.Query, r *report.Report, made bool) bool {
	mine, others := p.totals, p.lines
	if len(q.Dimensions) > 0 {
		mine, others = p.lines, p.totals
	}
	for at, sum := range sums(q, r) {
		other, ok := others.GetIfPresent(at)
		apart := r.FetchedAt.Sub(other.at)
		switch {
		case !ok || other.sum == sum:
		case made && apart < together:
			return false
		case apart >= together || other.made:
			p.again(other)
		}
		mine.Set(at, tally{q.Clone(), sum, r.FetchedAt, made})
	}
	return true
}

// again fetches an answer that another contradicts, and gives it no longer for
// fresh.
func (p *Plan) again(t tally) {
	p.mu.Lock()
	if t.made {
		p.doubted[word(t.query)] = true
	}
	if len(p.doubted) > maxTallies {
		clear(p.doubted)
	}
	p.mu.Unlock()
	p.c.Memory.Expire(t.query)
	p.renew(t.query, report.Refresh)
}

// doubtful reports, once, whether an answer is to be asked as a whole.
func (p *Plan) doubtful(q report.Query) bool {
	key := word(q)
	p.mu.Lock()
	defer p.mu.Unlock()
	doubted := p.doubted[key]
	delete(p.doubted, key)
	return doubted
}

// sums returns what an answer says of whole ranges; nothing where its rows don't
// add up to that.
func sums(q report.Query, r *report.Report) map[span]int64 {
	line := len(q.Dimensions) > 0
	if q.Realtime || q.MetricFilter != nil || q.Offset != 0 || q.KeepEmptyRows || r.Stale != "" ||
		line && refuseSlices(q) != "" || !slices.ContainsFunc(q.Metrics, func(m report.Metric) bool { return additive[m.Name] }) {
		return nil
	}
	a, err := readAnswer(r)
	if err != nil {
		return nil
	}
	filter, err := json.Marshal(q.DimensionFilter)
	if err != nil {
		panic(err) // a filter is numbers and strings
	}
	events := strconv.Quote(q.Account) + strconv.Quote(q.Property) + string(filter)
	all := map[span]int64{}
	for i, days := range q.DateRanges {
		for column, m := range q.Metrics {
			if !additive[m.Name] {
				continue
			}
			sum, ok := a.sum(column, rangeLabel(q, i))
			if !ok {
				return nil
			}
			all[span{events, m.Name, days.StartDate, days.EndDate}] = sum
		}
	}
	return all
}

// rangeLabel is what rows of the i-th range end in; empty where there is one range.
func rangeLabel(q report.Query, i int) string {
	switch {
	case len(q.DateRanges) == 1:
		return ""
	case q.DateRanges[i].Name != "":
		return q.DateRanges[i].Name
	}
	return "date_range_" + strconv.Itoa(i)
}

// sum adds up a column of the rows with a label; false where that is no number.
func (a *answer) sum(column int, label string) (sum int64, ok bool) {
	for _, raw := range a.Rows {
		r, err := readRow(raw)
		if err != nil || column >= len(r.Metrics) {
			return 0, false
		}
		if n := len(r.Dimensions); label != "" && (n == 0 || r.Dimensions[n-1].Value != label) {
			continue
		}
		n, err := strconv.ParseInt(r.Metrics[column].Value, 10, 64)
		if err != nil {
			return 0, false
		}
		sum += n
	}
	return sum, true
}
