package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// oriel runs the program with args until it ends.
func oriel(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	status = run(t.Context(), args, &out, &err)
	return status, out.String(), err.String()
}

// A screen is an output that can be read while a program writes to it.
type screen struct {
	mu   sync.Mutex
	text strings.Builder
	news chan struct{}
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() {
		select {
		case s.news <- struct{}{}:
		default:
		}
	}()
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// A process is a running program.
type process struct {
	stdout *screen
	stderr *screen
	status chan int
	cancel context.CancelFunc
}

func startOriel(t *testing.T, args ...string) *process {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	p := &process{
		stdout: &screen{news: make(chan struct{}, 1)}, stderr: &screen{news: make(chan struct{}, 1)},
		status: make(chan int, 1), cancel: cancel,
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.status <- run(ctx, args, p.stdout, p.stderr)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended // it may write until then
	})
	return p
}

// prints waits until the program has printed what the pattern says, and returns
// its groups.
func (p *process) prints(t *testing.T, pattern string) []string {
	t.Helper()
	return p.writes(t, p.stdout, pattern)
}

// writes is prints for one of the outputs.
func (p *process) writes(t *testing.T, to *screen, pattern string) []string {
	t.Helper()
	want := regexp.MustCompile(pattern)
	for {
		if m := want.FindStringSubmatch(to.String()); m != nil {
			return m[1:]
		}
		select {
		case <-to.news:
		case status := <-p.status:
			t.Fatalf("it ended with %d\n%s%s", status, p.stdout, p.stderr)
		}
	}
}

// ends cancels the program and expects it to end well.
func (p *process) ends(t *testing.T) {
	t.Helper()
	p.cancel()
	if status := <-p.status; status != 0 {
		t.Errorf("exit status %d\n%s", status, p.stderr)
	}
}

func TestExitStatus(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "oriel.yaml")
	for _, c := range []struct {
		args   []string
		status int
		stdout string
		stderr string
	}{
		{nil, 2, "", "Usage:"},
		{[]string{"help"}, 0, "oriel serve", ""},
		{[]string{"--help"}, 0, "Start with `oriel demo`", ""},
		{[]string{"sevre"}, 2, "", `oriel: there is no command "sevre"`},
		{[]string{"serve", "-h"}, 0, "", "configuration file"},
		{[]string{"serve", "-x"}, 2, "", "flag provided but not defined: -x"},
		{[]string{"serve", "oriel.yaml"}, 2, "", `oriel serve takes no argument "oriel.yaml"`},
		{[]string{"serve", "-config", missing}, 1, "", "the configuration cannot be read"},
		{[]string{"doctor", "-config", missing}, 1, "", "copy oriel.example.yaml"},
		{[]string{"token", "new-key", "x"}, 2, "", "takes no argument"},
		{[]string{"cache", "purge", "shop"}, 2, "", "oriel cache purge -view shop"},
		{[]string{"version"}, 0, "oriel ", ""},
		{[]string{"emulate", "-listen", "nowhere"}, 1, "", "oriel: listen tcp"},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			status, stdout, stderr := oriel(t, c.args...)
			if status != c.status || !strings.Contains(stdout, c.stdout) || !strings.Contains(stderr, c.stderr) {
				t.Errorf("status %d, want %d\nstdout %q, want %q\nstderr %q, want %q", status, c.status, stdout, c.stdout, stderr, c.stderr)
			}
		})
	}
}

func TestUsageListsEveryCommand(t *testing.T) {
	_, stdout, _ := oriel(t, "help")
	for _, c := range commands() {
		if !strings.Contains(stdout, "oriel "+c.name) || !strings.Contains(stdout, c.summary) {
			t.Errorf("the usage lacks %s", c.name)
		}
	}
}

func TestNewKeyIsAnother(t *testing.T) {
	form := regexp.MustCompile(`(?s)API key, shown once.*\n\n  (\S+)\n.*api_keys: \[([0-9a-f]{64})\]\n    views: .*\n$`)
	_, first, _ := oriel(t, "token", "new-key")
	_, second, _ := oriel(t, "token", "new-key")
	if !form.MatchString(first) || !form.MatchString(second) {
		t.Fatalf("%s", first)
	}
	if first == second {
		t.Error("two keys are the same")
	}
}

func TestTokenNeedsAKey(t *testing.T) {
	t.Setenv("ORIEL_API_KEY", "")
	status, _, stderr := oriel(t, "token", "-views", "shop")
	if status != 1 || !strings.Contains(stderr, "name its file with -key-file, or set ORIEL_API_KEY") {
		t.Errorf("status %d, %s", status, stderr)
	}
}

// emulated starts an emulator and returns its address, and the folder that has a
// key file, key.json.
func emulated(t *testing.T) (host, dir string) {
	t.Helper()
	host, _, dir = steered(t)
	return host, dir
}

// steered is emulated, with the address of the control endpoint.
func steered(t *testing.T) (host, control, dir string) {
	t.Helper()
	dir = t.TempDir()
	p := startOriel(t, "emulate", "-listen", "127.0.0.1:0", "-control", "127.0.0.1:0", "-events", "20000", "-key", filepath.Join(dir, "key.json"))
	said := p.prints(t, `Emulator +http://(\S+)\nControl +(http://\S+)\n`)
	t.Cleanup(func() { p.ends(t) })
	return said[0], said[1], dir
}

// setFault makes requests to the emulator fail; the method is one of its own.
func setFault(t *testing.T, control, method, fault string) {
	t.Helper()
	steer(t, http.MethodPut, control+"/faults/"+method, fault)
}

// steer sends a request to the emulator's control endpoint.
func steer(t *testing.T, method, url, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		t.Fatalf("the emulator answers %s", answer.Status)
	}
}

// configure writes a configuration against the emulator at host.
func configure(t *testing.T, host, dir, rest string) (path string) {
	t.Helper()
	path = filepath.Join(dir, "oriel.yaml")
	text := fmt.Sprintf("listen: 127.0.0.1:0\noperator: {listen: 127.0.0.1:0, drain: 0s}\ngoogle: {data_url: 'http://%s', admin_url: 'http://%s', token_hosts: ['%s']}\n"+
		"accounts: {agency: {key_file: key.json}}\n%s", host, host, host, rest)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDoctor(t *testing.T) {
	host, dir := emulated(t)
	path := configure(t, host, dir, "views:\n  museum: {property: '412600302'}\n")
	status, stdout, stderr := oriel(t, "doctor", "-config", path)
	if status != 0 || !strings.HasPrefix(stdout, `ok    view museum: property 412600302 "`) || stderr != "" {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
	path = configure(t, host, dir, "views:\n  museum: {property: '412600302'}\n  lost: {property: '999'}\n")
	status, stdout, stderr = oriel(t, "doctor", "-config", path)
	if status != 1 || !strings.Contains(stderr, "1 of 2 views cannot be read") {
		t.Errorf("status %d, %s", status, stderr)
	}
	for _, want := range []string{"ok    view museum", "FAIL  " + path + ":7: view lost: ", "add " + serviceAccount + " as Viewer in Admin → Property access management of property 999"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%s\nlacks %s", stdout, want)
		}
	}
}

// TestDoctorLeavesNothing: whoever asks doctor first does not start a server that takes
// what doctor left for the traces of one that lost its ledger.
func TestDoctorLeavesNothing(t *testing.T) {
	host, dir := emulated(t)
	path := configure(t, host, dir, "views:\n  museum: {property: '412600302'}\n")
	if status, stdout, stderr := oriel(t, "doctor", "-config", path); status != 0 {
		t.Fatalf("status %d\n%s%s", status, stdout, stderr)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if want := []string{filepath.Join(dir, "key.json"), path}; err != nil || !slices.Equal(files, want) {
		t.Errorf("%v, %v; want %v", files, err, want)
	}
	p := startOriel(t, "serve", "-config", path)
	p.writes(t, p.stderr, `msg="views are checked" checked=1 failed=0 unasked=0\n`)
	p.ends(t)
	if log := p.stderr.String(); strings.Contains(log, "level=WARN") || strings.Contains(log, "level=ERROR") {
		t.Errorf("the first start:\n%s", log)
	}
}

// portal is what a captive portal answers in the token endpoint's place.
const portal = `{"as":"html","status":403,"body":"<title>Sign in</title>"}`

// TestDoctorOfAnAccountThatFails: one cause is told once, with the views it is about.
func TestDoctorOfAnAccountThatFails(t *testing.T) {
	host, control, dir := steered(t)
	path := configure(t, host, dir, "views:\n  museum: {property: '412600302'}\n  shop: {property: '412600303'}\n  other: {property: '412600303'}\n")
	setFault(t, control, "token", portal)
	status, stdout, stderr := oriel(t, "doctor", "-config", path)
	want := "FAIL  " + path + `:4: views museum, shop, other: account "agency" (` + serviceAccount + "): "
	if status != 1 || !strings.HasPrefix(stdout, want) || strings.Count(stdout, "FAIL") != 1 || !strings.Contains(stderr, "3 of 3 views cannot be read") {
		t.Errorf("status %d\n%s%s\nwant %s", status, stdout, stderr, want)
	}
	if want := "answers in the place of " + host + `: instead of a token endpoint, something answered 403 with text/html; charset=UTF-8, titled "Sign in"`; !strings.Contains(stdout, want) {
		t.Errorf("%s\nlacks %s", stdout, want)
	}
}

// TestServeTellsWhatItCouldNotAsk: a check that could ask nothing does not read as a good
// one, and a portal's page ends no server.
func TestServeTellsWhatItCouldNotAsk(t *testing.T) {
	host, control, dir := steered(t)
	path := configure(t, host, dir, "views:\n  museum: {property: '412600302'}\n  shop: {property: '412600303'}\n")
	p := startOriel(t, "serve", "-config", path)
	p.writes(t, p.stderr, `msg="views are checked" checked=2 failed=0 unasked=0\n`)
	p.ends(t)
	setFault(t, control, "token", portal)
	p = startOriel(t, "serve", "-config", path)
	cause := p.writes(t, p.stderr, `msg="views are checked" checked=0 failed=0 unasked=2 cause="(.*)"\n`)[0]
	if !strings.Contains(cause, "instead of a token endpoint, something answered 403") || strings.Count(cause, "instead of") != 1 {
		t.Errorf("the cause is %s", cause)
	}
	p.ends(t)
	if n := strings.Count(p.stderr.String(), "instead of a token endpoint"); n != 2 { // by the keyring, and by the check
		t.Errorf("the cause is told %d times:\n%s", n, p.stderr)
	}
	if err := os.Remove(filepath.Join(dir, "oriel-cache.db")); err != nil {
		t.Fatal(err)
	}
	p = startOriel(t, "serve", "-config", path)
	p.writes(t, p.stderr, `level=WARN msg="views cannot be read at the moment, for their account has no access token" account=agency views="museum, shop"\n.*checked=2 failed=2 unasked=0\n`)
	p.ends(t)
	steer(t, http.MethodPost, control+"/accounts/"+serviceAccount+"/revoke", "")
	steer(t, http.MethodDelete, control+"/faults/token", "")
	status, _, stderr := oriel(t, "serve", "-config", path)
	if want := `level=ERROR msg="views cannot be read, for their account has no access token" account=agency views="museum, shop"`; status != 1 || !strings.Contains(stderr, want) {
		t.Errorf("status %d\n%s\nlacks %s", status, stderr, want)
	}
}

// TestServeOfFiltersThatNameNothing: with a mandatory filter over a dimension that the
// property lacks a view has nothing new to give. That ends a server with nothing stored;
// one with answers of before goes on giving them, and operators are told.
func TestServeOfFiltersThatNameNothing(t *testing.T) {
	host, dir := emulated(t)
	views := "views:\n  museum: {property: '412600302', filter: 'customEvent:tenant==a'}\n"
	fault := `level=ERROR msg="a view cannot be read" view=museum error=".*the property has no dimension customEvent:tenant"\n(?s:.*)`
	path := configure(t, host, dir, views+"  shop: {property: '412600303'}\n")
	p := startOriel(t, "serve", "-config", path)
	p.writes(t, p.stderr, fault+`checked=2 failed=1 unasked=0\n`)
	p.ends(t)
	path = configure(t, host, dir, views)
	p = startOriel(t, "serve", "-config", path)
	operators := p.prints(t, `Oriel serves \S+, operators (\S+)\n`)[0]
	p.writes(t, p.stderr, fault+`checked=1 failed=1 unasked=0\n`)
	if status, body := get(t, operators+"/readyz"); status != http.StatusOK || !regexp.MustCompile(`"name": "filters",\s+"ok": true,\s+"state": "degraded",\s+"note": "view museum: [^"]*no dimension customEvent:tenant; found at `).MatchString(body) {
		t.Errorf("/readyz: %d %s", status, body)
	}
	p.ends(t)
	if err := os.Remove(filepath.Join(dir, "oriel-cache.db")); err != nil {
		t.Fatal(err)
	}
	status, _, stderr := oriel(t, "serve", "-config", path)
	if want := "oriel: no view can be read\n" + path + ":6: view museum: " + path + ":6: the property has no dimension customEvent:tenant\n"; status != 1 || !strings.Contains(stderr, want) {
		t.Errorf("status %d\n%s\nlacks %s", status, stderr, want)
	}
}

// TestServeWithoutTheAdminAPI: a property that the Data API answered about within the hour
// is checked, though the Admin API lists nothing.
func TestServeWithoutTheAdminAPI(t *testing.T) {
	host, control, dir := steered(t)
	setFault(t, control, "accountSummaries", `{"as":"serviceDisabled"}`)
	path := configure(t, host, dir, "views:\n  museum: {property: '412600302'}\n")
	for range 2 {
		p := startOriel(t, "serve", "-config", path)
		p.writes(t, p.stderr, `msg="views are checked" checked=1 failed=0 unasked=0\n`)
		p.ends(t)
	}
	setFault(t, control, "accountSummaries", `{"status":503}`)
	p := startOriel(t, "serve", "-config", path)
	p.writes(t, p.stderr, `msg="views are checked" checked=0 failed=0 unasked=1 cause="`)
	p.ends(t)
}

func TestServeRefusesToStartInVain(t *testing.T) {
	host, dir := emulated(t)
	path := configure(t, host, dir, "views:\n  lost: {property: '999'}\n")
	status, _, stderr := oriel(t, "serve", "-config", path)
	for _, want := range []string{"oriel: no view can be read\n" + path + ":6: view lost: ", serviceAccount, "as Viewer in Admin → Property access management"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("%s\nlacks %s", stderr, want)
		}
	}
	if status != 1 {
		t.Errorf("exit status %d", status)
	}
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// TestServeAndMint walks the road of a host's backend: an API key, a server that
// knows its hash, a token, a report at Google's own path.
func TestServeAndMint(t *testing.T) {
	host, dir := emulated(t)
	_, made, _ := oriel(t, "token", "new-key")
	parts := regexp.MustCompile(`(?s)\n  (\S+)\n.*api_keys: \[(\S+)\]`).FindStringSubmatch(made)
	address, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	path := configure(t, host, dir, "public_url: http://"+address+"\nviews:\n  museum: {property: '412600302'}\nhosts: {portal: {api_keys: ["+parts[2]+"], views: [museum]}}\n")
	replace(t, path, "listen: 127.0.0.1:0\n", "listen: "+address+"\n")
	p := startOriel(t, "serve", "-config", path)
	operators := p.prints(t, `Oriel serves \S+, operators (\S+)\n`)[0]
	if status, _ := get(t, operators+"/healthz"); status != http.StatusOK {
		t.Errorf("/healthz answers %d", status)
	}

	t.Setenv("ORIEL_API_KEY", parts[1])
	status, stdout, stderr := oriel(t, "token", "-url", "http://"+address, "-views", "museum", "-subject", "customer-7")
	var token struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"`
	}
	if err := json.Unmarshal([]byte(stdout), &token); err != nil || status != 0 || token.ExpiresIn != 300 {
		t.Fatalf("status %d, %s%s", status, stdout, stderr)
	}
	if status, body := ask(t, "http://"+address+"/v1beta/properties/museum:runReport", token.AccessToken); status != http.StatusOK || !strings.Contains(body, `"rowCount":1`) {
		t.Errorf("a report: %d %s", status, body)
	}

	status, _, stderr = oriel(t, "token", "-url", "http://"+address, "-views", "shop")
	if status != 1 || !strings.Contains(stderr, "the server answered 4") || !strings.Contains(stderr, `"shop"`) {
		t.Errorf("a view that does not exist: %d %s", status, stderr)
	}
	t.Setenv("ORIEL_API_KEY", "wrong")
	if status, _, stderr = oriel(t, "token", "-url", "http://"+address, "-views", "museum"); status != 1 || !strings.Contains(stderr, "401") {
		t.Errorf("a wrong key: %d %s", status, stderr)
	}
	p.ends(t)
}

func ask(t *testing.T, url, token string) (status int, body string) {
	t.Helper()
	question := `{"dateRanges":[{"startDate":"7daysAgo","endDate":"yesterday"}],"metrics":[{"name":"sessions"}]}`
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(question))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

func replace(t *testing.T, path, old, with string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.Replace(text, []byte(old), []byte(with), 1), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestServeSaysThatAPortIsTaken(t *testing.T) {
	host, dir := emulated(t)
	path := configure(t, host, dir, "public_url: http://"+host+"\nviews:\n  museum: {property: '412600302'}\n")
	replace(t, path, "listen: 127.0.0.1:0\n", "listen: "+host+"\n")
	status, _, stderr := oriel(t, "serve", "-config", path)
	if status != 1 || !strings.Contains(stderr, path+":1: listen: listen tcp "+host+": bind: address already in use") {
		t.Errorf("status %d, %s", status, stderr)
	}
}

// testOldPage: the page from 2015 holds an embed token of its own, which answers as
// pages of that time asked.
func testOldPage(t *testing.T, site, server string) {
	t.Helper()
	token := func() string {
		_, body := get(t, site+"2015.html")
		if !strings.Contains(body, `js.src="`+server+`/platform.js"`) {
			t.Errorf("the page does not load the drop-in:\n%s", body)
		}
		m := regexp.MustCompile(`'access_token': "([^"]+)"`).FindStringSubmatch(body)
		if m == nil {
			t.Fatalf("no token in\n%s", body)
		}
		return m[1]
	}
	first := token()
	if first == token() {
		t.Error("two visits share a token")
	}
	query := "?ids=ga:100367422&start-date=7daysAgo&end-date=yesterday&metrics=ga:sessions&access_token="
	if status, body := get(t, server+"/analytics/v3/data/ga"+query+first); status != http.StatusOK || !strings.Contains(body, `"rows"`) {
		t.Errorf("the token's report answers %d: %s", status, body)
	}
}

// TestDemo: one address, at which there is a page; two files that exist while it
// runs, and are what serve takes; nothing remains.
func TestDemo(t *testing.T) {
	p := startOriel(t, "demo", "-listen", "127.0.0.1:0")
	said := p.prints(t, `Open +(http://\S+/)\n(?s:.*)Configuration +(\S+)\n +Key file +(\S+)\n(?s:.*)Oriel (http://\S+), for operators (\S+)\n(?s:.*)Ctrl-C ends it`)
	page, config, key, server, operators := said[0], said[1], said[2], said[3], said[4]
	for _, name := range []string{"", "charts.html", "iframe.html", "2015.html", "site.css"} {
		if status, _ := get(t, page+name); status != http.StatusOK {
			t.Errorf("%s answers %d", page+name, status)
		}
	}
	if _, body := get(t, page); !strings.Contains(body, server+"/oriel.js") || !strings.Contains(body, "<oriel-dashboard") {
		t.Errorf("the page does not use the server:\n%s", body)
	}
	testOldPage(t, page, server)
	if status, body := get(t, server+"/embed/overview"); status != http.StatusOK || !strings.Contains(body, "Kauri") {
		t.Errorf("the embed page answers %d", status)
	}
	if status, body := get(t, operators+"/readyz"); status != http.StatusOK {
		t.Errorf("/readyz answers %d: %s", status, body)
	}
	if status, stdout, stderr := oriel(t, "doctor", "-config", config); status != 0 || strings.Count(stdout, "ok ") != 3 {
		t.Errorf("doctor about the demo's configuration: %d\n%s%s", status, stdout, stderr)
	}
	p.ends(t)
	for _, path := range []string{config, key} {
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("%s remains: %v", path, err)
		}
	}
}
