package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

// panels is how many the dashboard has.
const panels = 12

// A tally counts what viewers were given.
type tally struct {
	mu      sync.Mutex
	views   map[string]int // by view
	ages    map[string]map[int]int
	errors  map[string]int
	seen    map[string]uint16 // the panels that were answered, a bit each, by view and range
	metrics map[string]float64
}

func newTally() *tally {
	return &tally{
		views: map[string]int{}, ages: map[string]map[int]int{}, errors: map[string]int{},
		seen: map[string]uint16{}, metrics: map[string]float64{},
	}
}

// seenOf returns which panels of a view over a range have ever been answered.
func (t *tally) seenOf(view, span string) uint16 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.seen[view+" "+span]
}

func (t *tally) refused(what string, status int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.errors[fmt.Sprintf("%s: %d %s", what, status, http.StatusText(status))]++
}

// answered counts an answer. before are the panels that were answered before.
func (t *tally) answered(v view, before uint16, a *answered) {
	if a.status != http.StatusOK {
		t.refused("dashboard", a.status)
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.views[v.view]++
	n := t.readAges(a.body)
	whole := uint16(1)<<panels - 1
	if n == panels {
		t.seen[v.view+" "+v.span] = whole
		return
	}
	t.readErrors(v, before, a.body)
}

// readAges counts the panels that have an answer by class and age. It looks for
// the members instead of decoding what may be a million long answers; none of
// them can stand in a report.
func (t *tally) readAges(body []byte) (n int) {
	for ; ; n++ {
		_, rest, found := bytes.Cut(body, []byte(`"asOf":"`))
		if !found {
			return n
		}
		body = rest
		age, err := strconv.Atoi(string(member(body, `"age":`, ',')))
		class := string(member(body, `"freshness":"`, '"'))
		if err != nil || class == "" {
			t.errors["an answer without an age"]++
			continue
		}
		if stale := string(member(body, `"stale":"`, '"')); stale != "" {
			class = "old, for Google " + map[string]string{"quota": "has no tokens left", "unavailable": "fails"}[stale]
		}
		if t.ages[class] == nil {
			t.ages[class] = map[int]int{}
		}
		t.ages[class][age]++
	}
}

// member returns what stands after a member's beginning, up to end. It must be
// near, in the head of the same panel.
func member(text []byte, begins string, end byte) []byte {
	text = text[:min(len(text), 150)]
	if _, value, found := bytes.Cut(text, []byte(begins)); found {
		value, _, _ = bytes.Cut(value, []byte{end})
		return value
	}
	return nil
}

// readErrors counts the panels without an answer.
func (t *tally) readErrors(v view, before uint16, body []byte) {
	var d struct {
		Panels []struct {
			Name  string
			Error *struct{ Message string }
		}
	}
	if err := json.Unmarshal(body, &d); err != nil || len(d.Panels) != panels {
		t.errors["an answer that cannot be read"]++
		return
	}
	for i, p := range d.Panels {
		switch {
		case p.Error == nil:
			t.seen[v.view+" "+v.span] |= 1 << i
		case before&(1<<i) != 0:
			t.errors["seen before: "+p.Error.Message]++
		default:
			t.errors["never seen before: "+p.Error.Message]++
		}
	}
}

// addMetrics adds the counters that operators read.
func (t *tally) addMetrics(operators http.Handler) {
	r, err := http.NewRequest(http.MethodGet, "http://localhost/metrics", http.NoBody)
	if err != nil {
		panic(err) // the address stands above
	}
	a := &answered{header: http.Header{}, status: http.StatusOK}
	operators.ServeHTTP(a, r)
	t.mu.Lock()
	defer t.mu.Unlock()
	for line := range strings.Lines(string(a.body)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if n, err := strconv.ParseFloat(value, 64); err == nil && strings.HasPrefix(name, "oriel_") {
			t.metrics[name] += n
		}
	}
}

// The tokens that a standard property has.
// Source: the Data API's quotas page, 2026-09-19.
const (
	dayTokens     = 200_000
	projectTokens = 14_000 // an hour
)

func (s *simulated) print(w io.Writer, took time.Duration) {
	t := s.tally
	_, operators := s.app.Handlers()
	counted := newTally()
	maps.Copy(counted.metrics, t.metrics)
	counted.addMetrics(operators)
	views := 0
	for _, n := range t.views {
		views += n
	}
	fmt.Fprintf(w, "%d views of a dashboard of %d panels over %d sites in %d days, from %s on; %d ranges picked by hand on each site.\n",
		views, panels, s.sites, s.days, s.start.Format("2006-01-02 15:04 MST"), s.ranges)
	if s.fail > 0 {
		fmt.Fprintf(w, "Google fails for %v on the last day, from 10:00 on.\n", s.fail)
	}
	if s.restart {
		fmt.Fprintln(w, "The server is restarted at 12:00 of the last day.")
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	s.printTokens(table)
	t.printAges(table)
	printCounts(table, "what the cache did with a panel's query", counted.labelled("oriel_cache_answers_total", "event"))
	printCounts(table, "how Google was asked for the rest", counted.labelled("oriel_plan_questions_total", "how"))
	_ = table.Flush()
	t.printErrors(w)
	fmt.Fprintf(w, "\nTook %v on this machine: %.0f views/s.\n", took.Round(time.Second), float64(views)/took.Seconds())
}

func (s *simulated) printTokens(w io.Writer) {
	fmt.Fprintf(w, "\nproperty\tviews\trequests\ttokens/day\tof %d\trealtime/day\tof %d\tworst hour\tof %d\trefused\tfailed\t\n",
		s.tokens(dayTokens), s.tokens(dayTokens), s.tokens(projectTokens))
	g := s.google
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, property := range slices.Sorted(maps.Keys(g.spent)) {
		e := g.spent[property]
		day, realtime, hour := most(e.core, 24), most(e.realtime, 24), max(most(e.core, 1), most(e.realtime, 1))
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%s\t%d\t%s\t%d\t%s\t%d\t%d\t\n", property, s.tally.views["site-"+property], e.requests,
			day, percent(day, s.tokens(dayTokens)), realtime, percent(realtime, s.tokens(dayTokens)), hour, percent(hour, s.tokens(projectTokens)), e.refused, e.failed)
	}
}

// tokens is what a property has of a quota in this simulation.
func (s *simulated) tokens(standard int) int { return int(s.quota * float64(standard)) }

func percent(n, of int) string { return fmt.Sprintf("%.2f %%", 100*float64(n)/float64(of)) }

func (t *tally) printAges(w io.Writer) {
	all := 0
	for _, ages := range t.ages {
		all += sum(ages)
	}
	fmt.Fprint(w, "\nanswers\tpanels\tshare\tmedian age\t99 % are below\tworst age\t\n")
	for _, class := range slices.Sorted(maps.Keys(t.ages)) {
		ages := t.ages[class]
		fmt.Fprintf(w, "%s\t%d\t%s\t%v\t%v\t%v\t\n", class, sum(ages), percent(sum(ages), all), quantile(ages, 0.5), quantile(ages, 0.99), quantile(ages, 1))
	}
}

func sum[K comparable](counts map[K]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

// quantile returns the age that the part q of the answers do not exceed.
func quantile(ages map[int]int, q float64) time.Duration {
	left := int(q * float64(sum(ages)-1))
	for _, age := range slices.Sorted(maps.Keys(ages)) {
		if left -= ages[age]; left < 0 {
			return time.Duration(age) * time.Second
		}
	}
	return 0
}

// labelled returns the values of a counter with one label.
func (t *tally) labelled(name, label string) map[string]int {
	values := map[string]int{}
	for line, n := range t.metrics {
		if value, ok := strings.CutPrefix(line, name+"{"+label+`="`); ok {
			values[strings.TrimSuffix(value, `"}`)] = int(n)
		}
	}
	return values
}

func printCounts(w io.Writer, what string, counts map[string]int) {
	fmt.Fprintf(w, "\n%s\tquestions\tshare\t\n", what)
	all := sum(counts)
	for _, name := range byCount(counts) {
		fmt.Fprintf(w, "%s\t%d\t%s\t\n", name, counts[name], percent(counts[name], all))
	}
}

func byCount(counts map[string]int) []string {
	return slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b))
	})
}

func (t *tally) printErrors(w io.Writer) {
	if len(t.errors) == 0 {
		fmt.Fprintln(w, "\nNo refusals, no errors.")
		return
	}
	fmt.Fprintln(w, "\nRefusals and errors:")
	for _, what := range byCount(t.errors) {
		fmt.Fprintf(w, "%10d  %s\n", t.errors[what], what)
	}
}
