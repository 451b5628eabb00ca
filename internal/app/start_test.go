package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oriel-server/oriel/emulator"
	"github.com/oriel-server/oriel/emulator/world"
)

const withKey = "accounts:\n  agency:\n    key_file: key.json\nviews:\n  shop:\n    property: \"412600303\"\n"

// start reads the configuration at path and wires a server.
func start(t *testing.T, path string) (*App, error) {
	t.Helper()
	return startAt(t, path, time.Now)
}

// startAt is start by a clock.
func startAt(t *testing.T, path string, clock func() time.Time) (*App, error) {
	t.Helper()
	c, err := ReadConfig(path)
	if err != nil {
		return nil, err
	}
	c.Clock = clock
	a, err := New(c, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a, nil
}

// TestCredentialFaultsAtStart: the place in the configuration, the account, the key
// file, and what to do.
func TestCredentialFaultsAtStart(t *testing.T) {
	for _, c := range []struct {
		name, key string
		want      []string
	}{
		{"missing", "", []string{"key.json: there is no such key file", "create a JSON key", "IAM & Admin → Service Accounts → Keys", "or correct the path"}},
		{"cut off", `{"type": "service_account", "project_id": `, []string{"key.json:1:", "broken JSON", "was the file cut off or edited?"}},
		{"empty", " ", []string{"key.json"}},
		{"OAuth client", `{"installed":{"client_id":"x"}}`, []string{"key.json: this is an OAuth client file", "what is needed is a service account's key", "Add key → JSON"}},
		{"unknown type", `{"type": "passport"}`, []string{"key.json", `"passport"`}},
		{"no private key", `{"type": "service_account", "client_email": "a@b.iam.gserviceaccount.com"}`, []string{"key.json", "private_key"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := write(t, withKey)
			if c.key != "" {
				if err := os.WriteFile(filepath.Join(filepath.Dir(path), "key.json"), []byte(c.key), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			_, err := start(t, path)
			if err == nil {
				t.Fatal("it starts")
			}
			for _, want := range append(c.want, path+":3: ", `account "agency"`) {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v\nlacks %s", err, want)
				}
			}
		})
	}
}

func TestEveryBrokenAccountIsNamed(t *testing.T) {
	path := write(t, "accounts:\n  one:\n    key_file: 1.json\n  two:\n    key_file: 2.json\nviews:\n  shop: {property: '1', account: one}\n")
	_, err := start(t, path)
	if err == nil {
		t.Fatal("it starts")
	}
	for _, want := range []string{path + `:3: account "one"`, path + `:5: account "two"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nlacks %s", err, want)
		}
	}
}

// A key file may send its holder's assertion anywhere, unless the host is listed.
func TestKeyOfAForeignTokenHost(t *testing.T) {
	path := write(t, withKey)
	writeKey(t, filepath.Join(filepath.Dir(path), "key.json"), "https://tokens.example.com")
	_, err := start(t, path)
	if err == nil || !strings.Contains(err.Error(), path+":3: ") || !strings.Contains(err.Error(), "google.token_hosts") ||
		!strings.Contains(err.Error(), robot) || !strings.Contains(err.Error(), "tokens.example.com") {
		t.Errorf("%v", err)
	}
}

func TestBadTokenHost(t *testing.T) {
	path := write(t, "google:\n  token_hosts: ['https://x/']\n"+withKey)
	writeKey(t, filepath.Join(filepath.Dir(path), "key.json"), "https://oauth2.googleapis.com")
	_, err := start(t, path)
	if err == nil || !strings.HasPrefix(err.Error(), path+`:2: google.token_hosts: "https://x/" is neither`) {
		t.Errorf("%v", err)
	}
}

func TestUnwritableSigningKeys(t *testing.T) {
	path := write(t, "tokens:\n  keys_file: nowhere/keys.json\n"+withKey)
	writeKey(t, filepath.Join(filepath.Dir(path), "key.json"), "https://oauth2.googleapis.com")
	_, err := start(t, path)
	if err == nil || !strings.HasPrefix(err.Error(), path+":2: signing keys: ") {
		t.Errorf("%v", err)
	}
}

// against returns a configuration for the views given, lines of YAML, and the
// Google that it is about.
func against(t *testing.T, views string) (path string, google *emulator.Emulator) {
	t.Helper()
	srv := httptest.NewUnstartedServer(nil)
	host := srv.Listener.Addr().String()
	path = write(t, fmt.Sprintf("google: {data_url: 'http://%s', admin_url: 'http://%s', token_hosts: ['%s']}\n"+
		"accounts: {agency: {key_file: key.json}}\nviews:\n%s", host, host, host, views))
	google = writeKey(t, filepath.Join(filepath.Dir(path), "key.json"), "http://"+host)
	srv.Config.Handler = google.Handler()
	srv.Start()
	t.Cleanup(srv.Close)
	return path, google
}

func TestCheck(t *testing.T) {
	path, google := against(t, "  museum: {property: '412600302'}\n  lost:\n    title: Lost\n    property: '999999'\n  shop: {property: '412600303'}\n")
	if err := google.SetAccess(robot, "412600303", false); err != nil {
		t.Fatal(err)
	}
	a, err := start(t, path)
	if err != nil {
		t.Fatal(err)
	}
	findings := slices.Collect(a.Check(t.Context(), time.Minute))
	if len(findings) != 3 {
		t.Fatalf("%d findings", len(findings))
	}
	for i, view := range []string{"museum", "lost", "shop"} {
		if findings[i].View != view {
			t.Errorf("finding %d is about %s, want %s", i, findings[i].View, view)
		}
	}
	museum := findings[0]
	if museum.Err != nil || museum.Permanent() || museum.Property.TimeZone == nil || museum.Where != path+":4" {
		t.Errorf("%+v", museum)
	}
	for i, place := range map[int]string{1: path + ":7: view lost: ", 2: path + ":8: view shop: "} {
		f := findings[i]
		if f.Err == nil || !f.Permanent() {
			t.Errorf("%+v should be permanent", f)
			continue
		}
		for _, want := range []string{place, "add " + robot + " as Viewer in Admin → Property access management", "Google answered 403"} {
			if !strings.Contains(f.Err.Error(), want) {
				t.Errorf("%v\nlacks %s", f.Err, want)
			}
		}
		if strings.Contains(f.Err.Error(), "at the moment") {
			t.Errorf("%v\nspeaks to visitors", f.Err)
		}
	}
}

// What may pass by itself does not keep a server from starting.
func TestCheckOfAFailingGoogle(t *testing.T) {
	path, google := against(t, "  museum: {property: '412600302'}\n")
	if err := google.SetFault("*", emulator.Fault{Status: http.StatusServiceUnavailable, Rate: 1}); err != nil {
		t.Fatal(err)
	}
	a, err := start(t, path)
	if err != nil {
		t.Fatal(err)
	}
	if f := slices.Collect(a.Check(t.Context(), time.Minute))[0]; f.Err == nil || f.Permanent() {
		t.Errorf("%+v", f)
	}
}

// What Google refuses for a minute is asked again when the minute is over; a few
// questions run at once; what the Admin API does not list is asked about all the same.
func TestCheckIsGentle(t *testing.T) {
	const views = 60
	path, google, crowd := crowded(t, views, "")
	for _, method := range []string{"runReport", "accountSummaries"} {
		check(t, google.SetFault(method, emulator.Fault{As: emulator.AsPerMinute, Times: 3}))
	}
	a, err := startAt(t, path, func() time.Time { return time.Now().Add(time.Duration(crowd.ahead.Load())) })
	check(t, err)
	var paused atomic.Int64
	a.pause = func(_ context.Context, d time.Duration) bool {
		paused.Add(1)
		if d <= 0 || d > time.Minute {
			t.Errorf("a pause of %v", d)
		}
		google.Advance(time.Minute)
		crowd.ahead.Add(int64(time.Minute))
		return true
	}
	n := 0
	for f := range a.Check(t.Context(), time.Minute) {
		if want := fmt.Sprintf("v%d", n); f.View != want || f.Err != nil || f.Property.TimeZone == nil || f.Title != "" {
			t.Fatalf("%+v; want %s, good", f, want)
		}
		n++
	}
	if n != views || paused.Load() < 4 {
		t.Errorf("%d findings, %d pauses", n, paused.Load())
	}
	if most := crowd.most.Load(); most > checksAtOnce {
		t.Errorf("%d questions at once", most)
	}
}

// Who stops listening to findings leaves nothing running.
func TestCheckMayBeLeft(t *testing.T) {
	path, _, _ := crowded(t, 40, "")
	a := wired(t, path)
	for f := range a.Check(t.Context(), time.Minute) {
		if f.Err != nil {
			t.Error(f.Err)
		}
		break
	}
}

// TestReadiness: accounts that Google refuses are noted, and keep a server from being
// ready only when it has nothing to give.
func TestReadiness(t *testing.T) {
	path, google := against(t, "  museum: {property: '412600302'}\n")
	check(t, google.RevokeAccount(robot))
	results := func(a *App) (answers, accounts error) {
		for _, c := range a.readiness() {
			switch c.Name {
			case "answers":
				answers = c.Check(t.Context())
			case "accounts":
				if accounts = c.Check(t.Context()); !c.Advisory {
					t.Error("an account that fails takes the server away")
				}
			}
		}
		return answers, accounts
	}
	a := wired(t, path)
	if answers, accounts := results(a); answers != nil || accounts != nil {
		t.Errorf("before any question: %v, %v", answers, accounts)
	}
	for f := range a.Check(t.Context(), time.Minute) {
		if !f.Permanent() || !f.Hopeless() {
			t.Errorf("%+v", f)
		}
	}
	if answers, accounts := results(a); answers == nil || accounts == nil || !strings.Contains(answers.Error(), robot) || !strings.Contains(accounts.Error(), robot) ||
		!strings.Contains(accounts.Error(), "; since ") || !strings.Contains(accounts.Error(), "; asked again ") {
		t.Errorf("a revoked account, and nothing stored: %v, %v", answers, accounts)
	}
	check(t, google.RestoreAccount(robot))
	check(t, a.Close())
	a = wired(t, path)
	for f := range a.Check(t.Context(), time.Minute) {
		if f.Err != nil {
			t.Error(f.Err)
		}
	}
	check(t, google.RevokeAccount(robot))
	check(t, a.Close())
	a = wired(t, path)
	if _, err := a.google.Fields(t.Context(), "agency", "412600302"); err == nil {
		t.Fatal("a revoked account is answered")
	}
	for f := range a.Check(t.Context(), time.Minute) {
		if f.Hopeless() {
			t.Errorf("something is stored: %+v", f)
		}
	}
	if answers, accounts := results(a); answers != nil || accounts == nil {
		t.Errorf("a revoked account, and something stored: %v, %v", answers, accounts)
	}
}

// TestCheckOfANewDimension: one that was registered at Google after the fields were stored
// is no fault of a filter, while Google tells; one that is not there makes a view hopeless
// with all that is stored.
func TestCheckOfANewDimension(t *testing.T) {
	path, google := against(t, "  tenant: {property: '412600401', filter: 'customEvent:tenant==a'}\n")
	check(t, google.AddProperty(world.Site{Property: "412600401", Empty: true}))
	check(t, google.SetAccess(robot, "412600401", true))
	a := wired(t, path)
	f := slices.Collect(a.Check(t.Context(), time.Minute))[0]
	if f.Err == nil || !f.Hopeless() || !a.catalog.Known("agency", "412600401") {
		t.Errorf("%+v", f)
	}
	check(t, google.SetFault("getMetadata", emulator.Fault{As: emulator.AsHTML, Status: 403}))
	if f := slices.Collect(a.Check(t.Context(), time.Minute))[0]; f.Err == nil || f.Permanent() {
		t.Errorf("Google does not tell: %+v", f)
	}
	google.Reset()
	check(t, google.AddProperty(world.Site{Property: "412600401", Empty: true, Custom: []world.Custom{{Name: "customEvent:tenant", Values: []string{"a"}}}}))
	if f := slices.Collect(a.Check(t.Context(), time.Minute))[0]; f.Err != nil {
		t.Errorf("it is registered: %+v", f)
	}
}

// TestExamineIsGentle: what doctor asks beyond the check waits out a rate per minute too.
func TestExamineIsGentle(t *testing.T) {
	path, google, crowd := crowded(t, 3, "")
	a, err := startAt(t, path, func() time.Time { return time.Now().Add(time.Duration(crowd.ahead.Load())) })
	check(t, err)
	for f := range a.Check(t.Context(), time.Minute) {
		check(t, f.Err)
	}
	a.pause = func(context.Context, time.Duration) bool {
		google.Advance(time.Minute)
		crowd.ahead.Add(int64(time.Minute))
		return true
	}
	check(t, google.SetFault("runReport", emulator.Fault{As: emulator.AsPerMinute, Times: 3}))
	for f := range a.Examine(t.Context(), time.Minute) {
		if f.Err != nil || slices.ContainsFunc(f.Notes, func(n string) bool { return strings.Contains(n, "could not be read") }) {
			t.Errorf("%+v", f)
		}
	}
}
