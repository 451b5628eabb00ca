package app

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The lines of a file that leaves everything open, each with the line of doctor about it.
const openFile = `public_url: https://oriel.example # 1: trusted_proxies: [127.0.0.1/32]
operator: {listen: "0.0.0.0:9090"} # 2: operator.listen, such as 127.0.0.1:9090
audit: {file: audit.jsonl} # 3: chmod o-rwx
accounts: {agency: {key_file: key.json}}
hosts:
  portal:
    api_keys: ["0000000000000000000000000000000000000000000000000000000000000001"]
    views: ["*"] # 8: hosts.portal.views
  museum: {api_keys: ["0000000000000000000000000000000000000000000000000000000000000002"], views: [museum, desktop]}
views:
  shop: {property: '412600303', filter: country==Japan} # 0
  museum: {property: '412600302'} # 12: views.museum.filter
  site:
    property: '412600302'
    public: true
    origins: ["https://www.example.com"]
    filter: country==Japan
    fields: {allow: [sessions, grossPurchaseRevenue], deny: [purchaseRevenue]} # 18: family:revenue
  desktop: {property: '412600302', filter: deviceCategory==desktop}
dashboards:
  shared:
    views: [shop, museum] # 22: "views": ["shop"]
    panels: [{type: scorecard, metrics: [sessions]}]
  own: {views: [museum, desktop], panels: [{type: scorecard, metrics: [sessions]}]}
`

// TestDoctorNamesWhatIsOpen: each thing that a configuration leaves open is named once, with its
// line and what to write.
func TestDoctorNamesWhatIsOpen(t *testing.T) {
	path := write(t, openFile)
	check(t, os.Chmod(path, 0o600))
	trail := filepath.Join(filepath.Dir(path), "audit.jsonl")
	check(t, os.WriteFile(trail, nil, 0o600))
	check(t, os.Chmod(trail, 0o644))
	c, err := ReadConfig(path)
	check(t, err)
	open := c.Security()
	want := 0
	for i, line := range strings.Split(openFile, "\n") {
		_, note, _ := strings.Cut(line, " # ")
		at, words, ok := strings.Cut(note, ": ")
		if !ok {
			continue
		}
		want++
		if fmt.Sprint(i+1) != at {
			t.Fatalf("line %d says that it is %s", i+1, at)
		}
		if n := countLines(open, path+":"+at+": ", words); n != 1 {
			t.Errorf("%d lines about line %s with %q:\n%s", n, at, words, strings.Join(open, "\n"))
		}
	}
	if len(open) != want {
		t.Errorf("%d lines, want %d:\n%s", len(open), want, strings.Join(open, "\n"))
	}
}

func countLines(lines []string, prefix, words string) (n int) {
	for _, line := range lines {
		if strings.HasPrefix(line, prefix) && strings.Contains(line, words) {
			n++
		}
	}
	return n
}

// TestDoctorPraisesWhatIsClosed: nothing is said about a file that leaves nothing open.
func TestDoctorPraisesWhatIsClosed(t *testing.T) {
	path := write(t, `public_url: https://oriel.example
trusted_proxies: [127.0.0.1/32]
accounts: {agency: {key_file: key.json}}
hosts: {portal: {api_keys: ["0000000000000000000000000000000000000000000000000000000000000001"], views: [a, b]}}
views:
  a: {property: '1', filter: country==Japan}
  b: {property: '1', filter: country==France}
  c: {property: '2', public: true, origins: ["https://www.example.com"], fields: {allow: [sessions]}}
dashboards:
  d: {views: [a, b], panels: [{type: scorecard, metrics: [sessions]}]}
`)
	check(t, os.Chmod(path, 0o600))
	c, err := ReadConfig(path)
	check(t, err)
	if open := c.Security(); len(open) > 0 {
		t.Errorf("open: %s", strings.Join(open, "\n"))
	}
}

// TestDoctorOfManyViewsIsBounded: what doctor asks about each view runs a few at once, and what an
// account can read is asked once for all its views.
func TestDoctorOfManyViewsIsBounded(t *testing.T) {
	const views = 100
	path, _, crowd := crowded(t, views, "")
	a, err := start(t, path)
	check(t, err)
	n := 0
	for f := range a.Examine(t.Context(), time.Minute) {
		check(t, f.Err)
		n++
	}
	if most := crowd.most.Load(); n != views || most > checksAtOnce {
		t.Errorf("%d views, %d requests at once", n, most)
	}
	if lists := crowd.lists.Load(); lists != 1 {
		t.Errorf("the account's properties were listed %d times", lists)
	}
}
