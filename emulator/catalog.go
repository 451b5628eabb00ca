package emulator

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/oriel-server/oriel/emulator/world"
)

// fieldsTSV lists what getMetadata answers: kind (d, m or c for comparison),
// apiName, uiName, category, type, deprecated names and description. Facts of a real
// property; descriptions are those of Google's schema, as far as they are there.
//
//go:embed fields.tsv
var fieldsTSV string

// A field is a dimension or a metric.
type field struct {
	name, label, category string
	description           string
	kind                  string // MetricType; empty for dimensions
	deprecated            []string
	custom                bool
	expression            string // of a calculated metric
	// made says that the world computes it. A field that Google has and the
	// world has not is "(not set)" or 0, as for a site without such things.
	made bool
}

// A catalog knows the fields of the core and the realtime API.
type catalog struct {
	dimensions, metrics                 []field
	comparisons                         []field
	byDimension, byMetric               map[string]*field
	realtimeDimensions, realtimeMetrics []string
	realtimeCustom                      []field // dimensions
}

func newCatalog() (*catalog, error) {
	c := &catalog{}
	for line := range strings.Lines(fieldsTSV) {
		if err := c.add(strings.TrimSuffix(line, "\n")); err != nil {
			return nil, err
		}
	}
	c.index()
	c.realtimeDimensions = slices.Sorted(slices.Values(world.RealtimeDimensions()))
	c.realtimeMetrics = slices.Sorted(slices.Values(world.RealtimeMetrics()))
	for _, name := range c.realtimeMetrics {
		if c.byMetric[name] == nil {
			return nil, fmt.Errorf("emulator: realtime metric %q is not in fields.tsv", name)
		}
	}
	return c, nil
}

func (c *catalog) add(line string) error {
	cells := strings.Split(line, "\t")
	if len(cells) < 3 {
		return fmt.Errorf("emulator: fields.tsv: %q has too few cells", line)
	}
	cells = append(cells, "", "", "", "")
	f := field{name: cells[1], label: cells[2], category: cells[3], kind: cells[4], description: cells[6]}
	if f.description == "" {
		f.description = "Description of " + f.label + "." // Google has one for every field
	}
	if cells[5] != "" {
		f.deprecated = strings.Split(cells[5], ",")
	}
	switch cells[0] {
	case "d":
		c.dimensions = append(c.dimensions, f)
	case "m":
		c.metrics = append(c.metrics, f)
	case "c":
		c.comparisons = append(c.comparisons, f)
	default:
		return fmt.Errorf("emulator: fields.tsv: %q is of no kind", line)
	}
	return nil
}

// index makes fields findable by their names and deprecated names, and marks
// those that the world computes.
func (c *catalog) index() {
	for _, set := range []struct {
		fields []field
		made   []string
	}{{c.dimensions, world.Dimensions()}, {c.metrics, world.Metrics()}} {
		for i := range set.fields {
			set.fields[i].made = slices.Contains(set.made, set.fields[i].name)
		}
	}
	c.byDimension, c.byMetric = named(c.dimensions), named(c.metrics)
}

// keyEventMetrics have a name for each key event of a property: keyEvents:purchase.
var keyEventMetrics = []string{"keyEvents", "sessionKeyEventRate", "userKeyEventRate"}

// with returns the fields of a property: those of its one key event and its custom
// definitions stand behind those that all have.
func (c *catalog) with(keyEvent string, customs []world.Custom) *catalog {
	own := *c
	own.dimensions, own.metrics = slices.Clone(c.dimensions), slices.Clone(c.metrics)
	for _, base := range keyEventMetrics {
		f := *c.byMetric[base]
		f.name, f.deprecated = base+":"+keyEvent, nil
		f.label += " for " + keyEvent
		if base == "keyEvents" {
			f.label = "Key event count for " + keyEvent
		}
		own.metrics = append(own.metrics, f)
	}
	for _, d := range customs {
		if f := customField(d); d.IsMetric() {
			own.metrics = append(own.metrics, f)
		} else {
			own.dimensions = append(own.dimensions, f)
		}
	}
	own.byDimension, own.byMetric = named(own.dimensions), named(own.metrics)
	own.realtimeCustom = slices.DeleteFunc(slices.Clone(own.dimensions), func(f field) bool { return !f.custom || !strings.HasPrefix(f.name, "customUser:") })
	return &own
}

func named(fields []field) map[string]*field {
	by := map[string]*field{}
	for i := range fields {
		for _, name := range append([]string{fields[i].name}, fields[i].deprecated...) {
			by[name] = &fields[i]
		}
	}
	return by
}

func customField(d world.Custom) field {
	scope, parameter, _ := strings.Cut(d.Name, ":")
	what := "Dimension"
	if d.IsMetric() {
		what = "Metric"
	}
	category := map[string]string{
		"customEvent": "Event-scoped Custom ", "customUser": "User-scoped Custom ", "customItem": "Item-scoped Custom ", "calcMetric": "Calculated ",
	}[scope] + what
	return field{
		name: d.Name, label: d.Label, category: category, kind: d.Type, description: "The parameter " + parameter + " of the property's own.",
		custom: true, expression: d.Expression, made: d.Expression == "",
	}
}

// coreOnly are the dimensions that stand in the list of fields but are asked
// for in other ways: they answer nothing by themselves.
var coreOnly = []string{"cohort", "cohortNthDay", "cohortNthWeek", "cohortNthMonth", "comparison"}

const (
	seeSchema         = "For a list of valid dimensions and metrics, see https://developers.google.com/analytics/devguides/reporting/data/v1/api-schema "
	seeRealtimeSchema = "For a list of valid dimensions and metrics, see https://developers.google.com/analytics/devguides/reporting/data/v1/realtime-api-schema "
)

// dimension returns the dimension of that name, or Google's refusal.
func (c *catalog) dimension(name string, live bool) (*field, error) {
	if live {
		if slices.Contains(c.realtimeDimensions, name) {
			return &field{name: name, made: true}, nil
		}
		if i := slices.IndexFunc(c.realtimeCustom, func(f field) bool { return f.name == name }); i >= 0 {
			return &c.realtimeCustom[i], nil
		}
		if strings.HasPrefix(name, "customEvent:") {
			return nil, invalidArgument("Field %s is not a valid dimension. %s", name, seeRealtimeSchema)
		}
		return nil, invalidArgument("Did you mean %s? Field %s is not a valid dimension. %s", nearest(name, c.realtimeDimensions), name, seeRealtimeSchema)
	}
	if f := c.byDimension[name]; f != nil {
		return f, nil
	}
	return nil, invalidArgument("Field %s is not a valid dimension. %s", name, seeSchema)
}

// metric returns the metric of that name, or Google's refusal.
func (c *catalog) metric(name string, live bool) (*field, error) {
	if live {
		if slices.Contains(c.realtimeMetrics, name) {
			return &field{name: name, kind: c.byMetric[name].kind, made: true}, nil
		}
		return nil, invalidArgument("Did you mean %s? Field %s is not a valid metric.  %s", nearest(name, c.realtimeMetrics), name, seeRealtimeSchema)
	}
	if f := c.byMetric[name]; f != nil {
		return f, nil
	}
	return nil, invalidArgument("Field %s is not a valid metric.  %s", name, seeSchema)
}

// nearest returns the candidate with the smallest edit distance; the first of equals.
func nearest(name string, candidates []string) string {
	best, least := "", -1
	for _, c := range candidates {
		if d := editDistance(name, c); least < 0 || d < least {
			best, least = c, d
		}
	}
	return best
}

// editDistance is Levenshtein's, in bytes, of at most the first 100 of each.
func editDistance(a, b string) int {
	a, b = a[:min(len(a), 100)], b[:min(len(b), 100)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			substitute := diagonal
			if a[i] != b[j] {
				substitute++
			}
			diagonal = row[j+1]
			row[j+1] = min(substitute, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
