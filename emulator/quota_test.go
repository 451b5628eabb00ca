package emulator

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestCost(t *testing.T) {
	for _, tt := range []struct{ days, dimensions, metrics, want int }{
		{7, 1, 1, 1}, {7, 0, 1, 1}, {7, 1, 10, 2}, {30, 9, 10, 4}, {365, 1, 1, 7}, {0, 1, 1, 1},
	} {
		if got := cost(tt.days, tt.dimensions, tt.metrics); got != tt.want {
			t.Errorf("cost%v = %d, want %d", tt, got, tt.want)
		}
	}
}

const quotaReport = `{` + week + `,` + users + `,"returnPropertyQuota":true}`

func TestPropertyQuotaShowsZeros(t *testing.T) {
	l := newLab(t)
	want := `"propertyQuota":{"tokensPerDay":{"consumed":1,"remaining":199999},"tokensPerHour":{"consumed":1,"remaining":39999},` +
		`"concurrentRequests":{"consumed":0,"remaining":10},"serverErrorsPerProjectPerHour":{"consumed":0,"remaining":10},` +
		`"potentiallyThresholdedRequestsPerHour":{"consumed":0,"remaining":120},"tokensPerProjectPerHour":{"consumed":1,"remaining":13999}}`
	if r := l.call("runReport", quotaReport); !strings.Contains(r.body, want) {
		t.Errorf("%s\nwant %s", r.body, want)
	}
	if r := l.call("runReport", `{`+week+`,`+users+`}`); strings.Contains(r.body, "propertyQuota") {
		t.Error("quota that nobody asked for")
	}
}

// A property may have more or fewer tokens than a standard one; nothing else
// changes.
func TestQuotaShare(t *testing.T) {
	for share, want := range map[float64]string{
		0.1: `"tokensPerDay":{"consumed":1,"remaining":19999},"tokensPerHour":{"consumed":1,"remaining":3999},`,
		10:  `"tokensPerDay":{"consumed":1,"remaining":1999999},"tokensPerHour":{"consumed":1,"remaining":399999},`,
	} {
		l := newLab(t)
		l.emulator.quota = newQuotaStore(share, l.emulator.isPremium)
		if r := l.call("runReport", quotaReport); !strings.Contains(r.body, want) || !strings.Contains(r.body, `"concurrentRequests":{"consumed":0,"remaining":10}`) {
			t.Errorf("%v: %s", share, r.body)
		}
	}
}

// Each bucket, emptied, is refused with its text, and fills again when its
// window is over.
func TestQuotaExhausted(t *testing.T) {
	for _, tt := range []struct {
		bucket, message string
		window          time.Duration
	}{
		{"tokensPerDay", exhaustedDay, 24 * time.Hour},
		{"tokensPerHour", exhaustedHour, time.Hour},
		{"tokensPerProjectPerHour", exhaustedProjectHour, time.Hour},
		{"serverErrorsPerProjectPerHour", exhaustedErrors, time.Hour},
		{"potentiallyThresholdedRequestsPerHour", exhaustedThresholded, time.Hour},
	} {
		t.Run(tt.bucket, func(t *testing.T) {
			l := newLab(t)
			body := `{` + week + `,"dimensions":[{"name":"userGender"}],` + users + `}`
			must(t, l.emulator.SetQuotaLeft(l.property, false, tt.bucket, 0))
			r := l.call("runReport", body)
			if status, message := r.failure(t); r.status != 429 || status != "RESOURCE_EXHAUSTED" || message != tt.message {
				t.Errorf("%d %s %q", r.status, status, message)
			}
			if r.header.Get("Retry-After") != "" {
				t.Error("Google sends no Retry-After")
			}
			if r := l.call("runRealtimeReport", `{`+users+`}`); r.status != 200 {
				t.Errorf("realtime has quotas of its own: %d %s", r.status, r.body)
			}
			l.emulator.Advance(tt.window)
			l.token = l.fetchToken(map[string]any{
				"iat": l.emulator.Now().Unix(), "exp": l.emulator.Now().Unix() + 3600,
			})
			if r := l.call("runReport", body); r.status != 200 {
				t.Errorf("after the window: %d %s", r.status, r.body)
			}
		})
	}
}

func TestTokensAreCountedPerProject(t *testing.T) {
	l := newLab(t)
	for range 3 {
		l.report(quotaReport)
	}
	if q := l.report(quotaReport).PropertyQuota; q.TokensPerDay.Remaining != 199_996 || q.TokensPerProjectHour.Remaining != 13_996 {
		t.Errorf("%+v", q)
	}
	l.file, l.private = l.issue("robot@other-project.iam.gserviceaccount.com")
	l.token = l.fetchToken(nil)
	if q := l.report(quotaReport).PropertyQuota; q.TokensPerDay.Remaining != 199_995 || q.TokensPerProjectHour.Remaining != 13_999 {
		t.Errorf("another project: %+v", q)
	}
}

func TestDayEndsAtMidnightPacific(t *testing.T) {
	for _, tt := range [][2]string{
		{"2026-11-18T20:30:00Z", "2026-11-19T08:00:00Z"},
		{"2026-11-19T07:59:59Z", "2026-11-19T08:00:00Z"},
		{"2026-11-19T08:00:00Z", "2026-11-20T08:00:00Z"},
		{"2026-07-01T12:00:00Z", "2026-07-02T07:00:00Z"},
	} {
		now, _ := time.Parse(time.RFC3339, tt[0])
		if got := midnightPacific(now).UTC().Format(time.RFC3339); got != tt[1] {
			t.Errorf("midnight after %s is %s, want %s", tt[0], got, tt[1])
		}
	}
}

func TestThresholdedRequestsAreCounted(t *testing.T) {
	l := newLab(t)
	a := l.report(`{` + week + `,"dimensions":[{"name":"userGender"}],` + users + `,"returnPropertyQuota":true}`)
	if q := a.PropertyQuota.Thresholded; q.Consumed != 1 || q.Remaining != 119 {
		t.Errorf("%+v", q)
	}
	if !a.Metadata.SubjectToThresholding {
		t.Error("metadata does not admit thresholding")
	}
}

// Ten requests run at once; the eleventh is refused, and another property's is not.
func TestConcurrentRequests(t *testing.T) {
	l := newLab(t)
	release := make(chan struct{})
	entered := make(chan struct{}, concurrentRequests)
	// Hold ten places as requests in execution hold them.
	k := projectKey{propertyKey{l.property, core}, "lab-project"}
	var wg sync.WaitGroup
	for range concurrentRequests {
		wg.Go(func() {
			c := &call{method: &method{category: core}, property: property{Site: l.emulator.properties.made[0].Site}, project: k.project, now: labNow}
			if err := l.emulator.enterQuota(c); err != nil {
				t.Error(err)
			}
			entered <- struct{}{}
			<-release
			l.emulator.quota.leave(c.lease, http.StatusOK, labNow)
		})
	}
	for range concurrentRequests {
		<-entered
	}
	r := l.call("runReport", quotaReport)
	if _, message := r.failure(t); r.status != 429 || message != "Exhausted concurrent requests quota." {
		t.Errorf("%d %s", r.status, r.body)
	}
	other := l.emulator.properties.made[1].Property
	if r := l.do("POST", "/v1beta/properties/"+other+":runReport", quotaReport); r.status != 200 {
		t.Errorf("another property: %d", r.status)
	}
	close(release)
	wg.Wait()
	l.report(quotaReport)
}

// Requests that are slow hold their places: seen over the wire.
func TestLatencyCountsAsExecution(t *testing.T) {
	l := newLab(t)
	must(t, l.emulator.SetQuotaLeft(l.property, false, "concurrentRequests", 2))
	must(t, l.emulator.SetLatency("runReport", Latency{Fixed: 300 * time.Millisecond}))
	var mu sync.Mutex
	statuses := map[int]int{}
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			r := l.call("runReport", quotaReport)
			mu.Lock()
			defer mu.Unlock()
			statuses[r.status]++
		})
	}
	wg.Wait()
	if statuses[200] < 2 || statuses[200]+statuses[429] != 6 {
		t.Errorf("%v", statuses)
	}
	if most := l.emulator.Counts().MostAtOnce[l.property]; most < 1 || most > 2 {
		t.Errorf("%d at once with two places", most)
	}
}

// Ten server errors block the project at the property for the hour.
func TestServerErrorsAreCounted(t *testing.T) {
	l := newLab(t)
	must(t, l.emulator.SetFault("runReport", Fault{Status: 503, Times: 10}))
	for range 10 {
		r := l.call("runReport", quotaReport)
		if status, _ := r.failure(t); r.status != 503 || status != "UNAVAILABLE" {
			t.Fatalf("%d %s", r.status, r.body)
		}
	}
	r := l.call("runReport", quotaReport)
	if _, message := r.failure(t); r.status != 429 || message != exhaustedErrors {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := l.call("batchRunReports", `{}`); r.status != 429 {
		t.Errorf("all core methods are blocked: %d", r.status)
	}
}
