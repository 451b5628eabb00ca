package policy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oriel-server/oriel/internal/credential"
	"github.com/oriel-server/oriel/internal/report"
)

// A Gate answers grants. Every method demands a grant and records a decision.
type Gate struct {
	c      Config
	memory *memory
}

// Config is what a Gate needs.
type Config struct {
	Rules    *Rules         // Required.
	Source   report.Source  // Required.
	Catalog  report.Catalog // Required.
	Recorder Recorder       // Required.
	// Keyring has the access tokens that backends may be handed. Optional: none.
	Keyring credential.Keyring
	Clock   func() time.Time // Required.
}

// New returns a gate.
func New(c Config) (*Gate, error) {
	if c.Rules == nil || c.Source == nil || c.Catalog == nil || c.Recorder == nil || c.Clock == nil {
		return nil, errors.New("policy: a gate needs Rules, Source, Catalog, Recorder and Clock")
	}
	memory, err := newMemory()
	if err != nil {
		return nil, err
	}
	return &Gate{c, memory}, nil
}

// A ViewInfo is what viewers may know about a view.
type ViewInfo struct {
	Name         string `json:"name"`
	Title        string `json:"title"`
	TimeZone     string `json:"timeZone,omitempty"`
	CurrencyCode string `json:"currencyCode,omitempty"`
	// Number is the N of ga:N, the id of the view for clients of Universal
	// Analytics: digits, at most 15.
	Number string `json:"-"`
	// Zone is TimeZone; nil where Google does not tell.
	Zone *time.Location `json:"-"`
}

// admit refuses the zero Grant, and one that other rules than the gate's made.
func (g *Gate) admit(grant Grant) error {
	if grant.rules == nil || grant.rules != g.c.Rules {
		return report.Errorf(report.Unauthenticated, "Show an embed token.")
	}
	return nil
}

// open returns the granted view that is to be queried.
func (g *Gate) open(grant Grant, view string) (*View, error) {
	if err := g.admit(grant); err != nil {
		return nil, err
	}
	return grant.view(view)
}

// A prepared question is what the gate made of a query that it found allowed. It says
// nothing of who asks, and never changes: all who ask it share it.
type prepared struct {
	view     *View
	question *report.Question
	ifCached *report.Question // question, as one that doesn't wait
	query    report.Query     // that it asks, narrowed
	clipped  bool             // its dates were
	// zone and today are what dates were resolved by.
	zone  *time.Location
	today report.Date
	// fields are what its names were held against; nil where that was not needed. A
	// catalog that learns others has another pointer.
	fields *report.Fields
	// hidden are the fields that the narrowing reads and the asker did not name.
	hidden  []string
	bounded bool // its rows, by the view's MaxRows
	// last is what was last said of a report that leaves rows out: those who get
	// the same report get the same pointer.
	last atomic.Pointer[boundedReport]
}

type boundedReport struct{ of, told *report.Report }

// told returns a report that says when the view's bound left rows out. The report
// itself may be another view's too.
func (ask *prepared) told(r *report.Report) *report.Report {
	if !ask.bounded || int(ask.query.Offset)+r.Rows >= r.RowCount {
		return r
	}
	if last := ask.last.Load(); last != nil && last.of == r {
		return last.told
	}
	told := *r
	told.MaxRows = int64(ask.query.Limit)
	ask.last.Store(&boundedReport{r, &told})
	return &told
}

// tell notes in a decision what is asked.
func (ask *prepared) tell(d *Decision) {
	d.View, d.Query, d.Clipped = ask.view.Name, &ask.query, d.Clipped || ask.clipped
}

// prepare checks and narrows a query. The decision holds with an error too.
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
	ask := &prepared{
		bounded: bounded, view: v, question: question, ifCached: question.IfCached(), query: narrowed, clipped: clipped,
		zone: zone, today: report.DateOf(d.Time, zone), hidden: hiddenFields(q, v.Filter, extra), fields: fields,
	}
	ask.tell(d)
	return ask, nil
}

// checkDefined refuses what only the catalog can tell to be hidden, and returns the
// fields that it looked at; nil where it needed none. Where the catalog fails, nobody
// refused.
func (g *Gate) checkDefined(ctx context.Context, v *View, extra *report.Filter, q report.Query) (all *report.Fields, refused bool, err error) {
	names, chosen := calculates(q), q.Aliases()
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

// checkCalculated refuses calculated metrics that are computed from a field which
// the view denies, or from one that counts days before the view's history. Only the
// catalog knows what they are computed from, so without it they are not answered.
func (v *View) checkCalculated(all *report.Fields, names []string, realtime bool) error {
	for _, field := range all.Metrics {
		for _, name := range names {
			if strings.EqualFold(field.APIName, name) && (v.Fields.discloses(field) || v.History.bounded() && rolls(field)) {
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

// zone returns the time zone that a query's days are in. Realtime has days only
// where the view's history is bounded, and does not fail with the catalog else.
func (g *Gate) zone(ctx context.Context, v *View, q *report.Query) (*time.Location, error) {
	if q.Realtime && !v.History.bounded() {
		return time.UTC, nil
	}
	p, err := g.property(ctx, v)
	return p.TimeZone, err
}

// property returns the settings of a view's property. Without a time zone no
// date means anything.
func (g *Gate) property(ctx context.Context, v *View) (report.Property, error) {
	p, err := g.c.Catalog.Property(ctx, v.Account, v.Property)
	if err == nil && p.TimeZone == nil {
		err = report.Errorf(report.Internal, "The view's time zone is not known.")
	}
	return p, err
}

// put asks the source and records what came of it.
func (g *Gate) put(ctx context.Context, ask *prepared, d Decision) (*report.Report, error) {
	r, err := g.ask(ctx, ask, ask.question)
	g.answered(ctx, d, r, err)
	return r, err
}

// answered records what came of a question.
func (g *Gate) answered(ctx context.Context, d Decision, r *report.Report, err error) {
	if r != nil {
		d.Rows = r.Rows
	}
	g.record(ctx, d, err)
}

// ask asks the source one of the forms of a prepared question. A panic in one of several
// questions must not end the process with the others.
func (g *Gate) ask(ctx context.Context, ask *prepared, question *report.Question) (r *report.Report, err error) {
	defer func() {
		if v := recover(); v != nil {
			r, err = nil, report.AsError(fmt.Errorf("panic: %v", v))
		}
	}()
	r, err = g.c.Source.Report(ctx, question)
	switch {
	case err == nil:
		return ask.told(r), nil
	case errors.Is(err, report.ErrNotCached):
		return nil, err
	}
	return nil, alike(discreet(err, ask.hidden), ask.query.Realtime)
}

// askAll asks several questions, without the nil ones, and hands the outcome of each to
// answer, with its index. What is cached is answered in turn; only the rest, which may have
// to wait for Google, is asked at the same time. The returned function waits for it.
func (g *Gate) askAll(ctx context.Context, asks []*prepared, answer func(i int, r *report.Report, err error)) (wait func()) {
	var waiting sync.WaitGroup
	for i, ask := range asks {
		if ask == nil {
			continue
		}
		if r, err := g.ask(ctx, ask, ask.ifCached); !errors.Is(err, report.ErrNotCached) {
			answer(i, r, err)
			continue
		}
		waiting.Go(func() {
			r, err := g.ask(ctx, ask, ask.question)
			answer(i, r, err)
		})
	}
	return waiting.Wait
}

// Report answers a query about a view (name, alias, or the property id when it
// names exactly one view of the grant).
func (g *Gate) Report(ctx context.Context, grant Grant, view string, q report.Query) (*report.Report, error) {
	return g.Answer(ctx, grant, view, NewAsked(q, 0))
}

// Answer answers like Report what askers send again and again: what was found
// allowed of a is remembered, as long as nothing has changed that the finding
// depends on.
func (g *Gate) Answer(ctx context.Context, grant Grant, view string, a *Asked) (*report.Report, error) {
	v, err := g.open(grant, view)
	if err != nil {
		return nil, g.refuse(ctx, methodOf(&a.query), grant, view, &a.query, err)
	}
	d := g.decision(methodOf(&a.query), grant)
	ask, err := g.prepareAsked(ctx, grant, v, a, &d)
	if err != nil {
		g.record(ctx, d, err)
		return nil, err
	}
	return g.put(ctx, ask, d)
}

// Reports answers up to report.MaxBatch queries about a view; the first error
// is the error of the whole, as at Google. Nothing is asked before all queries
// are found allowed.
func (g *Gate) Reports(ctx context.Context, grant Grant, view string, qs []report.Query) ([]*report.Report, error) {
	all := make([]*Asked, len(qs))
	for i, q := range qs {
		all[i] = NewAsked(q, 0)
	}
	return g.AnswerAll(ctx, grant, view, all)
}

// AnswerAll answers like Reports what askers send again and again, see Answer.
func (g *Gate) AnswerAll(ctx context.Context, grant Grant, view string, all []*Asked) ([]*report.Report, error) {
	v, err := g.open(grant, view)
	if err == nil {
		err = checkBatch(len(all))
	}
	if err != nil {
		return nil, g.refuse(ctx, "report", grant, view, nil, err)
	}
	asks, decisions := make([]*prepared, len(all)), make([]Decision, len(all))
	for i, a := range all {
		decisions[i] = g.decision(methodOf(&a.query), grant)
		if asks[i], err = g.prepareAsked(ctx, grant, v, a, &decisions[i]); err != nil {
			g.record(ctx, decisions[i], err)
			return nil, err
		}
	}
	return g.putAll(ctx, asks, decisions)
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

func (g *Gate) putAll(ctx context.Context, asks []*prepared, decisions []Decision) ([]*report.Report, error) {
	if len(asks) == 1 {
		r, err := g.put(ctx, asks[0], decisions[0])
		if err != nil {
			return nil, err
		}
		return []*report.Report{r}, nil
	}
	reports := make([]*report.Report, len(asks))
	errs := make([]error, len(asks))
	g.askAll(ctx, asks, func(i int, r *report.Report, err error) {
		reports[i], errs[i] = r, err
		g.answered(ctx, decisions[i], r, err)
	})()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return reports, nil
}

// Fields returns the dimensions and metrics of a view that the grant may name.
func (g *Gate) Fields(ctx context.Context, grant Grant, view string) (*report.Fields, error) {
	v, err := g.open(grant, view)
	if err != nil {
		return nil, g.refuse(ctx, "fields", grant, view, nil, err)
	}
	d := g.decision("fields", grant)
	d.View = v.Name
	all, err := g.c.Catalog.Fields(ctx, v.Account, v.Property)
	g.record(ctx, d, err)
	if err != nil {
		return nil, err
	}
	return &report.Fields{Dimensions: v.Fields.visible(all.Dimensions), Metrics: v.Fields.visible(all.Metrics)}, nil
}

// Views returns the views of the grant, in configuration's order, with time zone and
// currency where Google tells.
func (g *Gate) Views(ctx context.Context, grant Grant) ([]ViewInfo, error) {
	if err := g.admit(grant); err != nil {
		return nil, g.refuse(ctx, "views", grant, "", nil, err)
	}
	g.record(ctx, g.decision("views", grant), nil)
	return g.infos(ctx, grant.views), nil
}

// View returns one view of the grant by name, alias or property id.
func (g *Gate) View(ctx context.Context, grant Grant, view string) (ViewInfo, error) {
	v, err := g.open(grant, view)
	if err != nil {
		return ViewInfo{}, g.refuse(ctx, "views", grant, view, nil, err)
	}
	d := g.decision("views", grant)
	d.View = v.Name
	g.record(ctx, d, nil)
	return g.info(ctx, v), nil
}

func (g *Gate) infos(ctx context.Context, views []*View) []ViewInfo {
	infos := make([]ViewInfo, len(views))
	if len(views) == 1 {
		infos[0] = g.info(ctx, views[0])
		return infos
	}
	var wg sync.WaitGroup
	for i, v := range views {
		wg.Go(func() { infos[i] = g.info(ctx, v) })
	}
	wg.Wait()
	return infos
}

// info tolerates a catalog that fails: a name and a title are better than an
// error.
func (g *Gate) info(ctx context.Context, v *View) ViewInfo {
	info := ViewInfo{Name: v.Name, Title: v.Title, Number: v.number}
	if p, err := g.property(ctx, v); err == nil {
		info.TimeZone, info.CurrencyCode, info.Zone = p.TimeZone.String(), p.CurrencyCode, p.TimeZone
	}
	return info
}
