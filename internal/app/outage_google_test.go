package app

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oriel-server/oriel/emulator"
)

// TestGoogleFails: whatever Google does, or something in its place, what anybody has seen
// is answered, with a label once a newer answer was tried for, unless Google itself says
// that access is gone; what nobody has seen is an error that says nothing of Google's;
// the operator reads what happened; other properties notice nothing; and when Google is
// well again, so is the server, within a minute.
func TestGoogleFails(t *testing.T) {
	for name, f := range outages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newTrouble(t)
			before := x.ask("museum", "sessions")
			if before.status != 200 || before.stale != "" {
				t.Fatalf("at first %+v", before)
			}
			x.later(5 * time.Hour)
			f.begin(x)
			if old := x.ask("museum", "sessions"); !f.goes && (old.status != 200 || old.body != before.body) {
				t.Errorf("what was seen before is answered with %+v", old)
			}
			switch {
			case f.goes:
				x.eventually("given on", "museum", "sessions", func(r reading) bool { return r.status == 500 && strings.Contains(r.body, f.visitor) })
			case !f.slow: // a question that Google does not answer ends after a minute, for all who ask it
				x.eventually("no label", "museum", "sessions", func(r reading) bool {
					return r.status == 200 && r.body == before.body && r.stale != "" && len(r.age) == 5
				})
			}
			unseen := x.ask("museum", "totalUsers")
			if unseen.status < 429 || !strings.HasPrefix(unseen.body, `{"error":{"code":`) || !strings.Contains(unseen.body, f.visitor) ||
				strings.Contains(unseen.body, "412600302") || strings.Contains(unseen.body, "Sign in") || strings.Contains(unseen.body, "quota") || unseen.status != 504 && !unseen.agrees() {
				t.Errorf("what nobody has seen is answered with %+v", unseen)
			}
			if ready := operators(t, x.app, "/readyz"); !strings.Contains(ready, f.operator) || strings.Contains(ready, "secret") ||
				f.operator != "" && !strings.Contains(ready, `"state": "degraded"`) {
				t.Errorf("/readyz says %s\nwant %s", ready, f.operator)
			}
			if other := x.ask("shop", "sessions"); !f.all && (other.status != 200 || other.stale != "") {
				t.Errorf("another property is answered with %+v", other)
			}
			x.well(f)
		})
	}
}

// TestAMemberOfTomorrow reaches whoever reads JSON, in Google's place.
func TestAMemberOfTomorrow(t *testing.T) {
	x := newTrouble(t)
	check(t, x.google.SetFault("*", emulator.Fault{Property: "412600302", As: emulator.AsUnknown}))
	if got := x.ask("museum", "sessions"); got.status != 200 || !strings.Contains(got.body, `"memberOfTomorrow":[{"value":"1"}]`) {
		t.Errorf("%+v", got)
	}
}

// TestARefusalIsLeftAlone: Google that refuses whatever is asked is not asked each time,
// visitors are told when to come back, and operators when it is asked again.
func TestARefusalIsLeftAlone(t *testing.T) {
	x := newTrouble(t)
	if got := x.ask("museum", "sessions"); got.status != 200 {
		t.Fatalf("%+v", got)
	}
	check(t, x.google.SetFault("*", emulator.Fault{Property: "412600302", As: emulator.AsServiceDisabled}))
	asked := x.between.asked.Load()
	for n := range 10 {
		got := x.askRows("museum", "totalUsers", n+1)
		if got.status != 500 || !strings.Contains(got.body, cannot) || got.retry == "" {
			t.Errorf("question %d: %+v", n, got)
		}
	}
	if n := x.between.asked.Load() - asked; n != 3 {
		t.Errorf("Google got %d requests", n)
	}
	if ready := operators(t, x.app, "/readyz"); !strings.Contains(ready, "enable the API") || !strings.Contains(ready, "; since ") || !strings.Contains(ready, "; asked again at ") {
		t.Errorf("/readyz says %s", ready)
	}
	x.well(outage{operator: "enable the API"})
}

// TestAnOutageIsTwoLines of the log, one when it begins and one when it is over, however
// many ask meanwhile.
func TestAnOutageIsTwoLines(t *testing.T) {
	for name, f := range map[string]emulator.Fault{
		"503":            {Status: 503},
		"a page":         {As: emulator.AsHTML, Status: 403},
		"the API is off": {As: emulator.AsServiceDisabled},
		"a rate":         {As: emulator.AsPerMinute},
		"cut":            {Cut: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newTrouble(t)
			x.ask("museum", "sessions")
			before := len(x.log.since(0))
			f.Property = "412600302"
			check(t, x.google.SetFault("*", f))
			var all sync.WaitGroup
			for n := range 12 {
				all.Go(func() { x.askRows("museum", "totalUsers", n+1) })
			}
			all.Wait()
			for n := range 12 {
				x.askRows("museum", "totalUsers", n+20)
			}
			got := slices.DeleteFunc(x.log.since(before), func(l string) bool { return strings.Contains(l, "the audit trail so far") })
			if len(got) != 1 || !strings.Contains(got[0], "Google does not answer") {
				t.Errorf("%d lines:\n%s", len(got), strings.Join(got, ""))
			}
			before = len(x.log.since(0))
			x.well(outage{})
			answers := slices.DeleteFunc(x.log.since(before), func(l string) bool { return !strings.Contains(l, "Google answers again") })
			if len(answers) != 1 {
				t.Errorf("%d lines say that it is over", len(answers))
			}
		})
	}
}

// TestATokenOutageIsTwoLines, too.
func TestATokenOutageIsTwoLines(t *testing.T) {
	x := newTrouble(t)
	x.ask("museum", "sessions")
	x.later(2 * time.Hour)
	before := len(x.log.since(0))
	check(t, x.google.SetFault("token", emulator.Fault{Status: 503, Rate: 1}))
	for n := range 5 {
		x.askRows("museum", "totalUsers", n+1)
		x.askRows("shop", "totalUsers", n+1)
		x.later(time.Minute)
	}
	got := slices.DeleteFunc(x.log.since(before), func(l string) bool { return strings.Contains(l, "the audit trail so far") })
	if len(got) != 1 || !strings.Contains(got[0], "no access token") {
		t.Errorf("%d lines:\n%s", len(got), strings.Join(got, ""))
	}
}

// well ends an outage, and waits until all is answered again.
func (x *trouble) well(f outage) {
	x.t.Helper()
	x.spoil(nil)
	check(x.t, x.google.SetFault("*", emulator.Fault{Property: "412600302"}))
	check(x.t, x.google.SetAccess(robot, "412600302", true))
	if f.lasts {
		x.google.Reset()
		x.later(25 * time.Hour)
	} else {
		x.later(time.Minute)
	}
	x.eventually("well again", "museum", "screenPageViews", func(r reading) bool { return r.status == 200 && r.stale == "" })
	if f.slow {
		return
	}
	x.eventually("well again", "museum", "totalUsers", func(r reading) bool { return r.status == 200 && r.stale == "" })
	x.eventually("well again", "museum", "sessions", func(r reading) bool { return r.status == 200 && r.stale == "" && len(r.age) < 4 })
	if ready := operators(x.t, x.app, "/readyz"); f.operator != "" && strings.Contains(ready, f.operator) {
		x.t.Errorf("/readyz still says %s", ready)
	}
}

// TestTokenEndpointIsDown for as long as a token lives: what was seen is answered
// from what is kept, and all is well afterwards.
func TestTokenEndpointIsDown(t *testing.T) {
	for name, c := range map[string]struct{ begin, end func(x *trouble) }{
		"down": {
			func(x *trouble) { check(x.t, x.google.SetFault("token", emulator.Fault{Status: 503, Rate: 1})) },
			func(x *trouble) { check(x.t, x.google.SetFault("token", emulator.Fault{})) },
		},
		"its account is disabled": {
			func(x *trouble) { check(x.t, x.google.RevokeAccount(robot)) },
			func(x *trouble) { check(x.t, x.google.RestoreAccount(robot)) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newTrouble(t)
			before := x.ask("museum", "sessions")
			c.begin(x)
			for range 12 { // the hour of a token, and what comes after
				x.later(30 * time.Minute)
				if got := x.ask("museum", "sessions"); got.status != 200 || got.body != before.body {
					t.Fatalf("%+v", got)
				}
			}
			x.eventually("no label", "museum", "sessions", func(r reading) bool { return r.status == 200 && r.stale != "" })
			if got := x.ask("museum", "totalUsers"); got.status < 500 {
				t.Errorf("what nobody has seen is answered with %+v", got)
			}
			c.end(x)
			x.later(time.Hour)
			x.eventually("well again", "museum", "totalUsers", func(r reading) bool { return r.status == 200 })
			x.eventually("well again", "museum", "sessions", func(r reading) bool { return r.status == 200 && r.stale == "" })
		})
	}
}

// TestWrongClock: a server whose clock is ten minutes off, either way, mints, serves,
// and goes on when it is set right.
func TestWrongClock(t *testing.T) {
	for _, off := range []time.Duration{-10 * time.Minute, 10 * time.Minute} {
		t.Run(off.String(), func(t *testing.T) {
			x := newTrouble(t)
			x.ahead.Add(int64(off))
			x.begin()
			got := x.ask("museum", "sessions")
			if got.status != 200 {
				t.Errorf("%+v", got)
			}
			x.ahead.Add(int64(-off))
			x.begin()
			for _, metric := range []string{"sessions", "totalUsers"} {
				if got := x.ask("museum", metric); got.status != 200 || strings.HasPrefix(got.age, "-") {
					t.Errorf("when the clock is right, %s: %+v", metric, got)
				}
			}
		})
	}
}

// TestAccessIsWithdrawn: what is stored of a property is not served any more once
// Google says that the account may not read it.
func TestAccessIsWithdrawn(t *testing.T) {
	x := newTrouble(t)
	if got := x.ask("museum", "sessions"); got.status != 200 {
		t.Fatalf("%+v", got)
	}
	check(t, x.google.SetAccess(robot, "412600302", false))
	x.later(5 * time.Hour)
	x.eventually("withdrawn", "museum", "sessions", func(r reading) bool { return r.status != 200 })
	for range 20 {
		if got := x.ask("museum", "sessions"); got.status == 200 {
			t.Fatalf("it is served again: %+v", got)
		}
	}
	if got := x.ask("shop", "sessions"); got.status != 200 {
		t.Errorf("another property: %+v", got)
	}
}

// TestManyLeave: a thousand clients who leave while Google is silent leave nothing
// behind, and cost Google one question.
func TestManyLeave(t *testing.T) {
	x := newTrouble(t)
	for _, view := range []string{"shop", "museum"} { // the token, connections, the time zone
		if got := x.ask(view, "totalUsers"); got.status != 200 {
			t.Fatalf("%+v", got)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	release := make(chan struct{})
	var once sync.Once
	t.Cleanup(func() { once.Do(func() { close(release) }) })
	asked := x.between.asked.Load()
	x.spoil(func(w http.ResponseWriter, r *http.Request, good *httptest.ResponseRecorder) {
		<-release
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.Copy(w, good.Body)
	})
	before := runtime.NumGoroutine()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: -1}}
	var wg sync.WaitGroup
	for range 1_000 {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
			defer cancel()
			r, err := http.NewRequestWithContext(ctx, "POST", x.url+"/v1/views/museum:runReport", bytes.NewReader([]byte(sessionsAsked)))
			if err != nil {
				t.Error(err)
				return
			}
			r.Header.Set("Authorization", "Bearer "+x.token)
			if answer, err := client.Do(r); err == nil {
				_ = answer.Body.Close()
			}
		})
	}
	wg.Wait()
	once.Do(func() { close(release) })
	client.CloseIdleConnections()
	end := time.Now().Add(enough)
	for runtime.NumGoroutine() > before+10 {
		if time.Now().After(end) {
			stacks := make([]byte, 64<<10)
			t.Fatalf("%d goroutines were %d\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
		}
		time.Sleep(50 * time.Millisecond)
	}
	if n := x.between.asked.Load() - asked; n > 1 {
		t.Errorf("Google was asked %d times", n)
	}
	if got := x.ask("museum", "sessions"); got.status != 200 {
		t.Errorf("afterwards: %+v", got)
	}
}

// TestOneInTwenty: of a hundred different questions, one in twenty of which Google
// fails to answer the first time, all are answered; Google's count is not used up.
func TestOneInTwenty(t *testing.T) {
	x := newTrouble(t)
	check(t, x.google.SetFault("*", emulator.Fault{Status: 503, Every: 20, Property: "412600302"}))
	for i := range 100 {
		if i%10 == 0 {
			x.later(30 * time.Second)
		}
		if got := x.askRows("museum", "sessions", i+1); got.status != 200 {
			t.Errorf("question %d: %+v", i, got)
		}
	}
	for _, q := range x.app.google.Quotas() {
		if left := q.ServerErrorsPerProjectPerHour.Remaining; q.Property == "412600302" && (left < 3 || left > 8) {
			t.Errorf("%s: %d server errors left", q.Category, left)
		}
	}
}
