//go:build unix

package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/oriel-server/oriel/emulator"
	"github.com/oriel-server/oriel/emulator/world"
)

// A benched is the whole road: an emulator, and a server that listens.
type benched struct {
	url    string // of the server
	bearer string // an embed token of view "site"
}

const (
	benchOrigin = "https://host.example"
	benchReport = `{"metrics":[{"name":"sessions"},{"name":"totalUsers"}],"dimensions":[{"name":"date"},{"name":"deviceCategory"}],` +
		`"dateRanges":[{"startDate":"30daysAgo","endDate":"yesterday"}],"limit":"100"}`
)

func newBenched(b *testing.B) benched {
	b.Helper()
	google := httptest.NewUnstartedServer(nil)
	past, err := world.New(world.Config{Seed: 1, Now: time.Now(), Days: 60, Events: 50_000})
	check(b, err)
	google.Start()
	b.Cleanup(google.Close)
	e, err := emulator.New(emulator.Config{World: past, BaseURL: google.URL})
	check(b, err)
	google.Config.Handler = e.Handler()
	dir := b.TempDir()
	key, err := e.IssueKey("bench@project.iam.gserviceaccount.com")
	check(b, err)
	check(b, os.WriteFile(filepath.Join(dir, "key.json"), key, 0o600))
	config, err := parseConfig(filepath.Join(dir, "oriel.yaml"), fmt.Appendf(nil, `
google: {data_url: %q, admin_url: %q, token_hosts: [%q]}
accounts: {main: {key_file: key.json}}
limits: {tokens_per_second: 1000, tokens_burst: 1000, requests_per_second: 1e6, requests_burst: 1000000}
views: {site: {property: %q, public: true, origins: [%q]}}
`, google.URL, google.URL, strings.TrimPrefix(google.URL, "http://"), past.Sites()[0].Property, benchOrigin))
	check(b, err)
	a, err := New(config, slog.New(slog.NewJSONHandler(io.Discard, nil)))
	check(b, err)
	public, err := net.Listen("tcp", "127.0.0.1:0")
	check(b, err)
	operator, err := net.Listen("tcp", "127.0.0.1:0")
	check(b, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, public, operator) }()
	b.Cleanup(func() { stop(); check(b, <-ended); check(b, a.Close()) })
	s := benched{url: "http://" + public.Addr().String()}
	s.bearer = "Bearer " + s.token(b)
	return s
}

func (s benched) token(b *testing.B) string {
	r, err := http.NewRequest(http.MethodGet, s.url+"/token?view=site", nil)
	check(b, err)
	r.Header.Set("Origin", benchOrigin)
	res, err := http.DefaultClient.Do(r)
	check(b, err)
	defer res.Body.Close()
	var token struct {
		AccessToken string `json:"access_token"`
	}
	check(b, json.NewDecoder(res.Body).Decode(&token))
	return token.AccessToken
}

func check(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkCachedReport asks, over loopback, for a report that is in the cache,
// with the embed token verified, the query decoded, checked and narrowed each
// time; and a bare net/http handler for the same bytes, in turn, in the same
// process. Both figures include the client. The ratios are Oriel ÷ bare.
func BenchmarkCachedReport(b *testing.B) {
	s := newBenched(b)
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	body := ask(b, client, s.url+"/v1/views/site:runReport", s.bearer)
	bare := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body)
	}))
	defer bare.Close()
	const block = 50 // requests of one kind in a row, so that reading the clock costs nothing
	var ours, theirs cost
	n := 0
	for b.Loop() {
		ours.add(block, func() { ask(b, client, s.url+"/v1/views/site:runReport", s.bearer) })
		theirs.add(block, func() { ask(b, client, bare.URL, s.bearer) })
		n += block
	}
	ours.report(b, "oriel", n)
	theirs.report(b, "bare", n)
	b.ReportMetric(float64(ours.wall)/float64(theirs.wall), "time-ratio")
	b.ReportMetric(float64(ours.cpu)/float64(theirs.cpu), "cpu-ratio")
	b.ReportMetric(float64(len(body)), "bytes/answer")
}

func ask(b *testing.B, client *http.Client, url, bearer string) []byte {
	r, err := http.NewRequest(http.MethodPost, url, strings.NewReader(benchReport))
	check(b, err)
	r.Header.Set("Authorization", bearer)
	res, err := client.Do(r)
	check(b, err)
	defer res.Body.Close()
	body := new(bytes.Buffer)
	if _, err = body.ReadFrom(res.Body); err != nil || res.StatusCode != http.StatusOK {
		b.Fatal(res.Status, err, body)
	}
	return body.Bytes()
}

// cost is what requests took, by the clock and of the processors.
type cost struct{ wall, cpu time.Duration }

func (c *cost) add(n int, ask func()) {
	start, used := time.Now(), processorTime()
	for range n {
		ask()
	}
	c.wall += time.Since(start)
	c.cpu += processorTime() - used
}

func (c cost) report(b *testing.B, who string, n int) {
	b.ReportMetric(float64(n)/c.wall.Seconds(), who+"-req/s")
	b.ReportMetric(float64(c.cpu.Microseconds())/float64(n), who+"-cpu-µs/req")
}

func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
