package dashboard

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v4"

	"github.com/oriel-server/oriel/internal/report"
)

// A Spec is a dashboard as the configuration writes it.
type Spec struct {
	// Title is shown above the panels. Optional: the name.
	Title string `yaml:"title"`
	// Description is shown below the title. Optional.
	Description string `yaml:"description"`
	// Views are the names of the views that it can be shown over, in the order of
	// the view switcher. Required: at least one.
	Views []string `yaml:"views"`
	// Range is the span of days when the visitor has chosen none: 7d, 28d, 90d …
	// up to yesterday, or 2026-01-01..2026-01-31. Optional: 28d.
	Range string `yaml:"range"`
	// Ranges are those that a visitor can choose, each as in Range; anonymous visitors no
	// others. Optional: 7d, 28d and 90d. Range is always one of them.
	Ranges []string `yaml:"ranges"`
	// Panels are drawn in this order. Required: at least one.
	Panels []PanelSpec `yaml:"panels"`
}

// A PanelSpec is a panel as the configuration writes it.
type PanelSpec struct {
	// Name tells the panel from the others of its dashboard. Optional: its
	// number, starting with 1.
	Name string `yaml:"name"`
	// Title is shown above the panel. Optional.
	Title string `yaml:"title"`
	// Type is line, area, column, bar, pie, donut, table, geo or scorecard.
	// Required.
	Type Type `yaml:"type"`
	// Width is in columns of 12. Optional: line and area 12, column, bar, table
	// and geo 6, pie and donut 4, scorecard 3.
	Width int `yaml:"width"`
	// Metrics are GA4 metrics by their API names. Required, except in a table.
	Metrics []string `yaml:"metrics"`
	// Dimensions are GA4 dimensions by their API names. line and area want one of
	// time first, pie and donut exactly one, geo country or countryId, a
	// scorecard none.
	Dimensions []string `yaml:"dimensions"`
	// Range fixes the panel's span of days, whatever the visitor chose.
	// Optional.
	Range string `yaml:"range"`
	// Compare asks for the equally long period before as well. Optional.
	Compare bool `yaml:"compare"`
	// Realtime asks about the last half hour. Optional.
	Realtime bool `yaml:"realtime"`
	// Limit is the most rows. Optional: bar 10, column, pie and donut 12, table 25,
	// geo 300; none over time.
	Limit int64 `yaml:"limit"`
	// Sort lists metrics and dimensions of the panel; - before one sorts it
	// descending. Optional: over time ascending, else by the first metric
	// descending.
	Sort []string `yaml:"sort"`
	// Filter narrows by dimensions: text such as country==France, or a
	// FilterExpression of the Data API. Optional.
	Filter Filter `yaml:"filter"`
	// MetricFilter narrows the rows by metrics: text such as sessions>=10, or a
	// FilterExpression of the Data API. Optional.
	MetricFilter MetricFilter `yaml:"metric_filter"`
	// Options of the chart: stacked, region, colors. Optional.
	Options Options `yaml:"options"`

	line int // in the configuration file; 0 when unknown
}

// defaultRange is the range if neither the dashboard nor the request names one.
var defaultRange = Range{Days: 28}

// maxRanges is how many ranges a dashboard may list: anybody may ask a public one for each.
const maxRanges = 12

// UnmarshalYAML reads a panel strictly and notes its line.
func (s *PanelSpec) UnmarshalYAML(node *yaml.Node) error {
	type panel PanelSpec
	if err := node.Load((*panel)(s), yaml.WithKnownFields()); err != nil {
		return err
	}
	s.line = node.Line
	return nil
}

// Dashboard returns the dashboard that s describes, validated. Errors name the
// panel, its line and the field.
func (s Spec) Dashboard(name string) (Dashboard, error) {
	d := Dashboard{Name: name, Title: s.Title, Description: s.Description, Views: s.Views, Range: defaultRange}
	if d.Title == "" {
		d.Title = name
	}
	var errs []error
	if s.Range != "" {
		r, err := ParseRange(s.Range)
		if err != nil {
			errs = append(errs, fmt.Errorf("range: %w", err))
		}
		d.Range = r
	}
	for _, text := range s.Ranges {
		r, err := ParseRange(text)
		if err == nil && slices.Contains(d.Ranges, r) {
			err = fmt.Errorf("%s is listed twice", text)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("ranges: %w", err))
		}
		d.Ranges = append(d.Ranges, r)
	}
	if len(d.Ranges) > maxRanges {
		errs = append(errs, fmt.Errorf("ranges: list at most %d", maxRanges))
	}
	for i, ps := range s.Panels {
		p, err := ps.panel(strconv.Itoa(i + 1))
		if err != nil {
			errs = append(errs, ps.at(err))
			continue
		}
		d.Panels = append(d.Panels, p)
	}
	if len(errs) == 0 {
		errs = append(errs, d.Validate())
	}
	if err := errors.Join(errs...); err != nil {
		return Dashboard{}, fmt.Errorf("dashboard %q: %w", name, err)
	}
	return d, nil
}

func (s PanelSpec) at(err error) error {
	if s.line == 0 {
		return err
	}
	return fmt.Errorf("line %d: %w", s.line, err)
}

func (s PanelSpec) panel(number string) (Panel, error) {
	p := Panel{
		Name: s.Name, Title: s.Title, Type: s.Type, Width: s.Width,
		Compare: s.Compare, Options: s.Options, Query: s.query(),
	}
	if p.Name == "" {
		p.Name = number
	}
	if p.Width == 0 {
		p.Width = cmp.Or(shapes[s.Type].width, 12) // of an unknown type, the type is what is wrong
	}
	var err error
	if s.Range != "" {
		if p.Range, err = ParseRange(s.Range); err != nil {
			return Panel{}, fmt.Errorf("panel %q: range: %w", p.Name, err)
		}
	}
	if p.Query.OrderBys, err = s.orders(p.Query); err != nil {
		return Panel{}, fmt.Errorf("panel %q: sort: %w", p.Name, err)
	}
	if s.Type == "" {
		return Panel{}, fmt.Errorf("panel %q: type: choose one of %s", p.Name, joinTypes())
	}
	return p, p.Validate()
}

func (s PanelSpec) query() report.Query {
	q := report.Query{
		Realtime:        s.Realtime,
		DimensionFilter: s.Filter.Filter,
		MetricFilter:    s.MetricFilter.Filter,
		Limit:           report.Int64(s.Limit),
	}
	for _, name := range s.Dimensions {
		q.Dimensions = append(q.Dimensions, report.Dimension{Name: name})
	}
	for _, name := range s.Metrics {
		q.Metrics = append(q.Metrics, report.Metric{Name: name})
	}
	overTime := len(s.Dimensions) > 0 && isTime(s.Dimensions[0]) && s.Type != Table
	if q.Limit == 0 && !overTime {
		q.Limit = shapes[s.Type].limit
	}
	return q
}

func (s PanelSpec) orders(q report.Query) ([]report.OrderBy, error) {
	if len(s.Sort) == 0 {
		return defaultOrder(s.Type, q), nil
	}
	orders := make([]report.OrderBy, 0, len(s.Sort))
	for _, field := range s.Sort {
		o, err := parseOrder(field, q)
		if err != nil {
			return nil, err
		}
		orders = append(orders, o)
	}
	return orders, nil
}
