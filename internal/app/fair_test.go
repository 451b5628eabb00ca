package app

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// A slowGoogle holds reports until they are released, and tells which came.
type slowGoogle struct {
	google  http.Handler
	arrived chan string // bodies
	release chan struct{}
}

func (g *slowGoogle) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.Contains(strings.ToLower(r.URL.Path), "runreport") {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if strings.Contains(string(body), "pagePath") { // and not what asks for the time zone
			g.arrived <- string(body)
			<-g.release
		}
	}
	g.google.ServeHTTP(w, r)
}

// TestAFloodDelaysNoHost: while a stranger's queries wait and Google answers none, a host's query
// is sent at once, and the stranger has three of the property's slots.
func TestAFloodDelaysNoHost(t *testing.T) {
	apiKey, hash, err := NewAPIKey(rand.Reader)
	check(t, err)
	slow := &slowGoogle{arrived: make(chan string, 1000), release: make(chan struct{})}
	srv := httptest.NewUnstartedServer(slow)
	host := srv.Listener.Addr().String()
	path := write(t, fmt.Sprintf(`google: {data_url: 'http://%[1]s', admin_url: 'http://%[1]s', token_hosts: ['%[1]s']}
accounts: {agency: {key_file: key.json}}
limits: {requests_per_second: 1e6, requests_burst: 1000000, view_per_second: 1e6, view_burst: 1000000, connections_per_address: 100000}
hosts: {portal: {api_keys: [%[2]s], views: [museum]}}
views:
  museum: {property: '412600302', public: questions, fields: {allow: ['*']}, history: {days: 4000}, origins: ['https://www.example.com']}
`, host, hex.EncodeToString(hash[:])))
	google := writeKey(t, filepath.Join(filepath.Dir(path), "key.json"), "http://"+host)
	slow.google = google.Handler()
	srv.Start()
	t.Cleanup(srv.Close)
	a, url, stop := crowdServed(t, path)
	defer stop()
	var all sync.WaitGroup
	defer all.Wait()
	defer close(slow.release)
	p := &portal{t: t, url: url}
	status, body := p.ask("POST", "/v1/tokens", apiKey, `{"views":["museum"]}`)
	customer, stranger := p.given("access_token", status, body), publicToken(t, a, "museum")
	ask := func(token string, offset int) {
		all.Go(func() {
			p.ask("POST", "/v1/views/museum:runReport", token, fmt.Sprintf(
				`{"dimensions":[{"name":"pagePath"}],"metrics":[{"name":"activeUsers"}],"offset":%d,"dateRanges":[{"startDate":"2026-10-01","endDate":"2026-10-31"}]}`, offset))
		})
	}
	for i := range 40 {
		ask(stranger, 100+i)
	}
	for range 3 {
		<-slow.arrived
	}
	ask(customer, 7)
	if sent := <-slow.arrived; !strings.Contains(sent, `"offset":"7"`) {
		t.Errorf("instead of the host's query %s was sent", sent)
	}
}
