package ga4

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/credential"
	"github.com/oriel-server/oriel/internal/report"
)

// What visitors read of quotas, and of failures.
const (
	unanswered = "Google Analytics is not answering. Please try again in 5 seconds."
	broken     = "Google Analytics is not answering. Please try again in 15 seconds."
	inAMinute  = "Too much was asked of Google Analytics for this view. Please try again in a minute."
	inSeconds  = "Too much was asked of Google Analytics for this view. Please try again in 5 seconds."
	inMinutes  = "Too much was asked of Google Analytics for this view. Please try again in about 50 minutes."
)

const apiIsOff = "Google Analytics Data API has not been used in project 99 before or it is disabled. Enable it by visiting " +
	"https://console.developers.google.com/apis/api/analyticsdata.googleapis.com/overview?project=99 then retry. If you enabled this API recently, wait a few minutes."

// page answers with HTML, as proxies and Google's front end do.
func page(status int, title string) func(http.ResponseWriter, request) {
	return func(w http.ResponseWriter, _ request) {
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "<!DOCTYPE html>\n<html><head>\n<TITLE class=x>"+title+"</TITLE></head><body>"+strings.Repeat("secret ", 20)+"</body></html>")
	}
}

func TestErrorsKeepTheirMeaning(t *testing.T) {
	for _, test := range []struct {
		name     string
		answer   func(http.ResponseWriter, request)
		kind     report.Kind
		message  string // what the visitor reads
		cause    string // part of what the operator reads
		retry    time.Duration
		requests int
	}{
		{"invalid field", refuse(400, "INVALID_ARGUMENT", "Field x is not a valid metric. ", ""),
			report.Invalid, "Field x is not a valid metric.", "", 0, 1},
		{"invalid, with ids", refuse(400, "INVALID_ARGUMENT", "No x in properties/123456 or 123456.", ""),
			report.Invalid, "No x in this view or (this view).", "", 0, 1},
		{"property id", refuse(400, "INVALID_ARGUMENT", "Invalid property ID: 123456. A numeric Property ID is required.", ""),
			report.Misconfigured, unreadable, "correct the property id", soon, 1},
		{"no access", refuse(403, "PERMISSION_DENIED", "User does not have sufficient permissions for this property. To learn more", ""),
			report.NoAccess, unreadable, "add robot@example.com as Viewer in Admin → Property access management of property 123456", soon, 1},
		{"no access, by a page", page(403, "User does not have sufficient permissions for this property."),
			report.Unavailable, unanswered, "403 with text/html", soon, 1},
		{"no access, by another's JSON", func(w http.ResponseWriter, _ request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(403)
			_, _ = io.WriteString(w, `{"message":"User does not have sufficient permissions for this property."}`)
		}, report.Unavailable, unanswered, "403 with application/json", soon, 1},
		{"another 403", refuse(403, "PERMISSION_DENIED", "The caller does not have permission", ""),
			report.Misconfigured, unreadable, "The caller does not have permission", soon, 1},
		{"disabled", refuse(403, "PERMISSION_DENIED", apiIsOff, "SERVICE_DISABLED"),
			report.Misconfigured, unreadable, "enable the API in the Google Cloud project of robot@example.com: https://console.developers.google.com/apis/api/analyticsdata.googleapis.com/overview?project=99", soon, 1},
		{"scope", refuse(403, "PERMISSION_DENIED", "Request had insufficient authentication scopes.", ""),
			report.Misconfigured, unreadable, "analytics.readonly", soon, 1},
		{"unauthenticated", refuse(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.", ""),
			report.Misconfigured, unreadable, "refused a new access token", soon, 2},
		{"a page's 401", page(401, "Sign in"), report.Unavailable, unanswered, `401 with text/html; charset=UTF-8, titled "Sign in"`, soon, 1},
		{"a page's 400", page(400, "Bad Request"), report.Unavailable, unanswered, "400 with text/html", soon, 1},
		{"a page's 403", page(403, "Blocked &amp;\n by <i>policy</i>"), report.Unavailable, unanswered, `titled "Blocked & by policy"`, soon, 1},
		{"a long title", page(403, strings.Repeat("x", 5000)), report.Unavailable, unanswered, strings.Repeat("x", 80) + `…"`, soon, 1},
		{"a page's 404", page(404, "Error 404 (Not Found)!!1"), report.Unavailable, unanswered, "data_url", soon, 1},
		{"not found", refuse(404, "NOT_FOUND", "Requested entity was not found.", ""),
			report.Misconfigured, unreadable, "the property exists", soon, 1},
		{"a portal", page(200, "Welcome"), report.Unavailable, unanswered, `200 with text/html; charset=UTF-8, titled "Welcome"`, soon, 1},
		{"nothing", func(http.ResponseWriter, request) {}, report.Unavailable, unanswered, "200 with an empty body", soon, 1},
		{"redirect", func(w http.ResponseWriter, _ request) {
			w.Header().Set("Location", "https://user:secret@login.example.com/?token=secret")
			w.WriteHeader(302)
		}, report.Unavailable, unanswered, "302, a redirect to login.example.com", soon, 1},
		{"redirect within", func(w http.ResponseWriter, _ request) {
			w.Header().Set("Location", "/login?back=x")
			w.WriteHeader(307)
		}, report.Unavailable, unanswered, "307, a redirect to /login", soon, 1},
		{"a proxy's credentials", page(407, "Proxy"), report.Unavailable, unanswered, "HTTPS_PROXY", soon, 1},
		{"concurrent", refuse(429, "RESOURCE_EXHAUSTED", "Exhausted concurrent requests quota.", ""),
			report.Quota, inSeconds, "concurrent", 5 * time.Second, 3},
		{"hour", refuse(429, "RESOURCE_EXHAUSTED", "Exhausted property tokens for a project per hour. These quota tokens will return in under an hour.", ""),
			report.Quota, inMinutes, "per hour", 50 * time.Minute, 1},
		{"day", refuse(429, "RESOURCE_EXHAUSTED", "Exhausted property tokens per day. These quota tokens will return in under 24 hours.", ""),
			report.Quota, "Too much was asked of Google Analytics for this view. Please try again in about 12 hours.", "per day", 12*time.Hour - 10*time.Minute, 1},
		{"thresholded", refuse(429, "RESOURCE_EXHAUSTED", "Exhausted potentially thresholded requests quota.", ""),
			report.Quota, inMinutes, "thresholded", 50 * time.Minute, 1},
		{"a minute's rate", refuse(429, "RESOURCE_EXHAUSTED", "Quota exceeded for quota metric 'Requests' and limit 'Requests per minute' of service 'analyticsdata.googleapis.com' for consumer 'project_number:99'.", "RATE_LIMIT_EXCEEDED"),
			report.Quota, inAMinute, "per minute", time.Minute, 1},
		{"a day's rate", refuse(429, "RESOURCE_EXHAUSTED", "Quota exceeded for quota metric 'Requests' and limit 'Requests per day' of service 'analyticsdata.googleapis.com'.", "RATE_LIMIT_EXCEEDED"),
			report.Quota, "Too much was asked of Google Analytics for this view. Please try again in about 12 hours.", "per day", 12*time.Hour - 10*time.Minute, 1},
		{"a rate without a word", func(w http.ResponseWriter, _ request) { w.WriteHeader(429) },
			report.Quota, inAMinute, "429", time.Minute, 1},
		{"a rate, by a page", page(429, "Sorry"), report.Quota, inAMinute, `titled "Sorry"`, time.Minute, 1},
		{"internal", refuse(500, "INTERNAL", "Internal error encountered.", ""),
			report.Unavailable, broken, "Internal error encountered", firstRest, 3},
		{"unavailable, html", func(w http.ResponseWriter, _ request) { w.WriteHeader(503) },
			report.Unavailable, broken, "503", firstRest, 3},
		{"connection lost", func(http.ResponseWriter, request) { panic(http.ErrAbortHandler) },
			report.Unavailable, broken, "could not be reached", firstRest, 3},
		{"too large", func(w http.ResponseWriter, _ request) { _, _ = io.WriteString(w, "{"+strings.Repeat(" ", 2000)) },
			report.TooLarge, report.TooLargeAnswer(1000).Message, "1000 bytes", 0, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := configured(t, test.answer, func(c *Config) { c.MaxAnswerBytes = 1000 })
			g.clock.add(10 * time.Minute)
			_, err := g.client.Report(t.Context(), report.NewQuestion(question(0), nil))
			e := report.AsError(err)
			if e == nil {
				t.Fatal("no error")
			}
			if e.Kind != test.kind || e.Message != test.message || e.RetryAfter != test.retry {
				t.Errorf("got %v, %q, retry after %v; want %v, %q, %v", e.Kind, e.Message, e.RetryAfter, test.kind, test.message, test.retry)
			}
			if !strings.Contains(e.Error(), test.cause) {
				t.Errorf("the operator reads %q, want %q in it", e.Error(), test.cause)
			}
			if strings.Contains(e.Error(), "secret") || len(e.Error()) > 1000 {
				t.Errorf("the operator reads %q", e.Error())
			}
			if strings.Contains(e.Message, "123456") || strings.Contains(e.Message, "example.com") {
				t.Errorf("the visitor reads %q", e.Message)
			}
			if n := len(g.seen()); n != test.requests {
				t.Errorf("%d requests, want %d", n, test.requests)
			}
		})
	}
}

func TestTransientFailuresAreRetried(t *testing.T) {
	for _, answer := range []func(http.ResponseWriter, request){
		refuse(503, "UNAVAILABLE", "x", ""),
		refuse(401, "UNAUTHENTICATED", "x", ""),
		refuse(429, "RESOURCE_EXHAUSTED", "Exhausted concurrent requests quota.", ""),
		func(http.ResponseWriter, request) { panic(http.ErrAbortHandler) },
	} {
		var n atomic.Int64
		g := newGoogle(t, func(w http.ResponseWriter, r request) {
			if n.Add(1) == 1 {
				answer(w, r)
				return
			}
			oneRow(w, r)
		})
		if _, err := g.client.Report(t.Context(), report.NewQuestion(question(0), nil)); err != nil {
			t.Errorf("got %v", err)
		}
		if got := g.keys.asked.Load(); got != 2 {
			t.Errorf("%d access tokens were asked, want one for each attempt", got)
		}
	}
}

func TestTokenErrors(t *testing.T) {
	for _, test := range []struct {
		err  error
		kind report.Kind
	}{
		{&credential.Error{Message: "later"}, report.Unavailable},
		{&credential.Error{Message: "left", Err: context.DeadlineExceeded}, report.Canceled},
		{errors.New("what?"), report.Internal},
	} {
		g := newGoogle(t, oneRow)
		g.keys.err = test.err
		_, err := g.client.Report(t.Context(), report.NewQuestion(question(0), nil))
		if report.KindOf(err) != test.kind || len(g.seen()) != 0 || g.keys.asked.Load() != 1 {
			t.Errorf("%v: got %v after %d requests, want %v", test.err, err, len(g.seen()), test.kind)
		}
	}
}

func TestExhaustedQuotaIsNotAskedAgain(t *testing.T) {
	g := newGoogle(t, refuse(429, "RESOURCE_EXHAUSTED", "Exhausted property tokens per hour.", ""))
	ask := func(change func(*report.Query)) *report.Error {
		q := question(0)
		if change != nil {
			change(&q)
		}
		_, err := g.client.Report(t.Context(), report.NewQuestion(q, nil))
		return report.AsError(err)
	}
	ask(nil)
	g.clock.add(time.Minute)
	if e := ask(nil); e == nil || e.Kind != report.Quota || e.RetryAfter != 59*time.Minute {
		t.Errorf("got %+v, want quota for 59 min", e)
	}
	if n := len(g.seen()); n != 1 {
		t.Fatalf("asked %d times, want 1", n)
	}
	g.answer = oneRow
	for name, change := range map[string]func(*report.Query){
		"realtime":         func(q *report.Query) { q.Realtime, q.DateRanges = true, nil },
		"another property": func(q *report.Query) { q.Property = "2" },
		"another account":  func(q *report.Query) { q.Account = "b" },
	} {
		if e := ask(change); e != nil {
			t.Errorf("%s suffers: %v", name, e)
		}
	}
	g.clock.add(probeAfter)
	if e := ask(nil); e != nil {
		t.Errorf("after a while: %v", e)
	}
}

func TestThresholdedQuotaClosesOnlyItsOwn(t *testing.T) {
	g := newGoogle(t, refuse(429, "RESOURCE_EXHAUSTED", "Exhausted potentially thresholded requests quota.", ""))
	q := question(0)
	q.Dimensions = []report.Dimension{{Name: "userGender"}}
	for range 3 {
		if _, err := g.client.Report(t.Context(), report.NewQuestion(q, nil)); report.KindOf(err) != report.Quota {
			t.Fatalf("got %v", err)
		}
	}
	if n := len(g.seen()); n != 1 {
		t.Errorf("asked %d times, want 1", n)
	}
	g.answer = oneRow
	if _, err := g.client.Report(t.Context(), report.NewQuestion(question(0), nil)); err != nil {
		t.Errorf("a question of other dimensions: %v", err)
	}
}

func TestQuotaDayEndsAtMidnightPacific(t *testing.T) {
	pacific, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	for now, want := range map[string]string{
		"2026-01-15T20:00:00Z": "2026-01-16T08:00:00Z",
		"2026-01-15T07:59:00Z": "2026-01-15T08:00:00Z",
		"2026-03-08T09:00:00Z": "2026-03-09T07:00:00Z", // clocks go forward
	} {
		at, _ := time.Parse(time.RFC3339, now)
		if got := daily.refilled(at, pacific).UTC().Format(time.RFC3339); got != want {
			t.Errorf("%s: %s, want %s", now, got, want)
		}
	}
}

func TestTimeoutIsNotRepeated(t *testing.T) {
	stop := make(chan struct{})
	g := configured(t, func(http.ResponseWriter, request) { <-stop }, func(c *Config) { c.Timeout = 20 * time.Millisecond })
	defer close(stop)
	_, err := g.client.Report(t.Context(), report.NewQuestion(question(0), nil))
	if e := report.AsError(err); e == nil || e.Kind != report.Unavailable || !strings.Contains(e.Error(), "in time") || len(g.seen()) != 1 {
		t.Errorf("got %v after %d requests", err, len(g.seen()))
	}
}

func TestCallerLeavesARunningRequest(t *testing.T) {
	stop := make(chan struct{})
	g := newGoogle(t, func(http.ResponseWriter, request) { <-stop })
	defer close(stop)
	ctx, leave := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer leave()
	if _, err := g.client.Report(ctx, report.NewQuestion(question(0), nil)); report.KindOf(err) != report.Canceled {
		t.Errorf("got %v, want canceled", err)
	}
}

func TestObserver(t *testing.T) {
	var outcomes []string
	var quotas []Quota
	answers := []func(http.ResponseWriter, request){
		refuse(500, "INTERNAL", "x", ""),
		func(w http.ResponseWriter, _ request) {
			_, _ = io.WriteString(w, `{"metricHeaders":[{"name":"sessions"}],"propertyQuota":{"tokensPerDay":{"consumed":2,"remaining":5}}}`)
		},
	}
	n := 0
	g := configured(t, func(w http.ResponseWriter, r request) { n++; answers[n-1](w, r) }, func(c *Config) {
		c.Observer.Request = func(method, outcome string, _ time.Duration) { outcomes = append(outcomes, method+" "+outcome) }
		c.Observer.Quota = func(q Quota) { quotas = append(quotas, q) }
	})
	if _, err := g.client.Report(t.Context(), report.NewQuestion(question(0), nil)); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(outcomes, ", "); got != "runReport server_error, runReport ok" {
		t.Errorf("requests: %s", got)
	}
	if len(quotas) != 1 || quotas[0].TokensPerDay != (Bucket{2, 5}) || quotas[0].Property != "123456" {
		t.Errorf("quotas: %+v", quotas)
	}
	names := 0
	for name, b := range quotas[0].All() {
		names++
		if name == "tokensPerDay" && b.Remaining != 5 {
			t.Errorf("%s: %+v", name, b)
		}
	}
	if names != 6 {
		t.Errorf("%d buckets, want 6", names)
	}
}

// TestMalformedResponsesAreFailures: a 200 that is no answer to the question is an
// outage like any other: it is counted, reported to the operator, and not asked for with each
// question.
func TestMalformedResponsesAreFailures(t *testing.T) {
	body := func(text string) func(http.ResponseWriter, request) {
		return func(w http.ResponseWriter, _ request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, text)
		}
	}
	for name, answer := range map[string]func(http.ResponseWriter, request){
		"another's JSON": body(`{"status":"blocked by proxy"}`), "half": body(`{"metricHeaders":[{"name":"sessions","ty`),
		"nothing": body(`{}`), "a list": body(`[]`), "headers of another": body(`{"metricHeaders":[{"name":"a"},{"name":"b"}],"rows":[]}`),
	} {
		t.Run(name, func(t *testing.T) {
			counted := map[string]int{}
			g := configured(t, answer, func(c *Config) {
				c.Observer.Request = func(_, outcome string, _ time.Duration) { counted[outcome]++ }
			})
			ask := func(n int) *report.Error {
				_, err := g.client.Report(t.Context(), report.NewQuestion(question(n), nil))
				return report.AsError(err)
			}
			for n := range 20 {
				if e := ask(n); e == nil || e.Kind != report.Unavailable || !strings.Contains(e.Error(), "not understood") {
					t.Fatalf("question %d: %v", n, e)
				}
			}
			if n := len(g.seen()); n > 2*tripAfter || counted["malformed"] != n || len(counted) != 1 {
				t.Errorf("asked %d times in vain, counted as %v", n, counted)
			}
			if all := g.client.Incidents(); len(all) != 1 || !strings.Contains(all[0].Cause, "not understood") || all[0].Again.IsZero() {
				t.Errorf("%+v", all)
			}
			g.answer = oneRow
			g.clock.add(time.Minute)
			for n := range 20 {
				if e := ask(n); e != nil {
					t.Fatalf("Google is well again: %v", e)
				}
			}
			if all := g.client.Incidents(); len(all) != 0 {
				t.Errorf("%+v", all)
			}
		})
	}
}

// TestMetadataThatIsNotUnderstood counts as a report's would.
func TestMetadataThatIsNotUnderstood(t *testing.T) {
	g := newGoogle(t, func(w http.ResponseWriter, _ request) { _, _ = io.WriteString(w, `{"status":"blocked"}`) })
	for _, ask := range []func() error{
		func() error { _, err := g.client.Fields(t.Context(), "main", "123456"); return err },
		func() error { _, err := g.client.Property(t.Context(), "main", "123456"); return err },
	} {
		if err := ask(); report.KindOf(err) != report.Unavailable || !strings.Contains(err.Error(), "not understood") {
			t.Errorf("%v", err)
		}
	}
	if all := g.client.Incidents(); len(all) != 1 {
		t.Errorf("%+v", all)
	}
}
