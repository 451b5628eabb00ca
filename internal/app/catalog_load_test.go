package app

import (
	"context"
	"net/http"
	"testing"
	"time"
)

// TestServesWhileTheDiskIsRead: a disk that hangs keeps nobody from seeing that the server
// lives. A question about what has been read is answered; one about what has not waits for
// the disk within its own deadline, and is answered when that gives up.
func TestServesWhileTheDiskIsRead(t *testing.T) {
	path, _ := against(t, "  museum: {property: '412600302', public: questions, fields: {allow: ['*']}, history: {days: 4000}, origins: ['https://www.example.com']}\n"+
		"  shop: {property: '412600303', public: questions, fields: {allow: ['*']}, history: {days: 4000}, origins: ['https://www.example.com']}\n"+
		"cache: {file: none}\nlimits: {request_timeout: 2s}\n")
	a, err := start(t, path)
	check(t, err)
	release := make(chan struct{})
	a.readDisk = func(ctx context.Context) {
		if _, err := a.catalog.Property(ctx, "agency", "412600303"); err != nil {
			t.Error(err)
		}
		<-release
	}
	public, operator := run(t, a)
	p := &portal{t: t, url: "http://" + operator}
	if status, body := p.ask("GET", "/healthz", "", ""); status != http.StatusOK {
		t.Errorf("/healthz: %d %s", status, body)
	}
	p.url = "http://" + public
	ask := func(view string) (int, string) {
		return p.ask("POST", "/v1/views/"+view+":runReport", publicToken(t, a, view),
			`{"metrics":[{"name":"sessions"}],"dateRanges":[{"startDate":"2026-10-01","endDate":"2026-10-31"}]}`)
	}
	answered := func(view string) {
		t.Helper()
		end := time.Now().Add(enough)
		for status, body := ask(view); status != http.StatusOK; status, body = ask(view) {
			if time.Now().After(end) {
				t.Fatalf("%s: %d %s", view, status, body)
			}
		}
	}
	answered("shop")
	if status, body := ask("museum"); status != http.StatusGatewayTimeout {
		t.Errorf("while the disk hangs: %d %s", status, body)
	}
	close(release)
	answered("museum")
}
