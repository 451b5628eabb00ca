package policy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// A prepared query is a query that the gate allowed, narrowed. It says nothing of the client
// and is immutable but for last, so that all who may send the query share it.
type prepared struct {
	view     *View
	question *report.Question
	ifCached *report.Question // question, see report.Question.OnlyIfCached
	query    report.Query     // of question
	clipped  bool             // its dates were
	// zone and today are those that dates were resolved with.
	zone  *time.Location
	today report.Date
	// fields are those that names were checked against; nil if that was not needed. The
	// catalog returns another pointer when the fields change.
	fields  *report.Fields
	hidden  []string // fields in the view's and the token's filters that the client did not name
	bounded bool     // its rows, by the view's MaxRows
	// last is the last report that was labelled, so that the same report keeps its pointer.
	last atomic.Pointer[labelledReport]
}

type labelledReport struct{ original, labelled *report.Report }

// label returns r with MaxRows set if the view's bound left rows out. r may be shared with
// other views and is not changed.
func (p *prepared) label(r *report.Report) *report.Report {
	if !p.bounded || int(p.query.Offset)+r.Rows >= r.RowCount {
		return r
	}
	if last := p.last.Load(); last != nil && last.original == r {
		return last.labelled
	}
	labelled := *r
	labelled.MaxRows = int64(p.query.Limit)
	p.last.Store(&labelledReport{r, &labelled})
	return &labelled
}

// describe sets what a decision says of the query.
func (p *prepared) describe(d *Decision) {
	d.View, d.Query, d.Clipped = p.view.Name, &p.query, d.Clipped || p.clipped
}

// prepare checks and narrows a query. It sets d in case of an error too.
func (g *Gate) prepare(ctx context.Context, grant Grant, v *View, q report.Query, d *Decision) (*prepared, error) {
	asked := q.Clone()
	d.View, d.Query = v.Name, &asked
	extra := grant.narrowed(v).filter
	if err := v.check(q, extra); err != nil {
		d.Refused = true
		return nil, err
	}
	fields, refused, err := g.checkDefined(ctx, v, extra, q)
	if err != nil {
		d.Refused = refused
		return nil, err
	}
	zone, err := g.zone(ctx, v, &q)
	if err != nil {
		return nil, err
	}
	narrowed, clipped, err := v.narrow(q, extra, zone, d.Time)
	if err != nil {
		d.Refused = true
		return nil, err
	}
	_, bounded := v.limit(q.Limit)
	question := report.NewQuestion(narrowed, v.Ages)
	p := &prepared{
		bounded: bounded, view: v, question: question, ifCached: question.IfCached(), query: narrowed, clipped: clipped,
		zone: zone, today: report.DateOf(d.Time, zone), hidden: hiddenFields(q, v.Filter, extra), fields: fields,
	}
	p.describe(d)
	return p, nil
}

// checkDefined refuses names of which only the catalog knows that they are hidden, and returns
// the fields that it checked; nil if it needed none. If the catalog fails, refused is false.
func (g *Gate) checkDefined(ctx context.Context, v *View, extra *report.Filter, q report.Query) (all *report.Fields, refused bool, err error) {
	names, chosen := calculatedMetrics(q), q.Aliases()
	if len(v.Fields.Deny) == 0 && !v.History.bounded() {
		names = nil // no formula is hidden
	}
	if len(names)+len(chosen) == 0 {
		return nil, false, nil
	}
	if all, err = g.c.Catalog.Fields(ctx, v.Account, v.Property); err != nil {
		return nil, false, err
	}
	if err = v.checkCalculated(all, names, q.Realtime); err == nil {
		err = v.checkChosen(all, extra, chosen)
	}
	return all, err != nil, err
}

// checkCalculated refuses calculated metrics that are computed from a field which the view
// denies, or from one that counts days before the view's history.
func (v *View) checkCalculated(all *report.Fields, names []string, realtime bool) error {
	for _, field := range all.Metrics {
		for _, name := range names {
			if strings.EqualFold(field.APIName, name) && (v.Fields.discloses(field) || v.History.bounded() && usesRolling(field)) {
				return noSuchField(name, "metric", realtime)
			}
		}
	}
	return nil
}

func methodOf(q *report.Query) string {
	if q.Realtime {
		return "realtime"
	}
	return "report"
}

// zone returns the time zone of a query's days. A realtime query needs it only if the view's
// history is bounded, and otherwise works without the catalog.
func (g *Gate) zone(ctx context.Context, v *View, q *report.Query) (*time.Location, error) {
	if q.Realtime && !v.History.bounded() {
		return time.UTC, nil
	}
	p, err := g.property(ctx, v)
	return p.TimeZone, err
}

// property returns the settings of a view's property; an error if they have no time zone,
// since dates mean nothing without it.
func (g *Gate) property(ctx context.Context, v *View) (report.Property, error) {
	p, err := g.c.Catalog.Property(ctx, v.Account, v.Property)
	if err == nil && p.TimeZone == nil {
		err = report.Errorf(report.Internal, "The view's time zone is not known.")
	}
	return p, err
}

// askAndRecord asks the source and records the decision.
func (g *Gate) askAndRecord(ctx context.Context, p *prepared, rank report.Rank, d Decision) (*report.Report, error) {
	r, err := g.ask(ctx, p, p.question.Ranked(rank))
	g.recordAnswer(ctx, d, r, err)
	return r, err
}

func (g *Gate) recordAnswer(ctx context.Context, d Decision, r *report.Report, err error) {
	if r != nil {
		d.Rows = r.Rows
	}
	g.record(ctx, d, err)
}

// ask asks the source a question of p. A panic becomes an error: in a goroutine of askAll it
// would end the process.
func (g *Gate) ask(ctx context.Context, p *prepared, question *report.Question) (r *report.Report, err error) {
	defer func() {
		if v := recover(); v != nil {
			r, err = nil, report.AsError(fmt.Errorf("panic: %v", v))
		}
	}()
	r, err = g.c.Source.Report(ctx, question)
	switch {
	case err == nil:
		return p.label(r), nil
	case errors.Is(err, report.ErrNotCached):
		return nil, err
	}
	return nil, p.view.forVisitor(err, p.hidden, p.query.Realtime)
}

// askAll asks the questions that are not nil and calls answer with the index and the result of
// each. Cached reports are read one after the other, the others are fetched concurrently, unless
// meter, which may be nil, refuses their number. The returned function waits for them.
func (g *Gate) askAll(ctx context.Context, queries []*prepared, rank report.Rank, meter func(int) error, answer func(i int, r *report.Report, err error)) (wait func()) {
	var missing []int
	for i, p := range queries {
		if p == nil {
			continue
		}
		if r, err := g.ask(ctx, p, p.ifCached.Ranked(rank)); !errors.Is(err, report.ErrNotCached) {
			answer(i, r, err)
			continue
		}
		missing = append(missing, i)
	}
	var refused error
	if meter != nil && len(missing) > 0 {
		refused = meter(len(missing))
	}
	var asked sync.WaitGroup
	for _, i := range missing {
		if refused != nil {
			answer(i, nil, refused)
			continue
		}
		asked.Go(func() {
			r, err := g.ask(ctx, queries[i], queries[i].question.Ranked(rank))
			answer(i, r, err)
		})
	}
	return asked.Wait
}

// Report answers a query about a view (name, alias, or the property id when it
// names exactly one view of the grant).
func (g *Gate) Report(ctx context.Context, grant Grant, view string, q report.Query) (*report.Report, error) {
	return g.Answer(ctx, grant, view, NewParsedQuery(q, 0))
}

// Answer is Report for a query that is sent repeatedly: the decision is cached until something
// changes that it depends on.
func (g *Gate) Answer(ctx context.Context, grant Grant, view string, a *ParsedQuery) (*report.Report, error) {
	v, err := g.open(grant, view)
	if err != nil {
		return nil, g.refuse(ctx, methodOf(&a.query), grant, view, &a.query, err)
	}
	d := g.decision(methodOf(&a.query), grant)
	p, err := g.prepareParsed(ctx, grant, v, a, &d)
	if err != nil {
		g.record(ctx, d, err)
		return nil, err
	}
	return g.askAndRecord(ctx, p, grant.questionRank(), d)
}

// Reports answers up to report.MaxBatch queries about a view; the first error
// is the error of the whole, as at Google. The source is asked only if all queries are
// allowed.
func (g *Gate) Reports(ctx context.Context, grant Grant, view string, qs []report.Query) ([]*report.Report, error) {
	all := make([]*ParsedQuery, len(qs))
	for i, q := range qs {
		all[i] = NewParsedQuery(q, 0)
	}
	return g.AnswerAll(ctx, grant, view, all)
}

// AnswerAll is Reports for queries that are sent repeatedly, see Answer.
func (g *Gate) AnswerAll(ctx context.Context, grant Grant, view string, all []*ParsedQuery) ([]*report.Report, error) {
	v, err := g.open(grant, view)
	if err == nil {
		err = checkBatch(len(all))
	}
	if err != nil {
		return nil, g.refuse(ctx, "report", grant, view, nil, err)
	}
	queries, decisions := make([]*prepared, len(all)), make([]Decision, len(all))
	for i, a := range all {
		decisions[i] = g.decision(methodOf(&a.query), grant)
		if queries[i], err = g.prepareParsed(ctx, grant, v, a, &decisions[i]); err != nil {
			g.record(ctx, decisions[i], err)
			return nil, err
		}
	}
	return g.askAndRecordAll(ctx, queries, grant.questionRank(), decisions)
}

func checkBatch(n int) error {
	switch {
	case n == 0:
		return report.Errorf(report.Invalid, "The batchRunReportsRequest must contain at least one runReportRequest.")
	case n > report.MaxBatch:
		return report.Errorf(report.Invalid, "Batch requests are limited to %d requests.\n  This batch request contains %d requests.", report.MaxBatch, n)
	}
	return nil
}

func (g *Gate) askAndRecordAll(ctx context.Context, queries []*prepared, rank report.Rank, decisions []Decision) ([]*report.Report, error) {
	reports := make([]*report.Report, len(queries))
	errs := make([]error, len(queries))
	g.askAll(ctx, queries, rank, nil, func(i int, r *report.Report, err error) {
		reports[i], errs[i] = r, err
		g.recordAnswer(ctx, decisions[i], r, err)
	})()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return reports, nil
}
