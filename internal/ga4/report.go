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

// submit waits for the answer to q, or for the end of ctx.
func (g *Client) submit(ctx context.Context, q report.Query, u report.Urgency) (*report.Report, *report.Error) {
	j := &job{ctx: ctx, query: q, urgency: u, done: make(chan answer, 1)}
	if err := g.lanes.add(q.Property, j, g.run); err != nil {
		return nil, err
	}
	select {
	case a := <-j.done:
		return a.report, a.err
	case <-ctx.Done():
		return nil, report.AsError(ctx.Err())
	}
}

// run answers jobs that have a slot.
func (g *Client) run(jobs []*job) {
	if first := jobs[0]; first.other != nil {
		first.other(first.ctx)
		return
	}
	if len(jobs) == 1 {
		g.alone(jobs[0])
		return
	}
	g.together(jobs)
}

// wireRequest is a report request as Google reads it.
type wireRequest struct {
	report.Query
	ReturnPropertyQuota bool `json:"returnPropertyQuota"`
}

func (g *Client) alone(j *job) {
	r, err := g.askOne(j.ctx, j.query)
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

func (g *Client) askOne(ctx context.Context, q report.Query) (*report.Report, *report.Error) {
	c, err := g.dataCall(subjectOf(q), methodOf(q), wireRequest{q, true})
	if err != nil {
		return nil, err
	}
	c.thresholded = potentiallyThresholded(q)
	var r *report.Report
	c.understand = func(body []byte) error {
		var w wireReport
		if err := json.Unmarshal(body, &w); err != nil {
			return err
		}
		var err error
		r, err = g.accept(c, &w, q)
		return err
	}
	if err := g.do(ctx, c); err != nil {
		return nil, err
	}
	return r, nil
}

// together asks batchRunReports. It ends early only when all members left. An error
// that may be of one member is found out by asking without those whose it is, or one by
// one where it does not say, so that nobody suffers for another's question.
func (g *Client) together(jobs []*job) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	defer whenAllLeft(jobs, cancel)()
	reports, err := g.askBatch(ctx, jobs)
	if others := innocent(jobs, err); len(others) < len(jobs) {
		for _, j := range jobs {
			if !slices.Contains(others, j) {
				j.done <- answer{nil, err}
			}
		}
		if others = slices.DeleteFunc(others, (*job).left); len(others) > 0 {
			g.run(others)
		}
		return
	}
	for i, j := range jobs {
		switch {
		case err == nil && reports[i] != nil:
			j.done <- answer{reports[i], nil}
		case err == nil || divisible(err):
			if !j.left() {
				g.alone(j)
			}
		default:
			j.done <- answer{nil, err}
		}
	}
}

// badField is how Google names a field that it does not have.
var badField = regexp.MustCompile(`^Field (\S+) is not a valid `)

// innocent returns the jobs that a refusal is not about; all of them where it does not
// tell.
func innocent(jobs []*job, err *report.Error) []*job {
	if err == nil || err.Kind != report.Invalid {
		return jobs
	}
	named := badField.FindStringSubmatch(err.Message)
	if named == nil {
		return jobs
	}
	return slices.DeleteFunc(slices.Clone(jobs), func(j *job) (guilty bool) {
		j.query.Mentions(func(m report.Mention) { guilty = guilty || m.Name == named[1] })
		return guilty
	})
}

func divisible(err *report.Error) bool {
	return err.Kind == report.Invalid || err.Kind == report.TooLarge || errors.Is(err, errMembers)
}

// whenAllLeft calls leave once every job's context has ended. The function that
// it returns stops the watch.
func whenAllLeft(jobs []*job, leave func()) (stop func()) {
	var present atomic.Int64
	present.Store(int64(len(jobs)))
	stops := make([]func() bool, len(jobs))
	for i, j := range jobs {
		stops[i] = context.AfterFunc(j.ctx, func() {
			if present.Add(-1) == 0 {
				leave()
			}
		})
	}
	return func() {
		for _, s := range stops {
			s()
		}
	}
}

var errMembers = errors.New("the reports are not those that were asked")

// askBatch returns the reports of jobs; nil in the place of one that is not understood.
func (g *Client) askBatch(ctx context.Context, jobs []*job) ([]*report.Report, *report.Error) {
	var request struct {
		Requests []wireRequest `json:"requests"`
	}
	for _, j := range jobs {
		request.Requests = append(request.Requests, wireRequest{j.query, true})
	}
	c, err := g.dataCall(subjectOf(jobs[0].query), "batchRunReports", request)
	if err != nil {
		return nil, err
	}
	var reports []*report.Report
	c.understand = func(body []byte) (err error) {
		reports, err = g.acceptBatch(c, body, jobs)
		return err
	}
	if err := g.do(ctx, c); err != nil {
		return nil, err
	}
	return reports, nil
}

func (g *Client) acceptBatch(c *call, body []byte, jobs []*job) ([]*report.Report, error) {
	var w struct {
		Reports []wireReport `json:"reports"`
	}
	if err := json.Unmarshal(body, &w); err != nil {
		return nil, err
	}
	if len(w.Reports) != len(jobs) {
		return nil, errMembers
	}
	reports := make([]*report.Report, len(jobs))
	for i := range w.Reports {
		if !w.Reports[i].answers(jobs[i].query) {
			return nil, errMembers
		}
		reports[i], _ = g.accept(c, &w.Reports[i], jobs[i].query) // whoever asks it alone is told why
	}
	return reports, nil
}

func (g *Client) accept(c *call, w *wireReport, q report.Query) (*report.Report, error) {
	c.note(w.PropertyQuota)
	return w.report(q, g.config.Clock())
}

// note keeps what an answer told of quotas.
func (c *call) note(told *Buckets) {
	if told != nil {
		c.quotas = append(c.quotas, *told)
	}
}

func (g *Client) dataCall(s subject, method string, request any) (*call, *report.Error) {
	body, err := json.Marshal(request)
	if err != nil {
		return nil, report.AsError(fmt.Errorf("encoding a %s request: %w", method, err))
	}
	return &call{
		subject: s, method: method, verb: http.MethodPost, body: body, guarded: true,
		url: g.data + "/v1beta/properties/" + s.property + ":" + method + "?prettyPrint=false",
	}, nil
}
