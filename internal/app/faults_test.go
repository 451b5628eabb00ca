package app

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oriel-server/oriel/emulator"
)

// A meddler stands between the server and its Google, and spoils answers.
type meddler struct {
	google http.Handler
	spoil  atomic.Pointer[func(w http.ResponseWriter, r *http.Request, good *httptest.ResponseRecorder)]
	asked  atomic.Int64 // reports about the museum
}

func (m *meddler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	about := strings.Contains(r.URL.Path, "properties/412600302:")
	if about {
		m.asked.Add(1)
	}
	spoil := m.spoil.Load()
	if spoil == nil || !about {
		m.google.ServeHTTP(w, r)
		return
	}
	r.Header.Del("Accept-Encoding")
	good := httptest.NewRecorder()
	m.google.ServeHTTP(good, r)
	(*spoil)(w, r, good)
}

// A trouble is a server on a real listener, in front of a Google that can fail in
// every way.
type trouble struct {
	t       *testing.T
	began   time.Time
	google  *emulator.Emulator
	between *meddler
	url     string
	token   string
	ahead   atomic.Int64 // of the machine's clock, in nanoseconds
	app     *App
	log     lines
}

// lines are those of a log.
type lines struct {
	mu   sync.Mutex
	text []string
}

func (l *lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, string(line))
	return len(line), nil
}

// since returns the lines after the first n.
func (l *lines) since(n int) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.text[n:])
}

func newTrouble(t *testing.T) *trouble {
	t.Helper()
	x := &trouble{t: t, began: time.Now(), between: &meddler{}}
	srv := httptest.NewUnstartedServer(x.between)
	host := srv.Listener.Addr().String()
	path := write(t, fmt.Sprintf(`google: {data_url: 'http://%[1]s', admin_url: 'http://%[1]s', token_hosts: ['%[1]s']}
accounts: {agency: {key_file: key.json}}
tokens: {lifetime: 1h, public_session: 168h}
limits: {request_timeout: 5s, requests_per_second: 1e6, requests_burst: 1000000, tokens_per_second: 1e6, tokens_burst: 1000000}
cache: {file: none}
views:
  museum: {property: '412600302', public: true, origins: ["https://www.example.com"]}
  shop: {property: '412600303', public: true, origins: ["https://www.example.com"]}
`, host))
	x.google = writeKey(t, filepath.Join(filepath.Dir(path), "key.json"), "http://"+host)
	// A service account's assertions are dated by the machine's clock, which a test
	// cannot move; a refresh token has no date.
	key, err := x.google.IssueAuthorizedUser(robot)
	check(t, err)
	check(t, os.WriteFile(filepath.Join(filepath.Dir(path), "key.json"), key, 0o600))
	x.between.google = x.google.Handler()
	srv.Start()
	t.Cleanup(func() { srv.CloseClientConnections(); srv.Close() })
	c, err := ReadConfig(path)
	check(t, err)
	c.Clock = func() time.Time { return time.Now().Add(time.Duration(x.ahead.Load())) }
	x.app, err = New(c, slog.New(slog.NewTextHandler(&x.log, nil)))
	check(t, err)
	public := httptest.NewServer(x.app.server.Handler())
	t.Cleanup(func() { public.Close(); check(t, x.app.Close()) })
	x.url = public.URL
	x.begin()
	return x
}

// begin mints a token, as a page does again and again.
func (x *trouble) begin() {
	x.t.Helper()
	p := &portal{t: x.t, url: x.url}
	status, body := p.ask("GET", "/token", "", "", "Origin", "https://www.example.com")
	x.token = p.given("access_token", status, body)
}

// later moves the clocks of server and Google.
func (x *trouble) later(d time.Duration) {
	x.ahead.Add(int64(d))
	x.google.Advance(d)
	x.begin()
}

func (x *trouble) spoil(how func(w http.ResponseWriter, r *http.Request, good *httptest.ResponseRecorder)) {
	if how == nil {
		x.between.spoil.Store(nil)
		return
	}
	x.between.spoil.Store(&how)
}

// A reading is an answer to a question about sessions.
type reading struct {
	status int
	body   string
	stale  string
	age    string
	retry  string // Retry-After
}

var inSeconds = regexp.MustCompile(`in (a second|a minute|(\d+) seconds)\.`)

// agrees reports whether the sentence and Retry-After of a failure say the same.
func (r reading) agrees() bool {
	switch m := inSeconds.FindStringSubmatch(r.body); {
	case m == nil:
		return r.status == 429 || r.retry != ""
	case m[1] == "a second":
		return r.retry == "1"
	case m[1] == "a minute":
		return r.retry == "60"
	default:
		return r.retry == m[2]
	}
}

func (x *trouble) ask(view, metric string) reading {
	x.t.Helper()
	return x.askRows(view, metric, 10)
}

// askRows asks for so many rows at most: each number is another question.
func (x *trouble) askRows(view, metric string, limit int) reading {
	x.t.Helper()
	day := func(ago int) string { return x.began.AddDate(0, 0, -ago).Format(time.DateOnly) } // the same, whatever x.ahead
	r, err := http.NewRequest("POST", x.url+"/v1/views/"+view+":runReport", strings.NewReader(
		fmt.Sprintf(`{"limit":"%d",`, limit)+`"metrics":[{"name":"`+metric+`"}],"dateRanges":[{"startDate":"`+day(9)+`","endDate":"`+day(2)+`"}]}`))
	check(x.t, err)
	r.Header.Set("Authorization", "Bearer "+x.token)
	answer, err := http.DefaultClient.Do(r)
	check(x.t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	check(x.t, err)
	return reading{answer.StatusCode, string(body), answer.Header.Get("Oriel-Stale"), answer.Header.Get("Age"), answer.Header.Get("Retry-After")}
}

// eventually asks until an answer is as wanted.
func (x *trouble) eventually(what, view, metric string, is func(reading) bool) {
	x.t.Helper()
	end := time.Now().Add(enough)
	for {
		got := x.ask(view, metric)
		if is(got) {
			return
		}
		if time.Now().After(end) {
			x.t.Fatalf("%s: still %+v", what, got)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func answer(status int, contentType, body string) func(http.ResponseWriter, *http.Request, *httptest.ResponseRecorder) {
	return func(w http.ResponseWriter, _ *http.Request, _ *httptest.ResponseRecorder) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// An outage is what Google, or something in its place, does, and what comes of it.
type outage struct {
	begin func(*trouble)
	// goes: what was seen before is not given any more.
	goes bool
	// operator is part of what /readyz says; empty where the log alone tells.
	operator string
	// visitor is part of what is said to who asks what nobody has seen.
	visitor string
	// slow: a question ends after a minute only. lasts: Google's word is believed for
	// longer than a minute.
	slow, lasts bool
	// all: it is no matter of one property.
	all bool
}

// What visitors read.
const (
	down   = `"message":"Google Analytics is not answering. Please try again in `
	cannot = "This view cannot be read at the moment."
	much   = "Too much was asked of Google Analytics for this view. Please try again in "
	// until is for quotas that come back with the hour or the day, which may be near.
	until = much + "a" // "a minute", "about 20 minutes"
)

func outages() map[string]outage {
	by := func(f emulator.Fault) func(*trouble) {
		f.Property = "412600302"
		return func(x *trouble) { check(x.t, x.google.SetFault("*", f)) }
	}
	quota := func(bucket string) func(*trouble) {
		return func(x *trouble) { check(x.t, x.google.SetQuotaLeft("412600302", false, bucket, 0)) }
	}
	spoiled := func(how func(http.ResponseWriter, *http.Request, *httptest.ResponseRecorder)) func(*trouble) {
		return func(x *trouble) { x.spoil(how) }
	}
	said := func(status int, code, message string) func(*trouble) {
		return spoiled(answer(status, "application/json; charset=UTF-8", fmt.Sprintf(`{"error":{"code":%d,"message":%q,"status":%q}}`, status, message, code)))
	}
	return map[string]outage{
		"access is withdrawn": {begin: func(x *trouble) { check(x.t, x.google.SetAccess(robot, "412600302", false)) }, goes: true,
			operator: "as Viewer in Admin → Property access management of property 412600302: Google answered 403", visitor: cannot},

		"a page with 400":         {begin: by(emulator.Fault{As: emulator.AsHTML, Status: 400}), operator: "answered 400 with text/html", visitor: down},
		"a page with 401":         {begin: by(emulator.Fault{As: emulator.AsHTML, Status: 401}), operator: "answered 401 with text/html", visitor: down},
		"a page with 403":         {begin: by(emulator.Fault{As: emulator.AsHTML, Status: 403, Body: "<title>Blocked\n by policy</title>"}), operator: `titled \"Blocked by policy\"`, visitor: down},
		"a page with 404":         {begin: by(emulator.Fault{As: emulator.AsHTML, Status: 404}), operator: "check data_url", visitor: down},
		"a page with 502":         {begin: by(emulator.Fault{As: emulator.AsHTML, Status: 502}), operator: "answered 502 with text/html", visitor: down},
		"a proxy's credentials":   {begin: by(emulator.Fault{As: emulator.AsHTML, Status: 407}), operator: "a proxy asks for credentials", visitor: down},
		"a login page":            {begin: by(emulator.Fault{As: emulator.AsRedirect, Location: "https://login.example.com/?secret"}), operator: "answered 302, a redirect to login.example.com;", visitor: down},
		"a page of a portal":      {begin: by(emulator.Fault{As: emulator.AsHTML, Status: 200, Body: "<html>Sign in to the network</html>"}), operator: "answered 200 with text/html", visitor: down},
		"a proxy's JSON":          {begin: spoiled(answer(403, "application/json", `{"message":"User does not have sufficient permissions for this property."}`)), operator: "answered 403 with application/json", visitor: down},
		"the API is off":          {begin: by(emulator.Fault{As: emulator.AsServiceDisabled}), operator: "enable the API in the Google Cloud project of " + robot + ": https://console.developers.google.com/apis/api/analyticsdata.googleapis.com/overview?project=", visitor: cannot},
		"the scope is missing":    {begin: said(403, "PERMISSION_DENIED", "Request had insufficient authentication scopes."), operator: "the scope https://www.googleapis.com/auth/analytics.readonly", visitor: cannot},
		"another 403":             {begin: said(403, "PERMISSION_DENIED", "The caller does not have permission"), operator: "The caller does not have permission", visitor: cannot},
		"every token is refused":  {begin: by(emulator.Fault{Status: 401}), operator: "Google refused a new access token", visitor: `"message":"`, all: true},
		"not found":               {begin: said(404, "NOT_FOUND", "Requested entity was not found."), operator: "that the property exists", visitor: cannot},
		"no property id":          {begin: said(400, "INVALID_ARGUMENT", "Invalid property ID: 412600302. A numeric Property ID is required."), operator: "correct the property id", visitor: cannot},
		"too much in a minute":    {begin: by(emulator.Fault{As: emulator.AsPerMinute}), operator: "limit 'Requests per minute per user'", visitor: much},
		"429 without a word":      {begin: by(emulator.Fault{As: emulator.AsEmpty, Status: 429}), operator: "answered 429 with an empty body", visitor: much},
		"429 without a reason":    {begin: spoiled(answer(429, "text/plain", "slow down")), operator: "answered 429 with text/plain", visitor: much},
		"429 tokens of the hour":  {begin: quota("tokensPerHour"), operator: "Exhausted property tokens per hour", visitor: until, lasts: true},
		"429 tokens of the day":   {begin: quota("tokensPerDay"), operator: "Exhausted property tokens per day", visitor: until, lasts: true},
		"429 tokens of a project": {begin: quota("tokensPerProjectPerHour"), operator: "Exhausted property tokens for a project per hour", visitor: until, lasts: true},
		"429 requests at once":    {begin: quota("concurrentRequests"), visitor: much, lasts: true},
		"429 server errors":       {begin: quota("serverErrorsPerProjectPerHour"), operator: "Google answered 429", visitor: until, lasts: true},

		"500":                    {begin: by(emulator.Fault{Status: 500}), operator: "Google answered 500: An internal error has occurred.", visitor: down},
		"503":                    {begin: by(emulator.Fault{Status: 503}), operator: "Google answered 503: The service is currently unavailable.", visitor: down},
		"not JSON":               {begin: spoiled(answer(200, "application/json", `{"rows":[{"dimen`)), operator: "Google's answer is not understood", visitor: down},
		"another JSON":           {begin: spoiled(answer(200, "application/json", `[1,2,3]`)), operator: "Google's answer is not understood", visitor: down},
		"a proxy's page of JSON": {begin: by(emulator.Fault{As: emulator.AsHTML, Status: 200, Body: `{"status":"blocked by proxy"}`}), operator: "see what proxy, firewall or login page answers", visitor: down},
		"half an answer":         {begin: by(emulator.Fault{As: emulator.AsHalf}), operator: "Google's answer is not understood", visitor: down},
		"an empty answer":        {begin: by(emulator.Fault{As: emulator.AsEmpty, Status: 200}), operator: "answered 200 with an empty body", visitor: down},
		"cut off":                {begin: by(emulator.Fault{As: emulator.AsTruncated}), operator: "unexpected EOF", visitor: down},
		"the connection is cut":  {begin: by(emulator.Fault{Cut: true}), operator: "Google could not be reached", visitor: down},
		"no answer at all":       {begin: spoiled(func(_ http.ResponseWriter, r *http.Request, _ *httptest.ResponseRecorder) { <-r.Context().Done() }), slow: true},
		"a byte now and then": {begin: spoiled(func(w http.ResponseWriter, r *http.Request, good *httptest.ResponseRecorder) {
			for _, b := range good.Body.Bytes() {
				if _, err := w.Write([]byte{b}); err != nil || r.Context().Err() != nil {
					return
				}
				w.(http.Flusher).Flush()
				time.Sleep(100 * time.Millisecond)
			}
		}), slow: true},
	}
}

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
