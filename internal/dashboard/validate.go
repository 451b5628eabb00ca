package dashboard

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// MaxPanels is how many panels a dashboard may have: each costs a question.
const MaxPanels = 40

var (
	namePattern   = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)
	colorPattern  = regexp.MustCompile(`^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$`)
	regionPattern = regexp.MustCompile(`^(world|[A-Z]{2})$`)
)

// Validate reports everything that is wrong with d, each error naming the panel and
// the field. Package policy checks that its views exist and allow its
// fields.
func (d Dashboard) Validate() error {
	var errs []error
	complain := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !namePattern.MatchString(d.Name) {
		complain("name: %q must be lower-case letters, digits, - and _, at most 64", d.Name)
	}
	if len(d.Views) == 0 {
		complain("views: name at least one view")
	}
	for i, v := range d.Views {
		if slices.Contains(d.Views[:i], v) {
			complain("views: %q is there twice", v)
		}
	}
	if n := len(d.Panels); n == 0 || n > MaxPanels {
		complain("panels: there must be 1 to %d, there are %d", MaxPanels, n)
	}
	if err := d.Range.validate(); err != nil {
		complain("range: %w", err)
	}
	seen := map[string]bool{}
	for _, p := range d.Panels {
		if err := p.Validate(); err != nil {
			errs = append(errs, err)
		}
		if seen[p.Name] {
			complain("panel %q: name: another panel has the same", p.Name)
		}
		seen[p.Name] = true
	}
	return errors.Join(errs...)
}

func (r Range) validate() error {
	if r.IsZero() {
		return nil
	}
	parsed, err := ParseRange(r.String())
	if err == nil && parsed != r {
		return errors.New("have either days or a start and an end")
	}
	return err
}

// A shape is what a type of panel can draw.
type shape struct {
	width               int // columns when the configuration names none
	limit               report.Int64
	dimensions, metrics [2]int // fewest, most
	overTime            bool   // the first dimension must be one of time
	places              bool   // the first dimension must be one of countries
}

var shapes = map[Type]shape{
	Line:      {width: 12, dimensions: [2]int{1, 2}, metrics: [2]int{1, report.MaxMetrics}, overTime: true},
	Area:      {width: 12, dimensions: [2]int{1, 2}, metrics: [2]int{1, report.MaxMetrics}, overTime: true},
	Column:    {width: 6, limit: 12, dimensions: [2]int{1, 2}, metrics: [2]int{1, report.MaxMetrics}},
	Bar:       {width: 6, limit: 10, dimensions: [2]int{1, 2}, metrics: [2]int{1, report.MaxMetrics}},
	Pie:       {width: 4, limit: 12, dimensions: [2]int{1, 1}, metrics: [2]int{1, 1}},
	Donut:     {width: 4, limit: 12, dimensions: [2]int{1, 1}, metrics: [2]int{1, 1}},
	Table:     {width: 6, limit: 25, dimensions: [2]int{0, report.MaxDimensions}, metrics: [2]int{0, report.MaxMetrics}},
	Geo:       {width: 6, limit: 300, dimensions: [2]int{1, 1}, metrics: [2]int{1, 1}, places: true},
	Scorecard: {width: 3, dimensions: [2]int{0, 0}, metrics: [2]int{1, 1}},
}

// Types returns the types of panels, sorted.
func Types() []Type {
	types := make([]Type, 0, len(shapes))
	for t := range shapes {
		types = append(types, t)
	}
	slices.Sort(types)
	return types
}

// Validate reports everything that is wrong with p, naming panel and field.
func (p Panel) Validate() error {
	var errs []error
	complain := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("panel %q: "+format, append([]any{p.Name}, args...)...))
	}
	if !namePattern.MatchString(p.Name) {
		complain("name: must be lower-case letters, digits, - and _, at most 64")
	}
	if p.Width < 1 || p.Width > 12 {
		complain("width: %d is not one of 1 to 12 columns", p.Width)
	}
	if p.Query.Limit < 0 || p.Query.Limit > report.MaxLimit {
		complain("limit: %d is not 0 to %d", p.Query.Limit, report.MaxLimit)
	}
	p.validateShape(complain)
	p.validateDates(complain)
	p.validateOptions(complain)
	return errors.Join(errs...)
}

func (p Panel) validateShape(complain func(string, ...any)) {
	s, ok := shapes[p.Type]
	if !ok {
		complain("type: %q is not one of %s", p.Type, joinTypes())
		return
	}
	dimensions, metrics := len(p.Query.Dimensions), len(p.Query.Metrics)
	if !within(dimensions, s.dimensions) {
		complain("dimensions: a %s has %s, this has %d", p.Type, span(s.dimensions), dimensions)
	}
	if !within(metrics, s.metrics) {
		complain("metrics: a %s has %s, this has %d", p.Type, span(s.metrics), metrics)
	}
	if dimensions+metrics == 0 && p.Type == Table {
		complain("metrics: a table needs a metric or a dimension")
	}
	if dimensions == 0 {
		return
	}
	first := p.Query.Dimensions[0].Name
	if s.overTime && !isTime(first) {
		complain("dimensions: a %s runs over time; make date, or another dimension of time, the first instead of %q", p.Type, first)
	}
	if s.places && first != "country" && first != "countryId" {
		complain("dimensions: a map shows country or countryId, not %q", first)
	}
}

func (p Panel) validateDates(complain func(string, ...any)) {
	if len(p.Query.DateRanges) > 0 {
		complain("the dashboard's range fills the dates of its query")
	}
	if err := p.Range.validate(); err != nil {
		complain("range: %w", err)
	}
	if p.Query.Realtime && !p.Range.IsZero() {
		complain("range: a realtime panel is about the last half hour")
	}
	if p.Query.Realtime && p.Compare {
		complain("compare: a realtime panel has no period before")
	}
}

func (p Panel) validateOptions(complain func(string, ...any)) {
	if r := p.Options.Region; r != "" && !regionPattern.MatchString(r) {
		complain("options.region: %q must be world or a two-letter country code such as DE", r)
	}
	if p.Options.Region != "" && p.Type != Geo {
		complain("options.region: only a geo panel has one")
	}
	for _, c := range p.Options.Colors {
		if !colorPattern.MatchString(c) {
			complain("options.colors: %q must be written #rgb or #rrggbb", c)
		}
	}
}

func within(n int, bounds [2]int) bool { return n >= bounds[0] && n <= bounds[1] }

func span(bounds [2]int) string {
	switch {
	case bounds[1] == 0:
		return "none"
	case bounds[0] == bounds[1]:
		return fmt.Sprintf("exactly %d", bounds[0])
	}
	return fmt.Sprintf("%d to %d", bounds[0], bounds[1])
}

func joinTypes() string {
	names := make([]string, 0, len(shapes))
	for _, t := range Types() {
		names = append(names, string(t))
	}
	return strings.Join(names, ", ")
}
