package ga4

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"sync/atomic"

	"github.com/oriel-server/oriel/internal/report"
)

// Report asks Google. It waits while maxRunning requests run for the property, and
// retries transient failures.
func (g *Client) Report(ctx context.Context, q *report.Question) (*report.Report, error) {
	j := newJob(ctx, q.Query(), q.Rank())
	if err := g.check(j); err != nil {
		return nil, err
	}
	g.queues.add(j, g.start)
	q.Watch(func(r report.Rank) { g.queues.promote(j, r) })
	g.queues.promote(j, q.Rank()) // which may have risen before Watch
	r, err := j.wait()
	if err != nil {
		return nil, err
	}
	return r, nil
}

// check refuses at once what Google would refuse anyway, and what the quotas are reserved from.
func (g *Client) check(j *job) *report.Error {
	q := j.query
	if !digits(q.Property) || q.Account == "" {
		return report.Errorf(report.Internal, "Something went wrong on this server.").
			Because(fmt.Errorf("a query without account or property id reached ga4: account %q, property %q", q.Account, q.Property))
	}
	now := g.config.Clock()
	if err := g.breakers.of(quotaKeyOf(q)).check(j.thresholded, j.rank.Class, now); err != nil {
		return err
	}
	return g.quotas.check(j, now, false)
}

// wait waits for the answer of a job in a queue, or for the end of its context.
func (j *job) wait() (*report.Report, *report.Error) {
	select {
	case a := <-j.done:
		return a.report, a.err
	case <-j.ctx.Done():
		return nil, report.AsError(j.ctx.Err())
	}
}

// start answers jobs that have a slot, as far as the quotas are not reserved for others by now.
func (g *Client) start(jobs []*job) {
	now := g.config.Clock()
	jobs = slices.DeleteFunc(jobs, func(j *job) bool {
		err := g.quotas.check(j, now, true)
		if err != nil {
			j.done <- answer{nil, err}
		}
		return err != nil
	})
	if len(jobs) > 0 {
		g.run(jobs)
	}
}

// run answers jobs that have a slot.
func (g *Client) run(jobs []*job) {
	switch first := jobs[0]; {
	case first.run != nil:
		first.run(first.ctx)
	case len(jobs) == 1:
		g.runOne(first)
	default:
		g.runBatch(jobs)
	}
}

// A reportRequest is a report request as Google reads it.
type reportRequest struct {
	report.Query
	ReturnPropertyQuota bool `json:"returnPropertyQuota"`
}

func (g *Client) runOne(j *job) {
	r, err := g.askOne(j)
	j.done <- answer{r, err}
}

func methodOf(q report.Query) string {
	switch {
	case q.Realtime:
		return "runRealtimeReport"
	case len(q.Pivots) > 0:
		return "runPivotReport"
	}
	return "runReport"
}

func (g *Client) askOne(j *job) (r *report.Report, _ *report.Error) {
	q := j.query
	c, err := g.dataCall(quotaKeyOf(q), methodOf(q), reportRequest{q, true})
	if err != nil {
		return nil, err
	}
	c.thresholded, c.class = j.thresholded, j.rank.Class
	c.decode = func(body []byte) error {
		var w reportResponse
		err := json.Unmarshal(body, &w)
		if err == nil {
			r, err = g.decodeReport(c, &w, q)
		}
		return err
	}
	err = g.do(j.ctx, c)
	return r, err
}

// runBatch asks batchRunReports. It is canceled only when all its jobs are. After an
// error that may be of one job, it asks without those that the error names, or one by
// one where it names none, so that no job fails for another's query.
func (g *Client) runBatch(jobs []*job) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	defer afterAllCanceled(jobs, cancel)()
	reports, err := g.askBatch(ctx, jobs)
	if others := unnamed(jobs, err); len(others) < len(jobs) {
		for _, j := range jobs {
			if !slices.Contains(others, j) {
				j.done <- answer{nil, err}
			}
		}
		if others = slices.DeleteFunc(others, (*job).canceled); len(others) > 0 {
			g.run(others)
		}
		return
	}
	for i, j := range jobs {
		switch {
		case err == nil && reports[i] != nil:
			j.done <- answer{reports[i], nil}
		case err == nil || splittable(err):
			if !j.canceled() {
				g.runOne(j)
			}
		default:
			j.done <- answer{nil, err}
		}
	}
}

// badField matches Google's sentence about a field that does not exist.
var badField = regexp.MustCompile(`^Field (\S+) is not a valid `)

// unnamed returns the jobs that do not mention the field which an error names; all of
// them where it names none.
func unnamed(jobs []*job, err *report.Error) []*job {
	if err == nil || err.Kind != report.Invalid {
		return jobs
	}
	field := badField.FindStringSubmatch(err.Message)
	if field == nil {
		return jobs
	}
	return slices.DeleteFunc(slices.Clone(jobs), func(j *job) (named bool) {
		j.query.Mentions(func(m report.Mention) { named = named || m.Name == field[1] })
		return named
	})
}

// splittable reports whether the jobs of a batch may succeed one by one.
func splittable(err *report.Error) bool {
	return err.Kind == report.Invalid || err.Kind == report.TooLarge || errors.Is(err, errOtherReports)
}

// afterAllCanceled calls f once every job is canceled, unless stop is called before.
func afterAllCanceled(jobs []*job, f func()) (stop func()) {
	var left atomic.Int64
	left.Store(int64(len(jobs)))
	stops := make([]func() bool, len(jobs))
	for i, j := range jobs {
		stops[i] = context.AfterFunc(j.ctx, func() {
			if left.Add(-1) == 0 {
				f()
			}
		})
	}
	return func() {
		for _, s := range stops {
			s()
		}
	}
}

var errOtherReports = errors.New("the reports are not those that were asked")

// askBatch returns the reports of jobs; nil in place of one that cannot be decoded.
func (g *Client) askBatch(ctx context.Context, jobs []*job) (reports []*report.Report, _ *report.Error) {
	var request struct {
		Requests []reportRequest `json:"requests"`
	}
	for _, j := range jobs {
		request.Requests = append(request.Requests, reportRequest{j.query, true})
	}
	c, err := g.dataCall(quotaKeyOf(jobs[0].query), "batchRunReports", request)
	if err != nil {
		return nil, err
	}
	c.class, c.reports = jobs[0].rank.Class, len(jobs)
	c.decode = func(body []byte) (err error) {
		reports, err = g.decodeBatch(c, body, jobs)
		return err
	}
	err = g.do(ctx, c)
	return reports, err
}

func (g *Client) decodeBatch(c *call, body []byte, jobs []*job) ([]*report.Report, error) {
	var w struct {
		Reports []reportResponse `json:"reports"`
	}
	if err := json.Unmarshal(body, &w); err != nil {
		return nil, err
	}
	if len(w.Reports) != len(jobs) {
		return nil, errOtherReports
	}
	reports := make([]*report.Report, len(jobs))
	for i := range w.Reports {
		if !w.Reports[i].answers(jobs[i].query) {
			return nil, errOtherReports
		}
		reports[i], _ = g.decodeReport(c, &w.Reports[i], jobs[i].query) // runOne gets the error
	}
	return reports, nil
}

func (g *Client) decodeReport(c *call, w *reportResponse, q report.Query) (*report.Report, error) {
	c.addQuota(w.PropertyQuota)
	r, err := w.report(q, g.config.Clock())
	if err == nil && r.TimeZone != "" {
		c.timeZone = r.TimeZone
	}
	return r, err
}

// addQuota keeps the quotas of a response.
func (c *call) addQuota(b *Buckets) {
	if b != nil {
		c.quotas = append(c.quotas, *b)
	}
}

func (g *Client) dataCall(k quotaKey, method string, request any) (*call, *report.Error) {
	body, err := json.Marshal(request)
	if err != nil {
		return nil, report.AsError(fmt.Errorf("encoding a %s request: %w", method, err))
	}
	return &call{
		key: k, method: method, verb: http.MethodPost, body: body, breaker: g.breakers.of(k),
		url: g.data + "/v1beta/properties/" + k.property + ":" + method + "?prettyPrint=false",
	}, nil
}
