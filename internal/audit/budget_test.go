package audit

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

// countsOf returns the counts of a trail's lines of an event, by the member of that name.
func countsOf(t *testing.T, text, event, member string) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for line := range strings.Lines(text) {
		var l map[string]any
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		if l["event"] == event {
			n, summed := l["count"].(float64)
			if !summed {
				n = 1
			}
			counts[fmt.Sprint(l[member])] += int(n)
		}
	}
	return counts
}

// TestAnonymousReadsAreSummed: however much an anonymous session reads and renews, its
// lines stay within their budget, none is uncounted, and hosts' sessions have all theirs.
func TestAnonymousReadsAreSummed(t *testing.T) {
	path := fileOf(t)
	trail := open(t, path)
	const n = 5000
	for range n {
		read(trail, "stranger")
		trail.Decisions().Record(t.Context(), policy.Decision{Time: noon, Method: "report", Host: "portal", Session: "customer", View: "shop", Query: &question30})
		if err := trail.Events().Record(t.Context(), access.Event{Time: noon, Kind: access.EventRenew, Session: "stranger"}); err != nil {
			t.Fatal(err)
		}
	}
	closed(t, trail)
	text := contents(t, path)
	bySession := countsOf(t, text, "read", "session")
	if bySession["customer"] != n || bySession["stranger"] == 0 {
		t.Errorf("%v", bySession)
	}
	summed, renewed := countsOf(t, text, "reads", "view"), countsOf(t, text, "renews", "outcome")
	if bySession["stranger"]+summed["shop"] != n || renewed["ok"]+countsOf(t, text, "renew", "session")["stranger"] != n {
		t.Errorf("%v, %v, %v: not all are counted", bySession, summed, renewed)
	}
	bytes := 0
	for line := range strings.Lines(text) {
		if strings.Contains(line, `"stranger"`) {
			bytes += len(line)
		}
	}
	if bytes > 2*sessionBytes { // the budget is of lines without number and hash
		t.Errorf("%d bytes of one anonymous session", bytes)
	}
	if s := whole(t, text); s.Summed != uint64(summed["shop"]+renewed["ok"]) {
		t.Errorf("%+v", s)
	}
}

// TestKnownRefusalsHaveLines: a flood from one address, and of one session, leaves the
// refusals of others their lines; what has no line is counted by kind.
func TestKnownRefusalsHaveLines(t *testing.T) {
	path := fileOf(t)
	trail := open(t, path)
	refuse := func(session, host, key, address string, kind report.Kind) {
		_ = trail.Events().Record(t.Context(), access.Event{Time: noon, Kind: access.EventRefuse, Session: session, Host: host, Key: key,
			Requester: policy.Requester{Address: netip.MustParseAddr(address)}, Err: report.Errorf(kind, "no")})
	}
	for range 10_000 {
		refuse("", "", "", "192.0.2.1", report.Unauthenticated)
	}
	for range 5000 {
		refuse("busy", "portal", "", "192.0.2.2", report.Forbidden)
	}
	refuse("", "", "", "192.0.2.3", report.NotFound)
	refuse("quiet", "portal", "", "192.0.2.1", report.Forbidden)
	refuse("", "portal", "fingerprint", "192.0.2.1", report.Forbidden)
	closed(t, trail)
	text := contents(t, path)
	whole(t, text)
	if got := countsOf(t, text, "refuse", "session"); got["quiet"] != 1 || got["busy"] != knownBurst || got["<nil>"] != addressBurst+2 {
		t.Errorf("%v", got)
	}
	if got := countsOf(t, text, "refuse", "key"); got["fingerprint"] != 1 {
		t.Errorf("%v", got)
	}
	if got := countsOf(t, text, "suppressed", "kind"); got["unauthenticated"] != 10_000-addressBurst || got["forbidden"] != 5000-knownBurst {
		t.Errorf("%v", got)
	}
	if got := countsOf(t, text, "suppressed", "session"); got["busy"] != 5000-knownBurst {
		t.Errorf("%v", got)
	}
}

// BenchmarkReadOverBudget is a read that is only counted.
func BenchmarkReadOverBudget(b *testing.B) {
	trail := open(b, fileOf(b))
	for range 1000 {
		read(trail, "stranger")
	}
	b.ReportAllocs()
	for b.Loop() {
		read(trail, "stranger")
	}
}
