package emulator

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

const oneReport = `{` + week + `,` + country + `,` + users + `,"limit":3,"returnPropertyQuota":true}`

// straight sends one report without following redirects.
func (l *lab) straight() (reply, error) {
	l.t.Helper()
	r, err := http.NewRequest("POST", l.url+"/v1beta/properties/"+l.property+":runReport", strings.NewReader(oneReport))
	must(l.t, err)
	r.Header.Set("Authorization", "Bearer "+l.token)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	resp, err := client.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, string(b)}, err
}

// What comes from a proxy, or from Google's front end, is no answer of a service.
func TestFaultsAtTheFront(t *testing.T) {
	l := newLab(t)
	p := newPanel(l)
	for _, tt := range []struct {
		fault  string
		status int
		header [2]string
		body   string
	}{
		{`{"as":"html","status":403}`, 403, [2]string{"Content-Type", "text/html; charset=UTF-8"}, "<title>403 Forbidden</title>"},
		{`{"as":"html","status":404,"body":"<h1>gone</h1>"}`, 404, [2]string{"Content-Type", "text/html; charset=UTF-8"}, "<h1>gone</h1>"},
		{`{"as":"html","status":200}`, 200, [2]string{"Content-Type", "text/html; charset=UTF-8"}, "<html>"},
		{`{"as":"html","status":407}`, 407, [2]string{"Proxy-Authenticate", `Basic realm="proxy"`}, "<html>"},
		{`{"as":"html","status":502}`, 502, [2]string{}, "502 Bad Gateway"},
		{`{"as":"empty","status":429}`, 429, [2]string{"Content-Type", ""}, ""},
		{`{"as":"redirect"}`, 302, [2]string{"Location", l.url + "/ServiceLogin?continue="}, ""},
		{`{"as":"redirect","location":"https://login.example/"}`, 302, [2]string{"Location", "https://login.example/"}, ""},
		{`{"as":"serviceDisabled"}`, 403, [2]string{}, `"reason": "SERVICE_DISABLED"`},
		{`{"as":"perMinute"}`, 429, [2]string{}, `"reason": "RATE_LIMIT_EXCEEDED"`},
	} {
		p.set("PUT", "/faults/runReport", tt.fault)
		r, err := l.straight()
		if err != nil || r.status != tt.status || !strings.Contains(r.body, tt.body) || tt.body == "" && r.body != "" {
			t.Errorf("%s: %d %s %v", tt.fault, r.status, r.body, err)
		}
		if name := tt.header[0]; name != "" && !strings.HasPrefix(r.header.Get(name), tt.header[1]) {
			t.Errorf("%s: %s is %q", tt.fault, name, r.header.Get(name))
		}
	}
	p.set("DELETE", "/faults/runReport", "")
	if r, err := l.straight(); err != nil || !strings.Contains(r.body, `"remaining": 199999`) {
		t.Errorf("what no service saw was charged: %s", r.body)
	}
}

func TestServiceDisabled(t *testing.T) {
	l := newLab(t)
	must(t, l.emulator.SetFault("*", Fault{As: AsServiceDisabled}))
	golden(t, "testdata/errors/service-disabled.json", l.do("POST", "/v1beta/properties/"+l.property+":runReport", oneReport).body)
	status, message := l.do("GET", "/v1beta/accountSummaries", "").failure(t)
	if status != "PERMISSION_DENIED" || !strings.Contains(message, "https://console.developers.google.com/apis/api/analyticsadmin.googleapis.com/overview?project=") {
		t.Errorf("%s %s", status, message)
	}
	must(t, l.emulator.SetFault("*", Fault{As: AsPerMinute}))
	golden(t, "testdata/errors/per-minute.json", l.do("POST", "/v1beta/properties/"+l.property+":runReport", oneReport).body)
}

// A client that follows a redirect finds a page, and its 200 says nothing.
func TestRedirectLeadsToALoginPage(t *testing.T) {
	l := newLab(t)
	must(t, l.emulator.SetFault("accountSummaries", Fault{As: AsRedirect}))
	if r := l.do("GET", "/v1beta/accountSummaries", ""); r.status != 200 || !strings.Contains(r.body, "<title>Sign in</title>") {
		t.Errorf("%d %s", r.status, r.body)
	}
}

// Errors of Google's own have its own words.
func TestForcedErrors(t *testing.T) {
	l := newLab(t)
	for status, want := range map[int]string{401: invalid, 403: noRight, 429: exhaustedConcurrent, 500: "An internal error has occurred."} {
		must(t, l.emulator.SetFault("runReport", Fault{Status: status, Times: 2}))
		for range 2 {
			r := l.call("runReport", oneReport)
			if _, message := r.failure(t); r.status != status || message != want {
				t.Errorf("%d: %s", status, r.body)
			}
		}
		if r := l.call("runReport", oneReport); r.status != 200 {
			t.Errorf("after two of %d: %d", status, r.status)
		}
	}
	must(t, l.emulator.SetFault("getProperty", Fault{Status: 403}))
	if _, message := l.do("GET", "/v1beta/properties/"+l.property, "").failure(t); message != noPermissionIn {
		t.Errorf("the Admin API says %q", message)
	}
}

func TestBodiesThatDoNotArrive(t *testing.T) {
	l := newLab(t)
	whole, err := l.straight()
	must(t, err)
	for _, kind := range []FaultKind{AsTruncated, AsBrokenGzip} {
		must(t, l.emulator.SetFault("runReport", Fault{As: kind}))
		r, err := l.straight()
		if err == nil || r.status != 200 {
			t.Errorf("%s: %d %v, %d of %d bytes", kind, r.status, err, len(r.body), len(whole.body))
		}
	}
	must(t, l.emulator.SetFault("runReport", Fault{As: AsHalf}))
	if r, err := l.straight(); err != nil || json.Valid([]byte(r.body)) || len(r.body) < 10 {
		t.Errorf("half: %v %q", err, r.body)
	}
	must(t, l.emulator.SetFault("runReport", Fault{As: AsSlow, Delay: 10 * time.Millisecond}))
	if r, err := l.straight(); err != nil || !json.Valid([]byte(r.body)) {
		t.Errorf("slow: %v %q", err, r.body)
	}
}

func TestUnknownMembers(t *testing.T) {
	l := newLab(t)
	p := newPanel(l)
	p.set("PUT", "/faults/*", `{"as":"unknown"}`)
	for verb, body := range map[string]string{"runReport": oneReport, "batchRunReports": `{"requests":[` + oneReport + `]}`, "runRealtimeReport": `{` + country + `,` + users + `}`} {
		r := l.call(verb, body)
		for _, want := range []string{`"dataTruncationReasons"`, `"emptyReason"`, `"schemaRestrictionResponse"`, `"type":"TYPE_OF_TOMORROW"`, `"memberOfTomorrow"`} {
			if !strings.Contains(r.body, want) || !strings.Contains(r.body, `"rows":[{"dim`) {
				t.Errorf("%s has no %s: %s", verb, want, r.body)
			}
		}
	}
	if r := l.do("GET", "/v1beta/properties/"+l.property+"/metadata?prettyPrint=false", ""); !strings.Contains(r.body, `"blockedReasons"`) || !strings.Contains(r.body, `"comparisons/99"`) {
		t.Errorf("metadata: %.300s", r.body)
	}
	p.set("PUT", "/faults/*", `{"as":"members","members":{"metadata":{"timeZone":"Mars/Olympus"},"rows":{"1":{"metricValues":[{"value":"-0"}]}},"extra":null}}`)
	a := l.call("runReport", oneReport)
	if !strings.Contains(a.body, `"timeZone":"Mars/Olympus"`) || strings.Count(a.body, `{"value":"-0"}`) != 1 || !strings.Contains(a.body, `"extra":null`) {
		t.Errorf("%s", a.body)
	}
	p.set("PUT", "/faults/runReport", `{"as":"quotaText"}`)
	if r := l.call("runReport", oneReport); !strings.Contains(r.body, `"tokensPerDay":{"consumed":"1","remaining":"`) || !strings.Contains(r.body, `"rowCount":`) {
		t.Errorf("%s", r.body)
	}
}

// An answer without rows stays one: what a patch says of items of a list that is
// not there is left out, for the list is no object.
func TestUnknownMembersOfNothing(t *testing.T) {
	l := newQuietLab(t, emptyProperty)
	p := newPanel(l)
	for _, fault := range []string{`{"as":"unknown"}`, `{"as":"members","members":{"metadata":{"emptyReason":"x"},"memberOfTomorrow":[1],"rows":{"*":{"a":1}},"metricHeaders":{"0":{"type":"x"}}}}`} {
		p.set("PUT", "/faults/*", fault)
		for verb, body := range map[string]string{"runReport": `{` + week + `,` + users + `}`, "runRealtimeReport": `{` + users + `}`} {
			r := l.call(verb, body)
			if strings.Contains(r.body, `"metricHeaders"`) || strings.Contains(r.body, `"rows"`) || !strings.Contains(r.body, `"emptyReason"`) || !strings.Contains(r.body, `"memberOfTomorrow"`) {
				t.Errorf("%s, %s: %s", fault, verb, r.body)
			}
		}
	}
}

// statuses asks n times.
func (l *lab) statuses(n int) (got []int) {
	for range n {
		got = append(got, l.call("runReport", oneReport).status)
	}
	return got
}

func TestHowOftenAFaultStrikes(t *testing.T) {
	l := newLab(t)
	p := newPanel(l)
	p.set("PUT", "/faults/runReport", `{"status":503,"every":3}`)
	if got := l.statuses(7); !slices.Equal(got, []int{200, 200, 503, 200, 200, 503, 200}) {
		t.Errorf("one in three: %v", got)
	}
	p.set("PUT", "/faults/runReport", `{"as":"html","status":502,"times":2}`)
	if got := l.statuses(3); !slices.Equal(got, []int{502, 502, 200}) {
		t.Errorf("twice: %v", got)
	}
	p.set("PUT", "/faults/runReport", `{"status":503,"times":1,"every":2}`)
	if got := l.statuses(4); !slices.Equal(got, []int{503, 200, 503, 200}) {
		t.Errorf("once, then one in two: %v", got)
	}
	p.set("PUT", "/faults/runReport", `{"status":503,"for":"2s"}`)
	if got := l.statuses(2); !slices.Equal(got, []int{503, 503}) {
		t.Errorf("for two seconds: %v", got)
	}
	l.emulator.Advance(2 * time.Second)
	if got := l.statuses(1); got[0] != 200 {
		t.Errorf("after two seconds: %v", got)
	}
}

func TestFaultsOfOneProperty(t *testing.T) {
	l := newLab(t)
	p := newPanel(l)
	other := l.emulator.properties.made[1].Property
	p.set("PUT", "/faults/*", `{"as":"html","status":502,"property":"`+other+`"}`)
	at := func(property string) int {
		return l.do("POST", "/v1beta/properties/"+property+":runReport", oneReport).status
	}
	if got := []int{at(other), at(l.property)}; !slices.Equal(got, []int{502, 200}) {
		t.Errorf("%v", got)
	}
	p.set("PUT", "/faults/runReport", `{"status":500}`)
	if got := []int{at(other), at(l.property)}; !slices.Equal(got, []int{500, 500}) {
		t.Errorf("the method's own: %v", got)
	}
	p.set("DELETE", "/faults/runReport", "")
	p.set("DELETE", "/faults/*?property="+other, "")
	if got := at(other); got != 200 {
		t.Errorf("ended: %d", got)
	}
}

func TestFaultsOfTheTokenEndpoint(t *testing.T) {
	l := newLab(t)
	token := func() (int, string) {
		resp, err := http.PostForm(l.url+"/token", url.Values{"grant_type": {grantJWT}, "assertion": {l.assertion(nil)}})
		must(t, err)
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(b)
	}
	for _, tt := range []struct {
		fault  Fault
		status int
		body   string
	}{
		{Fault{As: AsHTML, Status: 403}, 403, "<html>"},
		{Fault{As: AsEmpty, Status: 429}, 429, ""},
		{Fault{As: AsRedirect}, 200, "Sign in"},
		{Fault{As: AsHalf}, 200, `{`},
		{Fault{As: AsMembers, Members: json.RawMessage(`{"refresh_token_expires_in":5}`)}, 200, `"refresh_token_expires_in":5`},
		{Fault{Status: 503}, 503, "Backend Error"},
	} {
		must(t, l.emulator.SetFault("token", tt.fault))
		if status, body := token(); status != tt.status || !strings.Contains(body, tt.body) {
			t.Errorf("%+v: %d %s", tt.fault, status, body)
		}
	}
}

func TestFaultsThatCannotBe(t *testing.T) {
	p := newPanel(newLab(t))
	for _, fault := range []string{
		`{"as":"nonsense"}`, `{"as":"html"}`, `{"as":"html","status":99}`, `{"as":"redirect","status":302}`, `{"as":"members"}`,
		`{"as":"slow","cut":true}`, `{"status":503,"rate":0.5,"every":2}`, `{"status":503,"every":-1}`, `{"status":503,"for":"-1s"}`,
		`{"status":503,"property":"999"}`, `{"status":503,"members":{}}`, `{"every":2}`, `{"status":503,"delay":"soon"}`,
	} {
		if status, answer := p.send("PUT", "/faults/runReport", fault); status != 400 || !strings.Contains(answer, "error") {
			t.Errorf("%s: %d %s", fault, status, answer)
		}
	}
}
