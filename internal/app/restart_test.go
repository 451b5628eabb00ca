package app

import (
	"database/sql"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/emulator"
	"github.com/oriel-server/oriel/internal/report"
)

const museum = "  museum: {property: '412600302'}\n"

// october is a question about days that are final.
var october = report.NewQuestion(report.Query{
	Account: "agency", Property: "412600302", Metrics: []report.Metric{{Name: "sessions"}},
	DateRanges: []report.DateRange{{StartDate: "2026-10-01", EndDate: "2026-10-31"}},
}, nil)

func wired(t *testing.T, path string) *App {
	t.Helper()
	a, err := start(t, path)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// operators returns what the second listener answers.
func operators(t *testing.T, a *App, path string) string {
	t.Helper()
	w := httptest.NewRecorder()
	a.server.Operator().ServeHTTP(w, httptest.NewRequest("GET", "http://127.0.0.1"+path, nil))
	if w.Code != 200 {
		t.Errorf("%s: %d", path, w.Code)
	}
	return w.Body.String()
}

// TestRestartIsWarm: a server that starts again does not ask Google again, and
// answers although Google fails.
func TestRestartIsWarm(t *testing.T) {
	path, google := against(t, museum)
	first := wired(t, path)
	before, err := first.cache.Report(t.Context(), october)
	if err != nil {
		t.Fatal(err)
	}
	zone, err := first.catalog.Property(t.Context(), "agency", "412600302")
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(filepath.Dir(path), "oriel-cache.db"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v", info, err)
	}
	if err := google.SetFault("*", emulator.Fault{Status: 503, Rate: 1}); err != nil {
		t.Fatal(err)
	}
	second := wired(t, path)
	after, err := second.cache.Report(t.Context(), october)
	if err != nil || string(after.Body) != string(before.Body) || !after.FetchedAt.Equal(before.FetchedAt) {
		t.Errorf("%+v, %v; want the answer of before", after, err)
	}
	if p, err := second.catalog.Property(t.Context(), "agency", "412600302"); err != nil || p.TimeZone.String() != zone.TimeZone.String() {
		t.Errorf("%+v, %v; want the time zone of before", p, err)
	}
	metrics := operators(t, second, "/metrics")
	for _, want := range []string{
		"oriel_cache_disk_hits_total 1", `oriel_cache_entries{tier="disk"} 2`, `oriel_cache_entries{tier="memory"} 1`,
		`oriel_cache_bytes{tier="disk"} `, "oriel_cache_disk_degraded 0", "oriel_cache_disk_dropped_total 0",
	} {
		if !strings.Contains(metrics, "\n"+want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
}

func TestWithoutACacheFile(t *testing.T) {
	for _, value := range []string{"none", "''"} {
		path, _ := against(t, museum+"cache: {file: "+value+"}\n")
		a := wired(t, path)
		if _, err := a.cache.Report(t.Context(), october); err != nil {
			t.Fatal(err)
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		names, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*cache*"))
		if err != nil || len(names) != 0 {
			t.Errorf("file: %s makes %v, %v", value, names, err)
		}
	}
}

// TestTwoServersOnOneCacheFile: the second works from memory, says so to
// operators, and is ready.
func TestTwoServersOnOneCacheFile(t *testing.T) {
	path, _ := against(t, museum)
	wired(t, path)
	second := wired(t, path)
	if _, err := second.cache.Report(t.Context(), october); err != nil {
		t.Fatal(err)
	}
	for second.answers.Degraded() == nil {
		if t.Context().Err() != nil {
			t.Fatal("it is never told")
		}
	}
	var ready struct {
		Ready  bool
		Checks []struct {
			Name, Note string
			OK         bool
		}
	}
	if err := json.Unmarshal([]byte(operators(t, second, "/readyz")), &ready); err != nil {
		t.Fatal(err)
	}
	noted := false
	for _, c := range ready.Checks {
		noted = noted || c.Name == "cache file" && c.OK && strings.Contains(c.Note, "another process uses it")
	}
	if !ready.Ready || !noted {
		t.Errorf("/readyz: %+v", ready)
	}
	if !strings.Contains(operators(t, second, "/metrics"), "\noriel_cache_disk_degraded 1") {
		t.Error("/metrics says nothing")
	}
}

// TestCacheFileOfAnotherProgram: a path that is another's is a fault of the
// configuration, with its place.
func TestCacheFileOfAnotherProgram(t *testing.T) {
	path, _ := against(t, museum+"cache:\n  max_mb: 8\n  file: accounts.sqlite\n")
	file := filepath.Join(filepath.Dir(path), "accounts.sqlite")
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec("CREATE TABLE accounts (id)")
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	other, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, err = start(t, path)
	if err == nil || !strings.Contains(err.Error(), path+":7: cache.file: ") {
		t.Fatalf("%v", err)
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != string(other) {
		t.Error("the file was changed")
	}
}

// TestRestartDuringAnOutage: whatever answers in Google's place, a server with answers
// starts, and gives them; one that Google itself says has no access does not.
func TestRestartDuringAnOutage(t *testing.T) {
	for name, c := range map[string]struct {
		begin func(*emulator.Emulator) error
		goes  bool
	}{
		"a page with 403":       {begin: faulty(emulator.Fault{As: emulator.AsHTML, Status: 403})},
		"a login page":          {begin: faulty(emulator.Fault{As: emulator.AsRedirect})},
		"a proxy's credentials": {begin: faulty(emulator.Fault{As: emulator.AsHTML, Status: 407})},
		"the API is off":        {begin: faulty(emulator.Fault{As: emulator.AsServiceDisabled})},
		"tokens are refused":    {begin: faulty(emulator.Fault{Status: 401})},
		"no answer":             {begin: faulty(emulator.Fault{Cut: true})},
		"the account is gone":   {begin: func(google *emulator.Emulator) error { return google.RevokeAccount(robot) }},
		"access is withdrawn":   {begin: func(google *emulator.Emulator) error { return google.SetAccess(robot, "412600302", false) }, goes: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path, google := against(t, museum)
			first := wired(t, path)
			for f := range first.Check(t.Context(), time.Minute) {
				check(t, f.Err)
			}
			before, err := first.cache.Report(t.Context(), october)
			check(t, err)
			check(t, first.Close())
			check(t, c.begin(google))
			second, err := startAt(t, path, func() time.Time { return time.Now().Add(2 * time.Hour) })
			check(t, err)
			second.readStored(t.Context())
			for f := range second.Check(t.Context(), time.Minute) {
				if f.Hopeless() != c.goes || f.Stored == c.goes || (f.Unasked == nil) != c.goes {
					t.Errorf("%+v", f)
				}
			}
			_, err = second.catalog.Property(t.Context(), "agency", "412600302")
			after, askErr := second.cache.Report(t.Context(), october)
			if c.goes {
				if err == nil {
					t.Error("its time zone is known")
				}
				return
			}
			if err := errors.Join(err, askErr); err != nil || string(after.Body) != string(before.Body) {
				t.Errorf("%+v, %v; want the answer of before", after, err)
			}
		})
	}
}

// faulty makes every request to Google fail so.
func faulty(f emulator.Fault) func(*emulator.Emulator) error {
	return func(google *emulator.Emulator) error { return google.SetFault("*", f) }
}

// TestTheZoneIsChangedAtGoogle: the next answer tells, and what was fetched before is
// fetched again.
func TestTheZoneIsChangedAtGoogle(t *testing.T) {
	path, google := against(t, museum)
	a := wired(t, path)
	if _, err := a.catalog.Property(t.Context(), "agency", "412600302"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.cache.Report(t.Context(), october); err != nil {
		t.Fatal(err)
	}
	check(t, google.ChangeProperty("412600302", emulator.PropertyChange{TimeZone: "Pacific/Apia", CurrencyCode: "JPY"}))
	other := october.With(func(q *report.Query) { q.Metrics = []report.Metric{{Name: "totalUsers"}} })
	if _, err := a.cache.Report(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	p, err := a.catalog.Property(t.Context(), "agency", "412600302")
	if err != nil || p.TimeZone.String() != "Pacific/Apia" || p.CurrencyCode != "JPY" {
		t.Errorf("%+v, %v", p, err)
	}
	r, err := a.cache.Report(t.Context(), october)
	if err != nil || r.TimeZone != "Pacific/Apia" || r.Stale != "" {
		t.Errorf("%+v, %v; want an answer in days of Apia", r, err)
	}
}
