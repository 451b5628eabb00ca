package emulator

import (
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
)

// The README's table of the control endpoint names only what there is, and
// all of it.
func TestREADMENamesTheControlEndpoint(t *testing.T) {
	b, err := os.ReadFile("README.md")
	must(t, err)
	_, section, ok := strings.Cut(string(b), "## The control endpoint")
	if !ok {
		t.Fatal("no section on the control endpoint")
	}
	mux, ok := newLab(t).emulator.Control().(*http.ServeMux)
	if !ok {
		t.Fatal("Control is no ServeMux")
	}
	documented := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(GET|PUT|POST|DELETE) ([^`]+)`").FindAllStringSubmatch(section, -1) {
		path := strings.NewReplacer("{", "", "}", "").Replace(m[2])
		_, pattern := mux.Handler(httptest.NewRequest(m[1], path, nil))
		if pattern == "" {
			t.Errorf("%s %s does not exist", m[1], m[2])
		}
		documented[pattern] = true
	}
	source, err := os.ReadFile("control.go")
	must(t, err)
	for _, m := range regexp.MustCompile(`(?m)^\t\t"([A-Z]+ /[^"]+)":`).FindAllStringSubmatch(string(source), -1) {
		if !documented[m[1]] {
			t.Errorf("%s is not in README.md", m[1])
		}
	}
	if len(documented) != 19 {
		t.Errorf("%d paths documented", len(documented))
	}
}

// The pages name no path that is gone, and the list of gaps covers what is
// answered with 501.
func TestNOTEMULATEDNamesTheGaps(t *testing.T) {
	b, err := os.ReadFile("NOT-EMULATED.md")
	must(t, err)
	for _, gap := range []string{
		"runAccessReport", "Audience exports", "cohortSpec", "`callback`", "`alt`",
	} {
		if !strings.Contains(string(b), gap) {
			t.Errorf("NOT-EMULATED.md does not name %s", gap)
		}
	}
}
