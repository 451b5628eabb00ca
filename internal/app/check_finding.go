package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/oriel-server/oriel/internal/credential"
	"github.com/oriel-server/oriel/internal/report"
)

// A Finding is what Check found out about a view.
type Finding struct {
	View     string
	Account  string // its name
	Where    string // file:line of the view's property
	Property report.Property
	Title    string // of the property; empty where the Admin API does not tell
	// Stored says that what is stored of the view is given, whatever Google says now.
	Stored bool
	Err    error // nil when the view can be read
	// Unasked is why Google could not be asked about the view, so that what is stored had
	// to tell; nil when it was, and beside Err.
	Unasked error
	Notes   []string // what else an operator may want to know, see Examine

	accountWhere string // file:line
	property     string
}

func (f Finding) key() [2]string { return [2]string{f.Account, f.property} }

// Permanent reports whether waiting will not help.
func (f Finding) Permanent() bool {
	var key *credential.Error
	kind := report.KindOf(f.Err)
	return f.Err != nil && (kind == report.Misconfigured || kind == report.NoAccess) || errors.As(f.Err, &key) && key.Permanent()
}

// Hopeless reports whether the view has nothing to give, and waiting will not help.
func (f Finding) Hopeless() bool { return f.Permanent() && !f.Stored }

// An AccountFailure is why none of the views named can be read: their account has no
// access token.
type AccountFailure struct {
	Account string // its name
	Where   string // file:line of the account
	Views   []string
	Err     error
}

// Error names the views, and has the cause once.
func (f *AccountFailure) Error() string {
	return fmt.Sprintf("%s: views %s: %v", f.Where, strings.Join(f.Views, ", "), f.Err)
}

// Permanent reports whether waiting will not help.
func (f *AccountFailure) Permanent() bool {
	var key *credential.Error
	return errors.As(f.Err, &key) && key.Permanent()
}

// Unwrap returns the cause.
func (f *AccountFailure) Unwrap() error { return f.Err }

// AccountFailures gathers findings that have one cause, by account, in the order of their
// coming.
type AccountFailures []*AccountFailure

// Add takes f in, and reports whether it is about its account.
func (all *AccountFailures) Add(f Finding) bool {
	var key *credential.Error
	if !errors.As(f.Err, &key) {
		return false
	}
	for _, one := range *all {
		if one.Account == f.Account {
			one.Views = append(one.Views, f.View)
			if key.Permanent() {
				one.Err = key
			}
			return true
		}
	}
	*all = append(*all, &AccountFailure{f.Account, f.accountWhere, []string{f.View}, key})
	return true
}

// asked is where the catalog asks about properties. It remembers how that ended, for
// the catalog gives what is stored, whatever Google says.
type trackedCatalog struct {
	report.Catalog
	clock func() time.Time

	mu   sync.Mutex
	ends map[[2]string]outcome
}

// An ending is how a question about a property ended, and when.
type outcome struct {
	at  time.Time
	err error
}

// errUnanswered is the end of a question that has none yet.
var errUnanswered = errors.New("Google has not answered yet")

func newTrackedCatalog(c report.Catalog, clock func() time.Time) *trackedCatalog {
	return &trackedCatalog{Catalog: c, clock: clock, ends: map[[2]string]outcome{}}
}

// Property implements report.Catalog.
func (a *trackedCatalog) Property(ctx context.Context, account, property string) (report.Property, error) {
	a.note(account, property, errUnanswered)
	p, err := a.Catalog.Property(ctx, account, property)
	a.note(account, property, err)
	return p, err
}

func (a *trackedCatalog) note(account, property string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ends[[2]string{account, property}] = outcome{a.clock(), err}
}

// since returns how the last question about a property ended; not known when none was
// asked since a time.
func (a *trackedCatalog) since(property [2]string, when time.Time) (err error, known bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	e, ok := a.ends[property]
	if !ok || e.at.Before(when) {
		return nil, false
	}
	return e.err, true
}
