package upstream

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestBackoff(t *testing.T) {
	low, high := func() float64 { return 0 }, func() float64 { return 0.999999 }
	for _, b := range []Backoff{
		{50 * time.Millisecond, 200 * time.Millisecond, 2 * time.Second},
		{15 * time.Second, 30 * time.Second, 10 * time.Minute},
	} {
		last := time.Duration(0)
		for n := range 10_000 {
			least, most := b.Pause(n, low), b.Pause(n, high)
			if least != b.Min || most < last || most > b.Max {
				t.Fatalf("%v: pause %d is between %v and %v", b, n, least, most)
			}
			last = most
		}
		if first := b.Pause(0, high); first > b.First || first < b.First-time.Millisecond || last < b.Max-time.Second {
			t.Errorf("%v: pauses up to %v at first, %v at last", b, first, last)
		}
	}
}

func TestSleep(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	if !Sleep(ctx, time.Nanosecond) {
		t.Error("ended early")
	}
	cancel()
	if Sleep(ctx, time.Hour) {
		t.Error("outlived its context")
	}
}

func TestDescribe(t *testing.T) {
	html := http.Header{"Content-Type": {"text/html"}}
	for want, r := range map[string]Response{
		" with an empty body":                       {Status: 502, Body: []byte{}},
		" with no content type":                     {Status: 200},
		` with text/html, titled "Guest & network"`: {Status: 200, Header: html, Body: []byte("<title>Guest\n &amp; <b>network</title><p>secret")},
		", a redirect to login.example":             {Status: 302, Header: http.Header{"Location": {"https://u:p@login.example/?secret"}}},
		", a redirect to /login":                    {Status: 307, Header: http.Header{"Location": {"/login?secret"}}},
		", a redirect to an invalid address":        {Status: 302, Header: http.Header{"Location": {"https://%zz"}}},
		" with text/html":                           {Status: 404, Header: html, Body: []byte("not found")},
		" with " + strings.Repeat("x", 80) + "…":    {Status: 404, Header: http.Header{"Content-Type": {strings.Repeat("x", 100)}}},
	} {
		if got := r.Describe(func(s string) string { return OneLine(s, 80) }); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
