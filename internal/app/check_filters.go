package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// A filterError says that a view's mandatory filter names dimensions that its property
// lacks. Google answers no question about such a view; answers from before a dimension was
// archived may be stored, and are given.
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

// filterErrors are the views whose filter names what their property lacks, as Check found
// last.
type filterErrors struct {
	mu   sync.Mutex
	last map[string]*filterFault // by view
}

// A filterFault is a filterError, and when it was found.
type filterFault struct {
	*filterError
	at time.Time
}

// note keeps what was found of a view; nil when nothing is wrong.
func (f *filterErrors) note(view string, fault *filterFault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if fault == nil {
		delete(f.last, view)
		return
	}
	if f.last == nil {
		f.last = map[string]*filterFault{}
	}
	f.last[view] = fault
}

// err names the views; nil when there are none.
func (f *filterErrors) err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var errs []error
	for i, view := range slices.Sorted(maps.Keys(f.last)) {
		if i == maxListed {
			errs = append(errs, fmt.Errorf("and %d more", len(f.last)-i))
			break
		}
		fault := f.last[view]
		errs = append(errs, fmt.Errorf("view %s: %w; found at %s; looked at again at the next start", view, fault.filterError, fault.at.UTC().Format(time.RFC3339)))
	}
	return errors.Join(errs...)
}
