package app

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oriel-server/oriel/internal/ga4"
	"github.com/oriel-server/oriel/internal/report"
	"github.com/oriel-server/oriel/internal/web"
)

const (
	// checksAtOnce bounds the questions of Check that run.
	checksAtOnce = 8
	// checkTries is how often a question is put to a Google that says it is asked too
	// much in a minute.
	checkTries = 5
)

// Check finds out about every view's property with the view's account: for doctor and
// for the start of serve. Findings come as they are found out, in the order of the file.
// What the Admin API lists tells which properties to look at again; a property of which
// nothing is known is asked about, a few at once, each for as long as patience.
func (a *App) Check(ctx context.Context, patience time.Duration) iter.Seq[Finding] {
	return a.findings(ctx, patience, func(context.Context, *Finding) {})
}

// findings are those of Check, each after more was found out by look.
func (a *App) findings(ctx context.Context, patience time.Duration, look func(context.Context, *Finding)) iter.Seq[Finding] {
	return func(yield func(Finding) bool) {
		ctx, stop := context.WithCancel(ctx)
		names, begun := a.config.src.ordered("views", maps.Keys(a.config.Views)), a.clock()
		listed := a.list(ctx, patience)
		a.loading.wait(ctx)
		found := make([]chan Finding, len(names))
		for i := range found {
			found[i] = make(chan Finding, 1)
		}
		var ended sync.WaitGroup
		ended.Go(func() {
			atOnce(len(names), func(i int) {
				f := a.check(ctx, names[i], patience)
				listed.complete(&f, a.asked, begun)
				look(ctx, &f)
				found[i] <- f
			})
		})
		defer ended.Wait()
		defer stop()
		for _, f := range found {
			if !yield(<-f) {
				return
			}
		}
	}
}

// atOnce calls do for 0 to n-1, a few at once, and returns when all have returned.
func atOnce(n int, do func(i int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(n, checksAtOnce) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	all.Wait()
}

// properties are those of the views, with the account that reads them, each once.
func (a *App) properties() [][2]string {
	all := make([][2]string, 0, len(a.config.Views))
	for _, v := range a.config.Views {
		all = append(all, [2]string{v.Account, v.Property})
	}
	slices.SortFunc(all, func(p, q [2]string) int { return slices.Compare(p[:], q[:]) })
	return slices.Compact(all)
}

// A listing is what the Admin API says that accounts can read.
type listing struct {
	titles map[[2]string]string // of the properties
	errs   map[string]error     // why it does not list what an account can read
}

// list asks the Admin API what each account can read. Properties that it does not list are
// asked about though they are known: who cannot say does not matter, for many projects
// have the Data API alone.
func (a *App) list(ctx context.Context, patience time.Duration) listing {
	properties := a.properties()
	accounts := make([]string, 0, len(properties))
	for _, p := range properties {
		accounts = append(accounts, p[0])
	}
	accounts = slices.Compact(accounts)
	summaries, errs := make([][]ga4.AccountSummary, len(accounts)), make([]error, len(accounts))
	atOnce(len(accounts), func(i int) {
		errs[i] = a.patiently(ctx, patience, func(ctx context.Context) (err error) {
			summaries[i], err = a.google.AccountSummaries(ctx, accounts[i])
			return err
		})
		if err := errs[i]; err != nil && !isLogged(err) {
			a.log.Info("the Admin API does not list what an account can read", "account", accounts[i], "cause", forOperators(err))
		}
	})
	l := listing{titles: map[[2]string]string{}, errs: map[string]error{}}
	for i, account := range accounts {
		if errs[i] != nil {
			l.errs[account] = errs[i]
		}
		for _, summary := range summaries[i] {
			for _, p := range summary.Properties {
				l.titles[[2]string{account, p.ID}] = p.DisplayName
			}
		}
	}
	for _, p := range properties {
		if _, ok := l.titles[p]; !ok && l.errs[p[0]] == nil {
			a.catalog.Doubt(p[0], p[1])
		}
	}
	return l
}

// complete adds to a finding what the Admin API said, and whether Google was asked since
// a time. A property that is listed can be read, so what is stored of it need not be asked.
func (l listing) complete(f *Finding, asked *asked, begun time.Time) {
	f.Title = l.titles[f.key()]
	if f.Err != nil {
		return
	}
	err, known := asked.since(f.key(), begun)
	if !known {
		err = l.errs[f.Account]
	}
	if err != nil {
		f.Unasked = forOperators(err)
	}
}

// patiently asks again what Google refuses for this minute alone.
func (a *App) patiently(ctx context.Context, patience time.Duration, ask func(context.Context) error) error {
	for n := 1; ; n++ {
		one, cancel := context.WithTimeout(ctx, patience)
		err := ask(one)
		cancel()
		e := report.AsError(err)
		if err == nil || e.Kind != report.Quota || e.RetryAfter <= 0 || e.RetryAfter > time.Minute || n == checkTries || !a.pause(ctx, e.RetryAfter) {
			return err
		}
	}
}

func (a *App) check(ctx context.Context, name string, patience time.Duration) Finding {
	v := a.config.Views[name]
	f := Finding{
		View: name, Where: a.config.src.where("views", name, "property"),
		Account: v.Account, accountWhere: a.config.src.where("accounts", v.Account), property: v.Property,
	}
	err := a.patiently(ctx, patience, func(ctx context.Context) (err error) {
		if f.Property, err = a.catalog.Property(ctx, v.Account, v.Property); err == nil && v.Filter.Filter != nil {
			err = a.checkFilter(ctx, name)
		}
		return err
	})
	var filter *filterError
	f.Stored = a.catalog.Known(v.Account, v.Property) && !errors.As(err, &filter)
	if err != nil {
		f.Err = fmt.Errorf("%s: view %s: %w", f.Where, name, forOperators(err))
	}
	return f
}

// A cause reads as the cause of an error alone, without the sentence for askers.
type cause struct{ of *report.Error }

func (c cause) Error() string { return c.of.Err.Error() }
func (c cause) Unwrap() error { return c.of }

// isLogged reports whether the log has the cause of an error already.
func isLogged(err error) bool {
	var known interface{ Logged() bool }
	return errors.As(err, &known) && known.Logged()
}

func forOperators(err error) error {
	var e *report.Error
	if errors.As(err, &e) && e.Err != nil {
		return cause{e}
	}
	return err
}

// A filterError says that a view's mandatory filter names dimensions that its property
// lacks. No answer can be stored of such a view.
type filterError struct {
	where   string
	unknown []string
}

func (e *filterError) Error() string {
	return fmt.Sprintf("%s: the property has no dimension %s", e.where, strings.Join(e.unknown, ", "))
}

// checkFilter finds a mandatory filter over a dimension that the property lacks:
// no question about the view could be answered. Before it says so it asks Google, for
// the dimension may be newer than what is stored.
func (a *App) checkFilter(ctx context.Context, name string) error {
	v := a.config.Views[name]
	fields, err := a.catalog.Fields(ctx, v.Account, v.Property)
	if err != nil || len(lacking(v.Filter.Filter, fields)) == 0 {
		return err
	}
	if fields, err = a.google.Fields(ctx, v.Account, v.Property); err != nil {
		return err
	}
	unknown := lacking(v.Filter.Filter, fields)
	if len(unknown) == 0 {
		return nil
	}
	return report.Errorf(report.Misconfigured, "The view's filter names what its property lacks.").
		Because(&filterError{a.config.src.where("views", name, "filter"), unknown})
}

// lacking are the dimensions of a filter that a property lacks.
func lacking(f *report.Filter, fields *report.Fields) (names []string) {
	f.Walk(func(c *report.Condition) {
		if !has(fields.Dimensions, c.FieldName) {
			names = append(names, c.FieldName)
		}
	})
	return names
}

// readiness says what must work before the server can answer: without the ledger all
// tokens are refused, and without a Google that answers there must at least be something
// stored. Accounts, properties and a disk that fail otherwise are worth a note: what they
// gave before is given.
func (a *App) readiness() []web.Check {
	checks := []web.Check{
		{Name: "answers", Check: func(context.Context) error {
			if err := a.accountFailures(); err != nil && !slices.ContainsFunc(a.properties(), func(p [2]string) bool { return a.catalog.Known(p[0], p[1]) }) {
				return fmt.Errorf("nothing is stored, and no account works: %w", err)
			}
			return nil
		}},
		{Name: "accounts", Advisory: true, Check: func(context.Context) error { return errors.Join(a.failures()...) }},
		{Name: "google", Advisory: true, Check: func(context.Context) error { return a.troubles() }},
		a.ledgerCheck(),
		{Name: "cache file", Advisory: true, Check: func(context.Context) error { return a.answers.Degraded() }},
	}
	if a.tls != nil {
		checks = append(checks, web.Check{Name: "certificate", Advisory: true, Check: func(context.Context) error { return a.tls.check() }})
	}
	return append(checks, a.auditChecks()...)
}

// failures are why accounts have no access token, since when, and until when Google is
// not asked for one.
func (a *App) failures() (errs []error) {
	for _, s := range a.keys.Status() {
		if s.Failure != nil {
			errs = append(errs, during(s.Failure.Error(), s.Since, s.Again))
		}
	}
	return errs
}

// during adds to a cause since when it holds, and until when Google is not asked.
func during(cause string, since, again time.Time) error {
	if !since.IsZero() {
		cause += "; since " + since.UTC().Format(time.RFC3339)
	}
	if again.IsZero() {
		return errors.New(cause + "; asked again with the next question")
	}
	return errors.New(cause + "; asked again at " + again.UTC().Format(time.RFC3339))
}

// accountFailures is failures when no account works, else nil.
func (a *App) accountFailures() error {
	if errs := a.failures(); len(errs) == len(a.keys.Status()) {
		return errors.Join(errs...)
	}
	return nil
}

// maxTroubles bounds the properties that readiness names.
const maxTroubles = 5

// troubles says where Google is not answering, why, and until when it is not asked.
func (a *App) troubles() error {
	all := a.google.Troubles()
	var errs []error
	for i, t := range all {
		if i == maxTroubles {
			errs = append(errs, fmt.Errorf("and %d more", len(all)-i))
			break
		}
		cause := fmt.Sprintf("property %s by account %q, %s: %s", t.Property, t.Account, t.Category, t.Cause)
		errs = append(errs, during(cause, t.Since, t.Again))
	}
	return errors.Join(errs...)
}
