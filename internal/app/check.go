package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/oriel-server/oriel/internal/credential"
	"github.com/oriel-server/oriel/internal/report"
	"github.com/oriel-server/oriel/internal/web"
)

// A Finding is what Check found out about a view.
type Finding struct {
	View     string
	Where    string // file:line of the view's property
	Property report.Property
	Err      error  // nil when the view can be read
	Note     string // what else an operator may want to know, see LookForTraffic
}

// Permanent reports whether waiting will not mend it.
func (f Finding) Permanent() bool {
	var key *credential.Error
	return report.KindOf(f.Err) == report.Misconfigured || errors.As(f.Err, &key) && key.Permanent()
}

// Check asks Google about every view's property with the view's account: for
// doctor and for the start of serve. Findings are in the order of the file.
func (a *App) Check(ctx context.Context) []Finding {
	names := a.config.src.ordered("views", maps.Keys(a.config.Views))
	findings := make([]Finding, len(names))
	var asked sync.WaitGroup
	for i, name := range names {
		asked.Go(func() { findings[i] = a.check(ctx, name) })
	}
	asked.Wait()
	return findings
}

func (a *App) check(ctx context.Context, name string) Finding {
	v := a.config.Views[name]
	f := Finding{View: name, Where: a.config.src.where("views", name, "property")}
	var err error
	if f.Property, err = a.catalog.Property(ctx, v.Account, v.Property); err == nil && v.Filter.Filter != nil {
		err = a.checkFilter(ctx, name)
	}
	if err != nil {
		f.Err = fmt.Errorf("%s: view %s: %w", f.Where, name, forOperators(err))
	}
	return f
}

// A cause reads as the cause of an error alone, without the sentence for askers.
type cause struct{ of *report.Error }

func (c cause) Error() string { return c.of.Err.Error() }
func (c cause) Unwrap() error { return c.of }

func forOperators(err error) error {
	var e *report.Error
	if errors.As(err, &e) && e.Err != nil {
		return cause{e}
	}
	return err
}

// checkFilter finds a mandatory filter over a dimension that the property lacks:
// no question about the view could be answered.
func (a *App) checkFilter(ctx context.Context, name string) error {
	v := a.config.Views[name]
	fields, err := a.catalog.Fields(ctx, v.Account, v.Property)
	if err != nil {
		return err
	}
	var unknown []string
	v.Filter.Walk(func(c *report.Condition) {
		known := slices.ContainsFunc(fields.Dimensions, func(f report.Field) bool {
			return f.APIName == c.FieldName || slices.Contains(f.DeprecatedAPINames, c.FieldName)
		})
		if !known {
			unknown = append(unknown, c.FieldName)
		}
	})
	if len(unknown) == 0 {
		return nil
	}
	return report.Errorf(report.Misconfigured, "%s: the property has no dimension %s",
		a.config.src.where("views", name, "filter"), strings.Join(unknown, ", "))
}

// readiness says what must work before the server can answer: an account whose
// key Google refuses for good will not come back by itself, and without the ledger
// all tokens are refused. A disk that fails the cache is worth a note only: memory
// does its work.
func (a *App) readiness() []web.Check {
	checks := []web.Check{
		{Name: "accounts", Check: func(context.Context) error {
			var errs []error
			for _, s := range a.keys.Status() {
				if s.Failure != nil {
					errs = append(errs, s.Failure)
				}
			}
			return errors.Join(errs...)
		}},
		a.ledgerCheck(),
		{Name: "cache file", Advisory: true, Check: func(context.Context) error { return a.cache.Degraded() }},
	}
	if a.tls != nil {
		checks = append(checks, web.Check{Name: "certificate", Advisory: true, Check: func(context.Context) error { return a.tls.check() }})
	}
	return append(checks, a.auditChecks()...)
}
