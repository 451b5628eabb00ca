package emulator

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// A panel is a client of the control endpoint.
type panel struct {
	t   *testing.T
	url string
}

func newPanel(l *lab) panel {
	srv := httptest.NewServer(l.emulator.Control())
	l.t.Cleanup(srv.Close)
	return panel{l.t, srv.URL}
}

func (p panel) send(method, path, body string) (int, string) {
	p.t.Helper()
	r, err := http.NewRequest(method, p.url+path, strings.NewReader(body))
	must(p.t, err)
	resp, err := http.DefaultClient.Do(r)
	must(p.t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	must(p.t, err)
	return resp.StatusCode, string(b)
}

// set sends what must succeed.
func (p panel) set(method, path, body string) string {
	p.t.Helper()
	status, answer := p.send(method, path, body)
	if status != http.StatusOK {
		p.t.Fatalf("%s %s %s: %d %s", method, path, body, status, answer)
	}
	return answer
}

func TestControlClock(t *testing.T) {
	l := newLab(t)
	p := newPanel(l)
	p.set("PUT", "/clock", `{"time":"2026-11-20T10:00:00Z","advance":"90m","frozen":true}`)
	if got := l.emulator.Now().UTC().Format(time.RFC3339); got != "2026-11-20T11:30:00Z" {
		t.Errorf("time %s", got)
	}
	if got := p.set("GET", "/clock", ""); !strings.Contains(got, `"frozen":true`) {
		t.Errorf("%s", got)
	}
	p.set("POST", "/reset", "")
	if !l.emulator.Now().Equal(labNow) {
		t.Errorf("after reset %v", l.emulator.Now())
	}
}

func TestClockFreezes(t *testing.T) {
	now := labNow
	c := newClock(func() time.Time { return now })
	c.freeze(true)
	now = now.Add(time.Hour)
	if !c.now().Equal(labNow) {
		t.Errorf("frozen clock at %v", c.now())
	}
	c.advance(time.Minute)
	c.freeze(false)
	now = now.Add(time.Second)
	if want := labNow.Add(time.Minute + time.Second); !c.now().Equal(want) {
		t.Errorf("thawed clock at %v, want %v", c.now(), want)
	}
}

func TestControlFaults(t *testing.T) {
	l := newLab(t)
	p := newPanel(l)
	accounts := func() int { return l.do("GET", "/v1beta/accountSummaries", "").status }
	p.set("PUT", "/faults/accountSummaries", `{"status":503,"times":1}`)
	if got := []int{accounts(), accounts()}; !slices.Equal(got, []int{503, 200}) {
		t.Errorf("once 503: %v", got)
	}
	p.set("PUT", "/faults/*", `{"status":500,"rate":1}`)
	if got := accounts(); got != 500 {
		t.Errorf("always 500: %d", got)
	}
	p.set("DELETE", "/faults/*", "")
	p.set("PUT", "/faults/token", `{"status":503,"times":1}`)
	if status, answer := l.exchange(l.assertion(nil)); status != 503 || answer["error"] == nil {
		t.Errorf("token endpoint: %d %v", status, answer)
	}
	p.set("PUT", "/faults/accountSummaries", `{"cut":true,"times":1}`)
	r, _ := http.NewRequest("GET", l.url+"/v1beta/accountSummaries", nil)
	r.Header.Set("Authorization", "Bearer "+l.token)
	if resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r); err == nil {
		t.Errorf("cut connection answered %d", resp.StatusCode)
		resp.Body.Close()
	}
	if got := accounts(); got != 200 {
		t.Errorf("after the cut: %d", got)
	}
	if n := l.emulator.Counts().Statuses["accountSummaries"]["0"]; n != 1 {
		t.Errorf("%d cuts counted", n)
	}
}

func TestControlAccounts(t *testing.T) {
	l := newLab(t)
	p := newPanel(l)
	property := func() int { return l.do("GET", "/v1beta/properties/"+l.property, "").status }
	p.set("PUT", "/accounts/"+labAccount+"/properties/"+l.property, `{"access":false}`)
	if got := property(); got != 403 {
		t.Errorf("without access: %d", got)
	}
	if got := l.do("GET", "/v1beta/accountSummaries", "").body; strings.Contains(got, l.property) {
		t.Error("a property without access is listed")
	}
	p.set("PUT", "/accounts/"+labAccount+"/properties/"+l.property, `{"access":true}`)
	if got := property(); got != 200 {
		t.Errorf("with access again: %d", got)
	}
	p.set("POST", "/accounts/"+labAccount+"/revokeTokens", "")
	if got := property(); got != 401 {
		t.Errorf("revoked tokens: %d", got)
	}
	file, private := readKeyFile(t, []byte(p.set("POST", "/accounts/new@p.iam.gserviceaccount.com/keys", `{"properties":["`+l.property+`"]}`)))
	l.file, l.private = file, private
	l.token = l.fetchToken(nil)
	if got := property(); got != 200 {
		t.Errorf("new account: %d", got)
	}
	p.set("PUT", "/keys/"+file.PrivateKeyID, `{"disabled":true}`)
	if _, answer := l.exchange(l.assertion(nil)); answer["error_description"] != badSig {
		t.Errorf("disabled key: %v", answer)
	}
	p.set("POST", "/accounts/new@p.iam.gserviceaccount.com/revoke", "")
	var list struct{ Accounts []AccountState }
	must(t, json.Unmarshal([]byte(p.set("GET", "/accounts", "")), &list))
	if len(list.Accounts) != 2 || !list.Accounts[0].Revoked || list.Accounts[0].Project != "p" || len(list.Accounts[1].Properties) != 3 {
		t.Errorf("%+v", list)
	}
	p.set("POST", "/accounts/new@p.iam.gserviceaccount.com/restore", "")
}

func TestControlFlagsAndQuota(t *testing.T) {
	l := newLab(t)
	p := newPanel(l)
	p.set("PUT", "/properties/"+l.property+"/flags", `{"samplesReadCount":10,"samplingSpaceSize":20,"subjectToThresholding":true,"dataLossFromOtherRow":true}`)
	r := l.call("runReport", `{`+week+`,`+users+`}`)
	want := `"metadata":{"dataLossFromOtherRow":true,"currencyCode":"USD","timeZone":"America/New_York","subjectToThresholding":true,` +
		`"samplingMetadatas":[{"samplesReadCount":"10","samplingSpaceSize":"20"}]}`
	if !strings.Contains(r.body, want) {
		t.Errorf("%s\nwant %s", r.body, want)
	}
	p.set("PUT", "/quota/"+l.property, `{"remaining":{"tokensPerProjectPerHour":1}}`)
	p.set("PUT", "/quota/"+l.property, `{"realtime":true,"remaining":{"tokensPerHour":0}}`)
	if r := l.call("runReport", `{`+week+`,`+users+`}`); r.status != 200 {
		t.Errorf("the last token: %d", r.status)
	}
	for verb, body := range map[string]string{"runReport": `{` + week + `,` + users + `}`, "runRealtimeReport": `{` + users + `}`} {
		if r := l.call(verb, body); r.status != 429 {
			t.Errorf("%s: %d", verb, r.status)
		}
	}
	p.set("POST", "/reset", "")
	if r := l.call("runRealtimeReport", `{`+users+`}`); r.status != 200 {
		t.Errorf("after reset: %d", r.status)
	}
}

func TestControlCounts(t *testing.T) {
	l := newLab(t)
	p := newPanel(l)
	body := `{` + week + `,` + users + `}`
	l.report(body)
	l.report(`{ ` + users + `, ` + week + ` }`) // the same question in other words
	l.report(`{` + week + `,` + country + `}`)
	if r := l.call("batchRunReports", `{"requests":[`+body+`,`+body+`]}`); r.status != 200 { // and within a batch
		t.Fatalf("batch: %d", r.status)
	}
	l.do("GET", "/nowhere", "")
	var c Counts
	must(t, json.Unmarshal([]byte(p.set("GET", "/counts", "")), &c))
	if c.Requests["runReport"] != 3 || c.Statuses["runReport"]["200"] != 3 || c.Requests["token"] != 1 || c.Requests["notFound"] != 1 {
		t.Errorf("%+v", c)
	}
	if c.TokensIssued != 1 || c.Reports != 5 || c.DistinctReports != 2 || c.MostAtOnce[l.property] != 1 {
		t.Errorf("%+v", c)
	}
	p.set("POST", "/reset", "")
	if c := l.emulator.Counts(); len(c.Requests) != 0 || c.Reports != 0 {
		t.Errorf("after reset %+v", c)
	}
}

// A setting that cannot be made is refused, and says why.
func TestControlRefuses(t *testing.T) {
	p := newPanel(newLab(t))
	for _, tt := range [][3]string{
		{"PUT", "/clock", `{"tiem":"x"}`},
		{"PUT", "/clock", `{"advance":"soon"}`},
		{"PUT", "/latency/token", `{"fixed":"-1s"}`},
		{"PUT", "/faults/token", `{"status":200}`},
		{"PUT", "/faults/token", `{"status":503,"rate":2}`},
		{"PUT", "/faults/token", `{"status":503,"cut":true}`},
		{"PUT", "/faults/token", `{"rate":0.5}`},
		{"PUT", "/quota/999", `{"remaining":{"tokensPerDay":1}}`},
		{"PUT", "/quota/412600301", `{"remaining":{"tokens":1}}`},
		{"PUT", "/quota/412600301", `{"remaining":{"tokensPerDay":-1}}`},
		{"POST", "/accounts/ghost@x.y/revoke", ``},
		{"POST", "/accounts/nobody/keys", ``},
		{"PUT", "/accounts/" + labAccount + "/properties/999", `{"access":true}`},
		{"PUT", "/accounts/" + labAccount + "/properties/412600301", `{}`},
		{"PUT", "/keys/none", `{"disabled":true}`},
		{"PUT", "/keys/none", `{}`},
		{"PUT", "/properties/999/flags", `{}`},
	} {
		status, answer := p.send(tt[0], tt[1], tt[2])
		if status != http.StatusBadRequest || !strings.Contains(answer, `{"error":"`) {
			t.Errorf("%v: %d %s", tt, status, answer)
		}
	}
}
