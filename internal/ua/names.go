package ua

import (
	_ "embed"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/oriel-server/oriel/internal/report"
)

// Fidelity is how well GA4 answers a name of Universal Analytics.
type Fidelity string

// The grades of fidelity.
const (
	Exact    Fidelity = "exact"    // the same thing under another name
	Near     Fidelity = "near"     // a neighbour: the note says how it differs
	Computed Fidelity = "computed" // computed from GA4 fields
	None     Fidelity = "none"     // GA4 has no answer
)

// A Name is a dimension or a metric of Universal Analytics and what answers it.
// XX in Name stands for a number, <NAME> for a word.
type Name struct {
	Name       string // ga:pageviews, rt:activeUsers
	Dimension  bool   // else a metric
	Type       string // STRING, INTEGER, PERCENT, TIME, CURRENCY or FLOAT
	Fidelity   Fidelity
	GA4        string // a dimension's fields, separated by spaces, or a metric's formula
	Transform  string // how values change on the way, a key of transforms; x100 for a metric
	Nearest    string // the GA4 field to use instead, if None
	ReplacedBy string // the newer name, if deprecated
	Note       string
}

//go:embed names.tsv
var namesTSV string

// Names returns the whole table, in the order of Google's reference.
func Names() []Name { return table().list }

type nameTable struct {
	list  []Name
	byKey map[string]*Name // by lower-case name
}

var table = sync.OnceValue(func() *nameTable {
	t := &nameTable{byKey: map[string]*Name{}}
	for line := range strings.Lines(namesTSV) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		t.list = append(t.list, Name{
			Name: f[0], Dimension: f[1] == "d", Type: f[2], Fidelity: Fidelity(f[3]), GA4: f[4],
			Transform: f[5], Nearest: f[6], ReplacedBy: f[7], Note: f[8],
		})
	}
	for i := range t.list {
		t.byKey[strings.ToLower(t.list[i].Name)] = &t.list[i]
	}
	return t
})

var digits = regexp.MustCompile(`[0-9]+`)

const calculatedPrefix = "ga:calcmetric_"

// lookup finds a name in any case. arg is the text in the place of XX or <NAME>.
func lookup(requested string) (n *Name, arg string) {
	key := strings.ToLower(requested)
	t := table()
	if n := t.byKey[key]; n != nil && !strings.Contains(n.Name, "XX") {
		return n, ""
	}
	if strings.HasPrefix(key, calculatedPrefix) {
		return t.byKey[calculatedPrefix+"<name>"], requested[len(calculatedPrefix):]
	}
	at := digits.FindStringIndex(key)
	if at == nil {
		return nil, ""
	}
	return t.byKey[key[:at[0]]+"xx"+key[at[1]:]], key[at[0]:at[1]]
}

// resolve finds what a query's name means in GA4. Numbers in it are replaced by what
// the configuration gives them.
func (o Options) resolve(requested string, realtime bool) (Name, error) {
	name := requested
	if realtime && len(requested) > 3 && strings.EqualFold(requested[:3], "ga:") {
		name = "rt:" + requested[3:]
	}
	found, arg := lookup(name)
	if found == nil || strings.HasPrefix(found.Name, "rt:") != realtime {
		return Name{}, unknownName(requested, realtime)
	}
	n := *found
	if field := o.override(n); field != "" {
		if n.GA4, n.Fidelity = field, Near; n.Dimension {
			n.Transform = "" // the field's values are shown as they are
		}
		return n, nil
	}
	if n.Fidelity == None {
		return Name{}, unanswerable(requested, n)
	}
	if n.Name == "ga:pagePath" && o.PagePath != "" {
		n.GA4 = o.PagePath
	}
	if arg == "" {
		return n, nil
	}
	return o.configured(n, requested, arg)
}

// configured resolves a name with a number or a word, arg, from the configuration.
func (o Options) configured(n Name, requested, arg string) (Name, error) {
	i, _ := strconv.Atoi(arg) // 0, which has no value, if out of range
	var field, setting string
	switch {
	case strings.HasPrefix(n.Name, "ga:goalXX"):
		if field, setting = o.Goals[i], "goals"; field != "" {
			field = "keyEvents:" + field
		}
	case n.Name == "ga:dimensionXX":
		field, setting = o.Dimensions[i], "dimensions"
	case n.Name == "ga:metricXX":
		field, setting = o.Metrics[i], "metrics"
	case n.Name == "ga:calcMetric_<NAME>":
		if field, setting = o.Calculated[arg], "calculated"; field != "" {
			field = "(" + field + ")"
		}
	case n.Name == "ga:contentGroupXX":
		if i != 1 {
			return Name{}, badName("%s cannot be answered: GA4 has one content group, ga:contentGroup1 (contentGroup).", requested)
		}
		return n, nil
	case n.Name == "ga:productCategoryLevelXX":
		if i < 1 || i > 5 {
			return Name{}, badName("%s cannot be answered: GA4 has five levels, ga:productCategoryLevel1 (itemCategory) to 5 (itemCategory5).", requested)
		}
		n.GA4 = strings.TrimSuffix(fmt.Sprintf("itemCategory%d", i), "1")
		return n, nil
	default:
		return Name{}, badName("%s cannot be answered by Google Analytics 4.", requested)
	}
	if field == "" {
		return Name{}, badName("%s needs the view's configuration to say what it is in Google Analytics 4. "+
			"The operator can say it in views.NAME.universal_analytics.%s, such as %s: %s.", report.Truncate(requested), setting, report.Truncate(arg), examples[setting])
	}
	n.GA4 = placeholder.ReplaceAllLiteralString(n.GA4, field)
	return n, nil
}

// examples are values of the settings that resolve a name.
var examples = map[string]string{
	"goals": "purchase", "dimensions": "customEvent:author", "metrics": "customEvent:words", "calculated": "screenPageViews/totalUsers",
}

// fields lists the GA4 fields that a resolved name reads.
func (n Name) fields() []string {
	if n.Dimension {
		return strings.Fields(n.GA4)
	}
	f, err := parseFormula(n.GA4)
	if err != nil {
		return nil
	}
	var fields []string
	for _, ref := range f.refs() {
		if fields = append(fields, ref.Metric); ref.Where.Field != "" {
			fields = append(fields, ref.Where.Field)
		}
	}
	return fields
}

// expand lists the names that n stands for in this view: itself, or one for each number
// that the configuration has.
func (o Options) expand(n Name) []string {
	numbered := func(prefix, suffix string, names map[int]string) (all []string) {
		for _, i := range slices.Sorted(maps.Keys(names)) {
			all = append(all, prefix+strconv.Itoa(i)+suffix)
		}
		return all
	}
	prefix, suffix, template := strings.Cut(n.Name, "XX")
	switch {
	case n.Name == "ga:calcMetric_<NAME>":
		var all []string
		for _, name := range slices.Sorted(maps.Keys(o.Calculated)) {
			all = append(all, "ga:calcMetric_"+name)
		}
		return all
	case !template:
		return []string{n.Name}
	case prefix == "ga:goal":
		return numbered(prefix, suffix, o.Goals)
	case prefix == "ga:dimension":
		return numbered(prefix, suffix, o.Dimensions)
	case prefix == "ga:metric":
		return numbered(prefix, suffix, o.Metrics)
	}
	return []string{prefix + "1" + suffix}
}

var placeholder = regexp.MustCompile(`<[a-z]+ n>`)

// unanswerable is the error for a name that GA4 has no answer for.
func unanswerable(requested string, n Name) error {
	why, near := "", "GA4 has no field near it."
	if n.Note != "" {
		why = " (" + n.Note + ")"
	}
	if n.Nearest != "" {
		near = "The nearest GA4 field is " + n.Nearest + "."
		if s := nameFor(n); s != "" {
			near = fmt.Sprintf("The nearest GA4 field is %s, here %s.", n.Nearest, s)
		}
	}
	return badName("Invalid dimension or metric: %s cannot be answered by Google Analytics 4%s. %s", requested, why, near)
}

// nameFor returns the UA name that n's nearest GA4 field answers.
func nameFor(n Name) string {
	for _, m := range table().list {
		if m.GA4 == n.Nearest && m.Fidelity != None && m.ReplacedBy == "" && m.Name[:3] == n.Name[:3] && m.Dimension == n.Dimension {
			return m.Name
		}
	}
	return ""
}

// unknownName is the error for a name that is not in the table.
func unknownName(requested string, realtime bool) error {
	var best Name
	distance := len(requested)/2 + 1
	for _, m := range table().list {
		if m.Fidelity == None || strings.HasPrefix(m.Name, "rt:") != realtime {
			continue
		}
		if d := editDistance(strings.ToLower(requested), strings.ToLower(m.Name), distance); d < distance {
			best, distance = m, d
		}
	}
	if best.Name == "" {
		return badName("Invalid dimension or metric: %s", report.Truncate(requested))
	}
	return badName("Invalid dimension or metric: %s. The nearest is %s (GA4: %s).", report.Truncate(requested), best.Name, best.GA4)
}

// editDistance returns the Levenshtein distance of a and b, at most most.
func editDistance(a, b string, most int) int {
	if len(a)-len(b) >= most || len(b)-len(a) >= most {
		return most
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		left := row[0]
		row[0] = i + 1
		for j := range len(b) {
			diagonal := left
			left = row[j+1]
			if a[i] != b[j] {
				diagonal++
			}
			row[j+1] = min(diagonal, row[j]+1, left+1)
		}
	}
	return min(row[len(b)], most)
}
