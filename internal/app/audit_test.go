package app

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// A visited is a server that listens, with all that a visitor of it needs.
type visited struct {
	t    *testing.T
	app  *App
	url  string
	path string // of the configuration
	key  string // a host's API key
}

const (
	auditOrigin  = "https://host.example"
	auditedViews = "  museum: {property: '412600302', public: questions, origins: [" + auditOrigin + "], history: {since: 2026-10-20}, fields: {allow: ['*'], deny: [totalRevenue]},\n" +
		"    filter: {notExpression: {filter: {fieldName: country, stringFilter: {value: Canary Islands}}}}}\n"
	auditedBoard = "dashboards:\n  overview: {views: [museum], panels: [{type: scorecard, metrics: [sessions], range: 2026-10-01..2026-10-31}]}\n"
)

// audited starts a server whose configuration ends with more.
func audited(t *testing.T, more string) *visited {
	t.Helper()
	key, hash, err := NewAPIKey(rand.Reader)
	check(t, err)
	path, _ := against(t, auditedViews+auditedBoard+fmt.Sprintf("hosts: {intranet: {api_keys: ['%x'], views: ['*']}}\n", hash)+more)
	v := &visited{t: t, path: path, key: key}
	v.begin()
	return v
}

func (v *visited) begin() {
	v.t.Helper()
	v.app = wired(v.t, v.path)
	public, _ := v.app.Handlers()
	server := httptest.NewServer(public)
	v.t.Cleanup(server.Close)
	v.url = server.URL
}

// ask returns the status and the answer of a request that shows a token or a key.
func (v *visited) ask(method, path, shown, body string) (int, string) {
	v.t.Helper()
	r, err := http.NewRequest(method, v.url+path, strings.NewReader(body))
	check(v.t, err)
	if shown != "" {
		r.Header.Set("Authorization", "Bearer "+shown)
	}
	if path == "/token" {
		r.Header.Set("Origin", auditOrigin)
	}
	answer, err := http.DefaultClient.Do(r)
	check(v.t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	check(v.t, err)
	return answer.StatusCode, string(text)
}

func (v *visited) token(method, path, shown, body string) string {
	v.t.Helper()
	status, text := v.ask(method, path, shown, body)
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(text), &token); err != nil || token.AccessToken == "" {
		v.t.Fatalf("%s answers %d %s", path, status, text)
	}
	return token.AccessToken
}

func (v *visited) trail() string {
	v.t.Helper()
	b, err := os.ReadFile(v.app.config.AuditFile())
	check(v.t, err)
	return string(b)
}

// TestAuditTrail: a line for each thing that is done with tokens and data, with all
// that docs/audit.md says and nothing else.
func TestAuditTrail(t *testing.T) {
	v := audited(t, "")
	const days = `"dateRanges":[{"startDate":"2026-10-01","endDate":"2026-10-31"}]`
	token := v.token("POST", "/v1/tokens", v.key, `{"views":["museum"],"dashboards":["overview"],"subject":"anna","origin":"`+auditOrigin+`"}`)
	v.ask("POST", "/v1/views/museum:runReport", token, `{"metrics":[{"name":"sessions"}],"dimensions":[{"name":"date"}],`+days+
		`,"dimensionFilter":{"notExpression":{"filter":{"fieldName":"city","stringFilter":{"value":"Canary"}}}},"orderBys":[{"metric":{"metricName":"sessions"}}]}`)
	v.ask("POST", "/v1/views/museum:runReport", token, `{"metrics":[{"name":"totalRevenue"}],`+days+`}`)
	v.ask("POST", "/v1/views/canary:runReport", token, `{"metrics":[{"name":"sessions"}],`+days+`}`)
	v.ask("POST", "/v1/views/museum:runRealtimeReport", token, `{"metrics":[{"name":"activeUsers"}]}`)
	v.ask("POST", "/v1/views/museum:exportReport", token, `{"metrics":[{"name":"sessions"}],`+days+`}`)
	v.ask("GET", "/v1/views/museum/metadata", token, "")
	token = v.token("POST", "/v1/tokens:renew", token, "")
	v.ask("GET", "/v1/dashboards/overview", token, "")
	v.ask("GET", "/v1/views", token+"canary", "")
	v.ask("POST", "/v1/tokens", "canary-key", `{"views":["museum"]}`)
	v.ask("POST", "/v1/tokens", v.key, `{"views":["canary"]}`)
	public := v.token("GET", "/token", "", "")
	check(t, v.app.Close())

	compareGolden(t, "testdata/audit.golden.jsonl", settled(v.trail()))
	secrets := []string{v.key, token, public, "canary-key", "Canary", "127.0.0.1", "412600302"}
	for _, secret := range secrets {
		if strings.Contains(v.trail(), secret) {
			t.Errorf("%s is in the trail", secret)
		}
	}
	if found, err := VerifyAudit([]string{v.app.config.AuditFile()}, "", false); err != nil || found.Head != v.app.trail.Head() {
		t.Errorf("%+v, %v", found, err)
	}
}

// settled replaces what is another one in each run by what it is. Of sessions it
// keeps which are the same.
func settled(trail string) string {
	for name, pattern := range map[string]string{
		"TIME": `"time":"(20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)"`, "HASH": `"(?:hash|prev|configuration)":"([0-9a-f]{64})"`,
		"REQUEST": `"request":"([0-9a-f]{16})"`, "KEY": `"key":"([^"]{4,64})"`,
		"NOW": `"method":"realtime".*"rows":(\d+)`,
	} {
		trail = replaced(trail, pattern, func(string) string { return name })
	}
	known := map[string]string{}
	return replaced(trail, `"session":"([A-Za-z0-9_-]{16,64})"`, func(id string) string {
		if known[id] == "" {
			known[id] = fmt.Sprint("SESSION", len(known)+1)
		}
		return known[id]
	})
}

// replaced replaces the first group of each match.
func replaced(text, pattern string, by func(string) string) string {
	re := regexp.MustCompile(pattern)
	return re.ReplaceAllStringFunc(text, func(match string) string {
		group := re.FindStringSubmatch(match)[1]
		return strings.Replace(match, group, by(group), 1)
	})
}

// compareGolden compares got to a file, which it writes first when told to.
func compareGolden(t *testing.T, file, got string) {
	t.Helper()
	if os.Getenv("UPDATE_GOLDEN") != "" {
		check(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	check(t, err)
	if got != string(want) {
		t.Errorf("got\n%s\nwant, as UPDATE_GOLDEN=1 writes it,\n%s", got, want)
	}
}

// TestAuditRestarts: the second start tells no change of the configuration, a
// changed file does, and all is one chain.
func TestAuditRestarts(t *testing.T) {
	v := audited(t, "")
	check(t, v.app.Close())
	v.begin()
	check(t, v.app.Close())
	text, err := os.ReadFile(v.path)
	check(t, err)
	check(t, os.WriteFile(v.path, append(text, "# another\n"...), 0o600))
	v.begin()
	check(t, v.app.Close())
	var events []string
	for _, m := range regexp.MustCompile(`"event":"(\w+)"`).FindAllStringSubmatch(v.trail(), -1) {
		events = append(events, m[1])
	}
	if got, want := strings.Join(events, " "), "start configuration stop start stop start configuration stop"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if _, err := VerifyAudit([]string{v.app.config.AuditFile()}, "", false); err != nil {
		t.Error(err)
	}
}

// unwritable replaces the trail by a folder.
func (v *visited) unwritable() {
	v.t.Helper()
	file := v.app.config.AuditFile()
	check(v.t, os.Rename(file, file+".1"))
	check(v.t, os.Mkdir(file, 0o700))
}

func (v *visited) operators(path string) (int, string) {
	v.t.Helper()
	w := httptest.NewRecorder()
	_, operator := v.app.Handlers()
	operator.ServeHTTP(w, httptest.NewRequest("GET", "http://127.0.0.1"+path, nil))
	return w.Code, w.Body.String()
}

// TestAuditThatCannotBeWritten: no token is given out, tokens that are good go on,
// and operators are told.
func TestAuditThatCannotBeWritten(t *testing.T) {
	v := audited(t, "")
	token := v.token("GET", "/token", "", "")
	if code, text := v.operators("/readyz"); code != 200 || !strings.Contains(text, "hash "+v.app.trail.Head().Hash) {
		t.Errorf("/readyz answers %d %s", code, text)
	}
	v.unwritable()
	for range 2 { // at the first error, and when it is known
		if status, text := v.ask("GET", "/token", "", ""); status != 503 || strings.Contains(text, "audit.jsonl") {
			t.Errorf("a token nobody recorded: %d %s", status, text)
		}
	}
	if status, text := v.ask("GET", "/v1/views", token, ""); status != 200 {
		t.Errorf("a token that is good: %d %s", status, text)
	}
	if status, _ := v.ask("POST", "/v1/tokens:renew", token, ""); status != 503 {
		t.Errorf("a renewal nobody recorded: %d", status)
	}
	if code, text := v.operators("/readyz"); code != 503 || !strings.Contains(text, "the audit trail cannot be written since") {
		t.Errorf("/readyz answers %d %s", code, text)
	}
	if _, text := v.operators("/metrics"); !strings.Contains(text, "oriel_audit_failing 1") {
		t.Error("metrics know of nothing")
	}
	check(t, os.Remove(v.app.config.AuditFile()))
	check(t, v.app.Close())
	if _, err := VerifyAudit([]string{v.app.config.AuditFile() + ".1", v.app.config.AuditFile()}, "", false); err != nil {
		t.Errorf("%v\n%s", err, v.trail())
	}
}

func TestAuditThatIsNotRequired(t *testing.T) {
	v := audited(t, "audit: {required: false}\n")
	v.unwritable()
	v.token("GET", "/token", "", "")
	if code, text := v.operators("/readyz"); code != 200 || !strings.Contains(text, "the audit trail cannot be written since") {
		t.Errorf("/readyz answers %d %s", code, text)
	}
	check(t, os.Remove(v.app.config.AuditFile()))
}

// TestTwoServersOnOneTrail: a new server is ready while the old one ends, and gives
// out tokens as soon as it did.
func TestTwoServersOnOneTrail(t *testing.T) {
	old := audited(t, "")
	next := *old
	next.begin()
	if code, text := next.operators("/readyz"); code != 200 || !strings.Contains(text, "another process writes it") {
		t.Errorf("/readyz answers %d %s", code, text)
	}
	if status, text := next.ask("GET", "/token", "", ""); status != 503 {
		t.Errorf("a token nobody recorded: %d %s", status, text)
	}
	old.token("GET", "/token", "", "")
	check(t, old.app.Close())
	for status := 0; status != 200; time.Sleep(20 * time.Millisecond) {
		status, _ = next.ask("GET", "/token", "", "")
	}
	check(t, next.app.Close())
	if found, err := VerifyAudit([]string{old.app.config.AuditFile()}, "", false); err != nil || found.Head != next.app.trail.Head() {
		t.Errorf("%+v, %v", found, err)
	}
}

func TestAuditAddresses(t *testing.T) {
	v := audited(t, "audit: {addresses: true, file: who.jsonl}\n")
	v.token("GET", "/token", "", "")
	if got := v.app.config.AuditFile(); got != filepath.Join(filepath.Dir(v.path), "who.jsonl") {
		t.Errorf("the file is %s", got)
	}
	if !strings.Contains(v.trail(), `"address":"127.0.0.1"`) {
		t.Errorf("%s", v.trail())
	}
}

func TestNoAudit(t *testing.T) {
	v := audited(t, "audit: {file: none}\n")
	v.token("GET", "/token", "", "")
	if code, text := v.operators("/readyz"); code != 200 || strings.Contains(text, "audit") {
		t.Errorf("/readyz answers %d %s", code, text)
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(v.path), "*.jsonl"))
	if err != nil || len(files) > 0 {
		t.Errorf("%v %v", files, err)
	}
}

// A trail that cannot be opened is an error of the configuration, at its line.
func TestAuditFaultsAtStart(t *testing.T) {
	for name, c := range map[string]struct{ file, want string }{
		"no folder":    {"missing/audit.jsonl", "missing/audit.jsonl: no such file or directory"},
		"another file": {"oriel.yaml", "this is not an audit trail"},
	} {
		path, _ := against(t, museum+"audit:\n  file: "+c.file+"\n")
		_, err := start(t, path)
		if err == nil || !strings.HasPrefix(err.Error(), path+":6: audit.file: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLogBesideTheTrail: refusals are in the log too.
func TestLogBesideTheTrail(t *testing.T) {
	path, _ := against(t, auditedViews)
	c, err := ReadConfig(path)
	check(t, err)
	var log bytes.Buffer
	a, err := New(c, slog.New(slog.NewTextHandler(&log, nil)))
	check(t, err)
	public, _ := a.Handlers()
	r := httptest.NewRequest("GET", "/v1/views", nil)
	r.Header.Set("Authorization", "Bearer nonsense")
	public.ServeHTTP(httptest.NewRecorder(), r)
	check(t, a.Close())
	for _, want := range []string{"kind=unauthenticated", "the audit trail ends", a.trail.Head().Hash} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %s:\n%s", want, &log)
		}
	}
}
