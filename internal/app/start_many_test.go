package app

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oriel-server/oriel/emulator"
	"github.com/oriel-server/oriel/internal/access"
)

// A crowd stands before a Google and gives it as many properties as there are views:
// all are the museum under other numbers, which the Admin API does not list.
type crowd struct {
	google  http.Handler
	ahead   atomic.Int64 // of the server's clock, in nanoseconds
	running atomic.Int64
	most    atomic.Int64 // that ever ran at once
	lists   atomic.Int64 // requests for what an account can read
}

var anyProperty = regexp.MustCompile(`properties/5[0-9]+`)

func (c *crowd) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/v1beta/") {
		n := c.running.Add(1)
		defer c.running.Add(-1)
		for most := c.most.Load(); n > most && !c.most.CompareAndSwap(most, n); most = c.most.Load() {
		}
	}
	if strings.HasSuffix(r.URL.Path, "/accountSummaries") {
		c.lists.Add(1)
	}
	r.URL.Path = anyProperty.ReplaceAllString(r.URL.Path, "properties/412600302")
	c.google.ServeHTTP(w, r)
}

// crowded writes a configuration of many views v0, v1 …, each of a property of its own.
func crowded(t *testing.T, views int, rest string) (path string, google *emulator.Emulator, c *crowd) {
	t.Helper()
	c = &crowd{}
	srv := httptest.NewUnstartedServer(c)
	host := srv.Listener.Addr().String()
	var text strings.Builder
	fmt.Fprintf(&text, "google: {data_url: 'http://%[1]s', admin_url: 'http://%[1]s', token_hosts: ['%[1]s']}\naccounts: {agency: {key_file: key.json}}\n%[2]sviews:\n", host, rest)
	for i := range views {
		fmt.Fprintf(&text, "  v%d: {property: '%d', public: questions, fields: {allow: ['*']}, history: {days: 4000}, origins: ['https://www.example.com']}\n", i, 500_000_000+i)
	}
	path = write(t, text.String())
	google = writeKey(t, filepath.Join(filepath.Dir(path), "key.json"), "http://"+host)
	c.google = google.Handler()
	srv.Start()
	t.Cleanup(srv.Close)
	return path, google, c
}

// publicToken mints a token as a page's visitor gets it.
func publicToken(t *testing.T, a *App, view string) string {
	t.Helper()
	token, err := a.authority.Public(t.Context(), access.Caller{Origin: "https://www.example.com"}, []string{view}, "")
	if err != nil {
		t.Error(err)
	}
	return token.AccessToken
}

// crowdServed runs a server of the configuration on real listeners, and returns its address
// and what stops it.
func crowdServed(t *testing.T, path string) (a *App, url string, stop func()) {
	t.Helper()
	a, err := start(t, path)
	check(t, err)
	var listeners [2]net.Listener
	for i := range listeners {
		listeners[i], err = net.Listen("tcp", "127.0.0.1:0")
		check(t, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	a.config.Operator.Drain = 0
	go func() { ended <- a.Run(ctx, listeners[0], listeners[1]) }()
	return a, "http://" + listeners[0].Addr().String(), sync.OnceFunc(func() {
		cancel()
		check(t, <-ended)
		check(t, a.Close())
	})
}

// TestRestartOfManyViews: a server that starts while Google fails serves every stored
// answer, of all its views, at once.
func TestRestartOfManyViews(t *testing.T) {
	views := restartViews.of(t)
	path, google, _ := crowded(t, views, "limits: {requests_per_second: 1e6, requests_burst: 1000000, view_per_second: 1e6, view_burst: 1000000, connections_per_address: 100000}\n")
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 100, MaxIdleConnsPerHost: 100}}
	ask := func(a *App, url string, i int) {
		name := fmt.Sprintf("v%d", i)
		token := publicToken(t, a, name)
		r, err := http.NewRequestWithContext(t.Context(), "POST", url+"/v1/views/"+name+":runReport", strings.NewReader(
			`{"metrics":[{"name":"sessions"}],"dateRanges":[{"startDate":"2026-10-01","endDate":"2026-10-31"}]}`))
		if err != nil {
			t.Error(err)
			return
		}
		r.Header.Set("Authorization", "Bearer "+token)
		answer, err := client.Do(r)
		if err != nil {
			t.Error(err)
			return
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != 200 || answer.Header.Get("Oriel-Stale") != "" {
			t.Errorf("%s: %d, stale %q, %s, %v", name, answer.StatusCode, answer.Header.Get("Oriel-Stale"), body, err)
		}
	}
	first, url, stop := crowdServed(t, path)
	atOnce(views, func(i int) { ask(first, url, i) })
	stop()
	if t.Failed() {
		return
	}
	client.CloseIdleConnections()
	check(t, google.SetFault("*", emulator.Fault{Status: 503}))
	before := google.Counts().Requests["runReport"]
	second, url, stop := crowdServed(t, path)
	defer stop()
	var all sync.WaitGroup
	all.Go(func() {
		n := 0
		for f := range second.Check(t.Context(), time.Minute) {
			if n++; f.Err != nil || !f.Stored {
				t.Errorf("%+v", f)
			}
		}
		if n != views {
			t.Errorf("%d findings", n)
		}
	})
	for i := range views { // all at once, as after a restart
		all.Go(func() { ask(second, url, i) })
	}
	all.Wait()
	if n := google.Counts().Requests["runReport"] - before; n != 0 {
		t.Errorf("Google was asked %d times for what is stored and fresh", n)
	}
}

// TestStartGrowsWithViews: what a start does for each view and each dashboard does not grow
// with how many there are. Work is counted: keys that lookups in the file compared, and
// allocations.
func TestStartGrowsWithViews(t *testing.T) {
	few, many := startWork(t, 200), startWork(t, 2000)
	for what, n := range many {
		if most := 12 * few[what]; n > most {
			t.Errorf("%s: %d for 2,000 views, %d for 200: more than linear", what, n, few[what])
		}
	}
}

// startWork counts what a start of so many views does, each in a dashboard of its own, all
// in one more.
func startWork(t *testing.T, views int) map[string]int64 {
	t.Helper()
	var file, names strings.Builder
	file.WriteString("accounts: {agency: {key_file: key.json}}\nviews:\n")
	for i := range views {
		fmt.Fprintf(&file, "  v%d: {property: '%d', filter: {filter: {fieldName: country, stringFilter: {value: France}}}}\n", i, 500_000_000+i)
		fmt.Fprintf(&names, "v%d, ", i)
	}
	const panels = "panels: [{type: scorecard, metrics: [sessions]}]"
	fmt.Fprintf(&file, "dashboards:\n  all: {views: [%s], %s}\n", strings.TrimSuffix(names.String(), ", "), panels)
	for i := range views {
		fmt.Fprintf(&file, "  d%d: {views: [v%d], %s}\n", i, i, panels)
	}
	path := write(t, file.String())
	writeKey(t, filepath.Join(filepath.Dir(path), "key.json"), "https://oauth2.googleapis.com")
	var compared int64
	allocations := testing.AllocsPerRun(1, func() {
		a, err := start(t, path)
		check(t, err)
		for _, name := range a.config.src.ordered("views", maps.Keys(a.config.Views)) {
			a.config.src.where("views", name, "property") // as Check does
		}
		compared = a.config.src.keys.compared.Load()
	})
	return map[string]int64{"keys compared": compared, "allocations": int64(allocations)}
}
