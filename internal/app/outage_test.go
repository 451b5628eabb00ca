package app

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
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
  museum: {property: '412600302', public: questions, fields: {allow: ["*"]}, history: {days: 4000}, origins: ["https://www.example.com"]}
  shop: {property: '412600303', public: questions, fields: {allow: ["*"]}, history: {days: 4000}, origins: ["https://www.example.com"]}
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
		"429 tokens of the hour":  {begin: quota("tokensPerHour"), operator: "Exhausted property tokens per hour", visitor: much, lasts: true},
		"429 tokens of the day":   {begin: quota("tokensPerDay"), operator: "Exhausted property tokens per day", visitor: much, lasts: true},
		"429 tokens of a project": {begin: quota("tokensPerProjectPerHour"), operator: "Exhausted property tokens for a project per hour", visitor: much, lasts: true},
		"429 requests at once":    {begin: quota("concurrentRequests"), visitor: much, lasts: true},
		"429 server errors":       {begin: quota("serverErrorsPerProjectPerHour"), operator: "Google answered 429", visitor: much, lasts: true},

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
