package ua

import (
	"strings"
	"testing"

	"github.com/oriel-server/oriel/internal/report"
)

// placeholders stand for configuration in the table's formulas.
var placeholders = strings.NewReplacer("<goal n>", "keyEvents:x", "<metric n>", "customEvent:x", "<calculated n>", "sessions", "<dimension n>", "customEvent:x", "<n>", "")

func TestTableIsSound(t *testing.T) {
	if got := len(Names()); got != 650 {
		t.Errorf("%d names instead of 650", got)
	}
	types := []string{"STRING", "INTEGER", "PERCENT", "TIME", "CURRENCY", "FLOAT"}
	seen := map[string]bool{}
	for _, n := range Names() {
		if seen[strings.ToLower(n.Name)] {
			t.Errorf("%s stands twice", n.Name)
		}
		seen[strings.ToLower(n.Name)] = true
		if !strings.Contains(strings.Join(types, " "), n.Type) || n.Dimension != (n.Type == "STRING") {
			t.Errorf("%s: type %q", n.Name, n.Type)
		}
		if (n.Fidelity == None) != (n.GA4 == "") {
			t.Errorf("%s is %s and answered by %q", n.Name, n.Fidelity, n.GA4)
		}
		if n.Transform != "" && n.Transform != "x100" && transforms[n.Transform].description == "" {
			t.Errorf("%s: no words for transform %q", n.Name, n.Transform)
		}
		if n.Fidelity != None {
			checkAnswer(t, n)
		}
	}
}

func checkAnswer(t *testing.T, n Name) {
	t.Helper()
	ga4 := placeholders.Replace(n.GA4)
	if n.Dimension {
		raw := strings.Fields(ga4)
		if got := transformOf(n.Transform).render(make([]string, len(raw))); n.Transform == "" && (len(raw) != 1 || got != "") {
			t.Errorf("%s is direct and answered by %q", n.Name, n.GA4)
		}
		return
	}
	f, err := parseFormula(ga4)
	if err != nil {
		t.Errorf("%s: %v", n.Name, err)
		return
	}
	if _, direct := f.direct(); direct != (n.Fidelity != Computed) && !strings.ContainsAny(n.GA4, "<[") {
		t.Errorf("%s is %s and answered by %q", n.Name, n.Fidelity, n.GA4)
	}
}

// TestEveryNameTranslates asks for each name alone: an answer or an error that
// names it.
func TestEveryNameTranslates(t *testing.T) {
	o := testOptions()
	o.Goals[1], o.Dimensions[1], o.Metrics[1], o.Calculated["X"] = "purchase", "customEvent:author", "customEvent:words", "sessions/2"
	fill := strings.NewReplacer("XX", "1", "<NAME>", "X")
	for _, n := range Names() {
		requested := strings.ToUpper(fill.Replace(n.Name)[:3]) + fill.Replace(n.Name)[3:]
		q := Query{Realtime: strings.HasPrefix(n.Name, "rt:"), StartDate: "today", EndDate: "today", IncludeEmptyRows: true, StartIndex: 1, MaxResults: 10}
		if n.Dimension {
			q.Dimensions, q.Metrics = []string{requested}, []string{n.Name[:3] + "pageviews"}
		} else {
			q.Metrics = []string{requested}
		}
		_, err := Translate(q, o)
		if (err != nil) != (n.Fidelity == None) {
			t.Errorf("%s, %s: %v", requested, n.Fidelity, err)
		}
		if err != nil && !strings.Contains(err.Error(), requested) {
			t.Errorf("%s: the error does not name it: %v", requested, err)
		}
		if err != nil && n.Nearest != "" && !strings.Contains(err.Error(), n.Nearest) {
			t.Errorf("%s: the error does not name %s: %v", requested, n.Nearest, err)
		}
	}
}

func TestEditDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"sesions", "sessions", 1}, {"abc", "cba", 2}, {"abcdefgh", "x", 5}} {
		if got := editDistance(c.a, c.b, 5); got != c.want {
			t.Errorf("from %q to %q: %d instead of %d", c.a, c.b, got, c.want)
		}
	}
}

func TestFormula(t *testing.T) {
	values := map[metricRef]float64{{Metric: "a"}: 6, {Metric: "b"}: 3, {Metric: "a", Where: where{"eventName", "e"}}: 2, {Metric: "a", Where: where{"sessionMedium", "organic"}}: 4, {Metric: "keyEvents:buy"}: 5}
	for text, want := range map[string]float64{
		"a": 6, "a/b": 2, "a-b-1": 2, "a/b/2": 1, "a+b*2": 12, "(a+b)*2": 18, "a/(b-3)": 0, "a[eventName==e]*1.5": 3, "a[sessionMedium==organic]/2": 2, "keyEvents:buy/1": 5, " a + b ": 9, "missing": 0,
	} {
		f, err := parseFormula(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := f.eval(func(ref metricRef) float64 { return values[ref] }); got != want {
			t.Errorf("%s is %v instead of %v", text, got, want)
		}
	}
	for _, text := range []string{"", "a+", "a b", "(a", "a)", "+a", "a//b", "a$", strings.Repeat("(", 100) + "a"} {
		if _, err := parseFormula(text); err == nil {
			t.Errorf("%q is a formula", text)
		}
	}
}

func TestOptionsValidate(t *testing.T) {
	for _, c := range []struct {
		options Options
		ok      bool
	}{
		{Options{}, true},
		{Options{PagePath: "pagePath"}, true},
		{Options{PagePath: "pageTitle"}, false},
		{Options{Calculated: map[string]string{"A": "sessions/totalUsers"}}, true},
		{Options{Calculated: map[string]string{"A": "sessions/"}}, false},
	} {
		if err := c.options.Validate(); (err == nil) != c.ok {
			t.Errorf("%+v: %v", c.options, err)
		}
	}
}

func TestAsError(t *testing.T) {
	for _, c := range []struct {
		kind   report.Kind
		code   int
		reason string
	}{
		{report.Invalid, 400, "badRequest"},
		{report.Unauthenticated, 401, "authError"},
		{report.Forbidden, 403, "insufficientPermissions"},
		{report.NotFound, 403, "insufficientPermissions"},
		{report.RateLimited, 403, "userRateLimitExceeded"},
		{report.Quota, 403, "quotaExceeded"},
		{report.Misconfigured, 503, "backendError"},
		{report.Unavailable, 503, "backendError"},
		{report.Internal, 500, "internalServerError"},
	} {
		e := AsError(report.Errorf(c.kind, "said"))
		if e.Code != c.code || e.Reason != c.reason || e.Message == "" || !strings.Contains(string(e.Body()), `"reason":"`+c.reason+`"`) {
			t.Errorf("%v: %+v", c.kind, e)
		}
	}
	if body := string(AsError(report.Errorf(report.Unauthenticated, "x")).Body()); !strings.Contains(body, `"locationType":"header"`) {
		t.Errorf("no header is named: %s", body)
	}
}
