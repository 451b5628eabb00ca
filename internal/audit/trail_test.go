package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
	"github.com/oriel-server/oriel/internal/report/reporttest"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 123e6, time.UTC)

var discard = slog.New(slog.DiscardHandler)

func clock() time.Time { return noon }

// open opens a trail in a file; it is closed at the test's end.
func open(t testing.TB, path string) *Trail {
	t.Helper()
	trail, err := Open(Config{Path: path, Required: true, Clock: clock, Logger: discard})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = trail.Close() })
	return trail
}

func fileOf(t testing.TB) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "audit.jsonl")
}

func mint(t testing.TB, trail *Trail, session string) {
	t.Helper()
	if err := trail.Events().Record(t.Context(), access.Event{Time: noon, Kind: access.EventMint, Session: session}); err != nil {
		t.Fatal(err)
	}
}

func read(trail *Trail, session string) {
	trail.Decisions().Record(context.Background(), policy.Decision{Time: noon, Method: "report", Session: session, View: "shop", Query: &question30})
}

var question30 = report.Query{
	Dimensions: []report.Dimension{{Name: "date"}, {Name: "country"}},
	Metrics:    []report.Metric{{Name: "sessions"}, {Name: "totalUsers"}},
	DateRanges: []report.DateRange{{StartDate: "2026-10-24", EndDate: "2026-11-22"}},
	DimensionFilter: report.And(
		&report.Filter{Condition: &report.Condition{FieldName: "hostName", String: &report.StringFilter{Value: "customer.example"}}},
		&report.Filter{Not: &report.Filter{Condition: &report.Condition{FieldName: "pagePath", String: &report.StringFilter{Value: "/secret"}}}},
	),
}

func closed(t testing.TB, trail *Trail) {
	t.Helper()
	if err := trail.Close(); err != nil {
		t.Fatal(err)
	}
}

func contents(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// verify checks texts as files, in this order.
func verify(texts ...string) (Summary, error) {
	v := Verifier{}
	for i, text := range texts {
		if err := v.Read(fmt.Sprint(i+1), strings.NewReader(text)); err != nil {
			return Summary{}, err
		}
	}
	return v.Close()
}

func whole(t testing.TB, texts ...string) Summary {
	t.Helper()
	s, err := verify(texts...)
	if err != nil {
		t.Fatalf("%v\n%s", err, strings.Join(texts, "---\n"))
	}
	return s
}

// TestLines: every member that a line may have, and nothing else.
func TestLines(t *testing.T) {
	requester := policy.Requester{Request: "r1", Address: netip.MustParseAddr("192.0.2.7")}
	refused := report.Errorf(report.Forbidden, `"secret": no such field`)
	for _, c := range []struct {
		name string
		line []byte
		want string
	}{
		{"read", appendDecision(nil, &policy.Decision{Time: noon, Method: "report", Requester: requester, Host: "intranet", Session: "s", Subject: "anna", Origin: "https://a.example",
			View: "shop", Dashboard: "d", Query: &question30, Clipped: true, Rows: 30}, false),
			`"event":"read","outcome":"ok","request":"r1","host":"intranet","session":"s","subject":"anna","origin":"https://a.example","method":"report","view":"shop","dashboard":"d",` +
				`"dimensions":["date","country"],"metrics":["sessions","totalUsers"],"filters":["hostName","pagePath"],"ranges":["2026-10-24..2026-11-22"],"clipped":true,"rows":30`},
		{"dashboard", appendDecision(nil, &policy.Decision{Time: noon, Method: "dashboard", View: "shop", Dashboard: "d", Panels: []policy.PanelDecision{
			{Name: "line", Query: &question30, Rows: 30},
			{Name: "now", Query: &report.Query{Metrics: []report.Metric{{Name: "activeUsers"}}}, Clipped: true, Err: errors.New("secret")},
			{Name: "old", Query: &report.Query{}, Refused: true, Err: refused},
		}}, false),
			`"event":"read","outcome":"ok","method":"dashboard","view":"shop","dashboard":"d","panels":[` +
				`{"panel":"line","rows":30,"dimensions":["date","country"],"metrics":["sessions","totalUsers"],"filters":["hostName","pagePath"],"ranges":["2026-10-24..2026-11-22"]},` +
				`{"panel":"now","outcome":"failed","kind":"internal","metrics":["activeUsers"],"clipped":true},{"panel":"old","outcome":"refused","kind":"forbidden"}]`},
		{"address", appendDecision(nil, &policy.Decision{Time: noon, Method: "views", Requester: requester}, true),
			`"event":"read","outcome":"ok","request":"r1","address":"192.0.2.7","method":"views"`},
		{"export", appendDecision(nil, &policy.Decision{Time: noon, Method: "report", Requester: policy.Requester{Export: true}, Query: &report.Query{}}, false),
			`"event":"export","outcome":"ok","method":"report","rows":0`},
		{"refused", appendDecision(nil, &policy.Decision{Time: noon, Method: "report", Query: &report.Query{
			MetricFilter: &report.Filter{OrGroup: &report.FilterList{Expressions: []*report.Filter{{Condition: &report.Condition{FieldName: "m"}}, {Condition: &report.Condition{FieldName: "m"}}}}},
			OrderBys:     []report.OrderBy{{Metric: &report.MetricOrder{MetricName: "a"}}, {Dimension: &report.DimensionOrder{DimensionName: "b"}}}, DateRanges: []report.DateRange{{StartDate: "a\"b", EndDate: "today"}}},
			Refused: true, Err: refused}, false),
			`"event":"refuse","outcome":"refused","kind":"forbidden","method":"report","filters":["m"],"orders":["a","b"],"ranges":["a\"b..today"]`},
		{"failed", appendDecision(nil, &policy.Decision{Time: noon, Method: "fields", Err: errors.New("secret")}, false),
			`"event":"read","outcome":"failed","kind":"internal","method":"fields"`},
		{"mint", appendEvent(nil, &access.Event{Time: noon, Kind: access.EventMint, Host: "h", Key: "k", Session: "s", Subject: "x", Origin: "o", Views: []string{"a", "b"}, Dashboards: []string{"c"}, Detail: "d", Requester: requester}, true),
			`"event":"mint","outcome":"ok","request":"r1","address":"192.0.2.7","host":"h","key":"k","session":"s","subject":"x","origin":"o","views":["a","b"],"dashboards":["c"],"detail":"d"`},
		{"bad token", appendEvent(nil, &access.Event{Time: noon, Kind: access.EventRefuse, Err: report.Errorf(report.Unauthenticated, "It has expired.").Because(errors.New("secret"))}, false),
			`"event":"refuse","outcome":"refused","kind":"unauthenticated","reason":"It has expired."`},
		{"bad request", appendEvent(nil, &access.Event{Time: noon, Kind: access.EventRefuse, Err: refused}, false),
			`"event":"refuse","outcome":"refused","kind":"forbidden"`},
	} {
		if got, want := string(c.line), `"time":"2026-11-23T12:00:00.123Z",`+c.want; got != want {
			t.Errorf("%s\ngot  %s\nwant %s", c.name, got, want)
		}
	}
}

// TestEveryNameIsOnTheLine: whatever field a question reads is on record, and no
// value that it compares to.
func TestEveryNameIsOnTheLine(t *testing.T) {
	q := reporttest.Full()
	for _, l := range reporttest.Leaves(&q) {
		if l.NamesField() {
			l.SetText("other") // a line names 20 of a kind
		}
	}
	reporttest.EachLeaf(t, &q, func(l reporttest.Leaf) {
		if _, ok := l.Text(); !ok {
			return
		}
		l.SetText("secretname")
		line := string(appendDecision(nil, &policy.Decision{Time: noon, Method: "report", Query: &q}, false))
		switch on := strings.Contains(line, "secretname"); {
		case l.NamesField() && !on:
			t.Errorf("%s is not on the line", l.Path)
		case on && (l.Member == "StringFilter.Value" || l.Member == "InListFilter.Values" || l.Member == "ConcatenateExpression.Delimiter"):
			t.Errorf("%s is on the line", l.Path)
		}
	})
}

// Nothing that a hostile question holds makes a line long.
func TestLinesAreBounded(t *testing.T) {
	long, q := strings.Repeat("\x01", 1<<14), report.Query{}
	for i := range 1000 {
		name := fmt.Sprint(i, long)
		q.Dimensions = append(q.Dimensions, report.Dimension{Name: name})
		q.Metrics = append(q.Metrics, report.Metric{Name: name})
		q.DateRanges = append(q.DateRanges, report.DateRange{StartDate: name, EndDate: name})
		q.OrderBys = append(q.OrderBys, report.OrderBy{Metric: &report.MetricOrder{MetricName: name}})
		q.DimensionFilter = report.And(q.DimensionFilter, &report.Filter{Condition: &report.Condition{FieldName: name}})
	}
	d := policy.Decision{Time: noon, Method: long, Host: long, Session: long, Subject: long, Origin: long, View: long, Dashboard: long, Query: &q, Refused: true, Err: errors.New(long)}
	if got := len(appendDecision(nil, &d, true)); got > 64<<10 {
		t.Errorf("%d bytes", got)
	}
}

func TestATrailIsWhole(t *testing.T) {
	path := fileOf(t)
	for range 3 {
		trail := open(t, path)
		for i := range 50 {
			mint(t, trail, fmt.Sprint("m", i))
			read(trail, fmt.Sprint("r", i))
		}
		closed(t, trail)
	}
	text := contents(t, path)
	s := whole(t, text)
	if s.Lines != 3*102 || s.First != 1 || s.After != "" || s.Head.Seq != 3*102 {
		t.Errorf("%+v", s)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	for _, secret := range []string{"customer.example", "/secret"} {
		if strings.Contains(text, secret) {
			t.Errorf("a filter's value, %s, is in the trail", secret)
		}
	}
}

// What Record returned from is in the file, and so is what came before.
func TestMintsAreWrittenThrough(t *testing.T) {
	path := fileOf(t)
	trail := open(t, path)
	read(trail, "before")
	mint(t, trail, "this")
	text := contents(t, path)
	if b, m := strings.Index(text, `"before"`), strings.Index(text, `"this"`); b < 0 || m < b {
		t.Errorf("%s", text)
	}
	if got, want := trail.Head(), whole(t, text).Head; got != want {
		t.Errorf("the head is %v, the file's %v", got, want)
	}
}

func TestManyRecorders(t *testing.T) {
	path := fileOf(t)
	trail := open(t, path)
	var all sync.WaitGroup
	for g := range 16 {
		all.Go(func() {
			for i := range 300 {
				read(trail, fmt.Sprint(g, "-", i))
				if i%10 == 0 {
					mint(t, trail, fmt.Sprint(g, "-", i))
				}
			}
		})
	}
	all.Wait()
	closed(t, trail)
	text := contents(t, path)
	if s := whole(t, text); s.Lines != 16*330+2 || s.Lost != 0 {
		t.Errorf("%+v", s)
	}
	for g := range 16 {
		if !strings.Contains(text, fmt.Sprintf(`"session":"%d-299"`, g)) {
			t.Errorf("the last read of %d is missing", g)
		}
	}
}

// A change of the configuration is recorded once, also after a sudden end, and
// with the file in which it was recorded renamed away.
func TestConfigurationChanges(t *testing.T) {
	path := fileOf(t)
	run := func(configuration string, end func(*Trail)) {
		trail, err := Open(Config{Path: path, Required: true, Clock: clock, Logger: discard, Configuration: configuration})
		if err != nil {
			t.Fatal(err)
		}
		end(trail)
		closed(t, trail)
	}
	nothing := func(*Trail) {}
	run("one", nothing)
	run("one", nothing)
	run("two", nothing)
	if got := strings.Count(contents(t, path), `"event":"configuration"`); got != 2 {
		t.Errorf("%d changes, want 2\n%s", got, contents(t, path))
	}
	run("two", func(trail *Trail) {
		if err := os.Rename(path, path+".1"); err != nil {
			t.Fatal(err)
		}
		mint(t, trail, "s")
	})
	run("two", nothing)
	if text := contents(t, path); strings.Contains(text, `"event":"configuration"`) {
		t.Errorf("it did not change\n%s", text)
	}
	whole(t, contents(t, path+".1"), contents(t, path))
}

func TestStreams(t *testing.T) {
	var b bytes.Buffer
	for range 2 {
		trail, err := Open(Config{Stream: &b, Required: true, Clock: clock, Logger: discard})
		if err != nil {
			t.Fatal(err)
		}
		mint(t, trail, "s")
		closed(t, trail)
	}
	if _, err := verify(b.String()); err == nil {
		t.Error("a chain that begins anew is found whole")
	}
	v := Verifier{Restarts: true}
	if err := v.Read("", &b); err != nil {
		t.Error(err)
	}
	if s, err := v.Close(); err != nil || s.Lines != 6 || s.Restarts != 1 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestFloodsAreSummed(t *testing.T) {
	path := fileOf(t)
	trail := open(t, path)
	for i := range 5000 {
		from := policy.Requester{Address: netip.AddrFrom4([4]byte{192, 0, 2, byte(i)})}
		trail.Decisions().Record(t.Context(), policy.Decision{Time: noon, Method: "report", Requester: from, Refused: true, Err: report.Errorf(report.Unauthenticated, "")})
		if err := trail.Events().Record(t.Context(), access.Event{Time: noon, Kind: access.EventRefuse, Requester: from}); err != nil {
			t.Fatal(err)
		}
	}
	for range 100 {
		read(trail, "s") // whose session is good loses nothing
	}
	closed(t, trail)
	text := contents(t, path)
	if s := whole(t, text); s.Suppressed != 10_000-restBurst || trail.Stats().Suppressed != s.Suppressed {
		t.Errorf("%+v", s)
	}
	if got := strings.Count(text, `"event":"refuse"`); got != restBurst {
		t.Errorf("%d refusals", got)
	}
	if got := strings.Count(text, `"event":"read"`); got != 100 {
		t.Errorf("%d reads", got)
	}
}

func TestNoTrail(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"another file", "listen: 127.0.0.1:8080\n", "this is not an audit trail"},
		{"other JSON", `{"seq":1}` + "\n", "this is not an audit trail"},
		{"a folder", "", "is a directory"},
	} {
		path := fileOf(t)
		if c.text == "" {
			path = t.TempDir()
		} else if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(Config{Path: path, Required: true, Clock: clock, Logger: discard})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", c.name, err)
		}
		if c.text != "" && contents(t, path) != c.text {
			t.Errorf("%s: it was written to", c.name)
		}
	}
}

func TestAfterTheEnd(t *testing.T) {
	path := fileOf(t)
	trail := open(t, path)
	closed(t, trail)
	before := contents(t, path)
	if err := trail.Events().Record(t.Context(), access.Event{Kind: access.EventMint}); err == nil {
		t.Error("a mint after the end is recorded")
	}
	read(trail, "s")
	closed(t, trail)
	if got := contents(t, path); got != before {
		t.Errorf("%s", got)
	}
}

func BenchmarkRead(b *testing.B) {
	trail := open(b, fileOf(b))
	recorder := trail.Decisions()
	d := policy.Decision{
		Time: noon, Method: "report", Requester: policy.Requester{Request: "0123456789abcdef"}, Host: "intranet", Session: "ZGVjaXNpb25zLW9mLWEtdmlldw",
		Origin: "https://host.example", View: "site", Query: &question30, Rows: 30,
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		recorder.Record(b.Context(), d)
		if i%1000 == 0 { // all that it costs: hashing and writing too
			if err := trail.writeNow(b.Context(), nil); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkMint(b *testing.B) {
	trail := open(b, fileOf(b))
	recorder := trail.Events()
	e := access.Event{Time: noon, Kind: access.EventMint, Session: "ZGVjaXNpb25zLW9mLWEtdmlldw", Origin: "https://host.example", Views: []string{"site"}}
	b.ReportAllocs()
	for b.Loop() {
		if err := recorder.Record(b.Context(), e); err != nil {
			b.Fatal(err)
		}
	}
}
