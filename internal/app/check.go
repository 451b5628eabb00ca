package app

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/credential"
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
		a.loading.load(ctx, a.readDisk) // where Run has not begun to
		ctx, stop := context.WithCancel(ctx)
		names, begun := a.config.src.ordered("views", maps.Keys(a.config.Views)), a.clock()
		a.loading.wait(ctx)
		stored := a.stored()
		listed := a.list(ctx, patience)
		found := make([]chan Finding, len(names))
		for i := range found {
			found[i] = make(chan Finding, 1)
		}
		var ended sync.WaitGroup
		ended.Go(func() {
			atOnce(len(names), func(i int) {
				f := a.check(ctx, names[i], patience, stored)
				a.complete(&f, listed, begun)
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

// stored are the properties of which something is known.
func (a *App) stored() map[[2]string]bool {
	all := map[[2]string]bool{}
	for _, p := range a.properties() {
		all[p] = a.catalog.Known(p[0], p[1])
	}
	return all
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
		errs[i] = a.retryQuota(ctx, patience, func(ctx context.Context) (err error) {
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
			a.catalog.MarkStale(p[0], p[1])
		}
	}
	return l
}

// complete adds to a finding what the Admin API said, and whether Google was asked since
// a time. A property that is listed can be read, so what is stored of it need not be asked.
// Where the Admin API is off, which says nothing about the property, neither need what was
// confirmed lately.
func (a *App) complete(f *Finding, l listing, begun time.Time) {
	f.Title = l.titles[f.key()]
	if f.Err != nil {
		return
	}
	err, known := a.tracked.since(f.key(), begun)
	if !known {
		err = l.errs[f.Account]
		if isOff(err) && a.catalog.Fresh(f.Account, f.property) {
			return
		}
	}
	if err != nil {
		f.Unasked = forOperators(err)
	}
}

// isOff reports whether an error of the Admin API is Google's word that an account may not
// use it.
func isOff(err error) bool {
	var key *credential.Error
	return report.KindOf(err) == report.Misconfigured && !errors.As(err, &key)
}

// patiently asks again what Google refuses for this minute alone.
func (a *App) retryQuota(ctx context.Context, patience time.Duration, ask func(context.Context) error) error {
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

// check finds out about a view; stored are the properties of which something was known
// before.
func (a *App) check(ctx context.Context, name string, patience time.Duration, stored map[[2]string]bool) Finding {
	v := a.config.Views[name]
	f := Finding{
		View: name, Where: a.config.src.where("views", name, "property"),
		Account: v.Account, accountWhere: a.config.src.where("accounts", v.Account), property: v.Property,
	}
	err := a.retryQuota(ctx, patience, func(ctx context.Context) (err error) {
		if f.Property, err = a.catalog.Property(ctx, v.Account, v.Property); err == nil && v.Filter.Filter != nil {
			err = a.checkFilter(ctx, name)
		}
		return err
	})
	f.Stored = a.catalog.Known(v.Account, v.Property)
	var filter *filterError
	if errors.As(err, &filter) {
		f.Stored = stored[f.key()] // what is known since is of no use to the view
		a.filters.note(name, &filterFault{filter, a.clock()})
	} else if err == nil {
		a.filters.note(name, nil)
	}
	if err != nil {
		f.Err = fmt.Errorf("%s: view %s: %w", f.Where, name, forOperators(err))
	}
	return f
}

// A cause reads as the cause of an error alone, without the sentence for visitors.
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
		{Name: "google", Advisory: true, Check: func(context.Context) error { return a.googleFailures() }},
		{Name: "filters", Advisory: true, Check: func(context.Context) error { return a.filters.err() }},
		{Name: "cache file", Advisory: true, Check: func(context.Context) error { return a.cacheFile() }},
		{Name: "signing keys", Advisory: true, Check: func(context.Context) error { return a.keysFile() }},
	}
	if a.tls != nil {
		checks = append(checks, web.Check{Name: "certificate", Advisory: true, Check: func(context.Context) error { return a.tls.check() }})
	}
	return slices.Concat(checks, a.ledgerChecks(), a.auditChecks())
}

// cacheFile returns why reports do not reach the cache file, or would not be found there
// after a restart.
func (a *App) cacheFile() error {
	if err := a.answers.Degraded(); err != nil || a.config.Cache.File == "" {
		return err
	}
	if _, err := os.Stat(a.config.Cache.File); err != nil {
		return fmt.Errorf("the reports that are stored now are lost at the next start: %w", err)
	}
	return nil
}

// keysFile returns why the next start would not find the signing keys.
func (a *App) keysFile() error {
	if _, err := access.LoadKeys(a.config.Tokens.KeysFile); err != nil {
		return fmt.Errorf("the signing keys stay as they were, until the next start: %w", err)
	}
	return nil
}

// failures are why accounts have no access token, since when, and until when Google is
// not asked for one.
func (a *App) failures() (errs []error) {
	for _, s := range a.keys.Status() {
		if s.Failure != nil {
			errs = append(errs, describeOutage(s.Failure.Error(), s.Since, s.Again))
		}
	}
	return errs
}

// during adds to a cause since when it holds, and until when Google is not asked.
func describeOutage(cause string, since, again time.Time) error {
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

// maxListed bounds the properties that readiness names.
const maxListed = 5

// troubles says where Google is not answering, why, and until when it is not asked.
func (a *App) googleFailures() error {
	all := a.google.Incidents()
	var errs []error
	for i, t := range all {
		if i == maxListed {
			errs = append(errs, fmt.Errorf("and %d more", len(all)-i))
			break
		}
		cause := fmt.Sprintf("property %s by account %q, %s: %s", t.Property, t.Account, t.Category, t.Cause)
		errs = append(errs, describeOutage(cause, t.Since, t.Again))
	}
	return errors.Join(errs...)
}
