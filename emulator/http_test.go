package emulator

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestNewRefuses(t *testing.T) {
	for _, base := range []string{"", "localhost:80", "ftp://x", "http://", "http://x/path"} {
		if _, err := New(Config{BaseURL: base}); err == nil {
			t.Errorf("BaseURL %q is accepted", base)
		}
	}
}

func TestIssueRefuses(t *testing.T) {
	l := newLab(t)
	for _, email := range []string{"", "x", "@x", "x@", "a b@c", "a/b@c"} {
		if _, err := l.emulator.IssueKey(email); err == nil {
			t.Errorf("e-mail %q is accepted", email)
		}
	}
	if _, err := l.emulator.IssueKey(labAccount, "999"); err == nil {
		t.Error("an unknown property is accepted")
	}
}

func TestKeyFileIsComplete(t *testing.T) {
	l := newLab(t)
	b, err := l.emulator.IssueKey("full@some-project.iam.gserviceaccount.com", l.property)
	must(t, err)
	var fields map[string]string
	must(t, json.Unmarshal(b, &fields))
	for name, want := range map[string]string{
		"type": "service_account", "project_id": "some-project", "client_email": "full@some-project.iam.gserviceaccount.com",
		"token_uri": l.url + "/token", "universe_domain": "googleapis.com",
	} {
		if fields[name] != want {
			t.Errorf("%s is %q, want %q", name, fields[name], want)
		}
	}
	for _, name := range []string{"private_key_id", "private_key", "client_id", "auth_uri", "auth_provider_x509_cert_url", "client_x509_cert_url"} {
		if fields[name] == "" {
			t.Errorf("no %s", name)
		}
	}
	if !strings.HasPrefix(fields["private_key"], "-----BEGIN PRIVATE KEY-----\n") {
		t.Error("private_key is not PKCS #8")
	}
}

// raw sends a request as it is, without the client's own gzip.
func (l *lab) raw(path string, header map[string]string) *http.Response {
	l.t.Helper()
	r, err := http.NewRequest("GET", l.url+path, nil)
	must(l.t, err)
	r.Header.Set("Authorization", "Bearer "+l.token)
	for k, v := range header {
		r.Header.Set(k, v)
	}
	tr := &http.Transport{DisableCompression: true}
	l.t.Cleanup(tr.CloseIdleConnections)
	resp, err := tr.RoundTrip(r)
	must(l.t, err)
	l.t.Cleanup(func() { resp.Body.Close() })
	return resp
}

func TestGzip(t *testing.T) {
	l := newLab(t)
	path := "/v1beta/properties/" + l.property + "/metadata"
	plain, err := io.ReadAll(l.raw(path, nil).Body)
	must(t, err)
	packed := l.raw(path, map[string]string{"Accept-Encoding": "deflate, gzip;q=0.5"})
	if packed.Header.Get("Content-Encoding") != "gzip" {
		t.Fatal("not compressed")
	}
	zr, err := gzip.NewReader(packed.Body)
	must(t, err)
	b, err := io.ReadAll(zr)
	must(t, err)
	if string(b) != string(plain) {
		t.Error("compressed and plain answers differ")
	}
	if got := l.raw(path, map[string]string{"Accept-Encoding": "gzip;q=0"}).Header.Get("Content-Encoding"); got != "" {
		t.Errorf("refused encoding %q is used", got)
	}
}

func TestPrettyPrintAndNumericEnums(t *testing.T) {
	l := newLab(t)
	path := "/v1beta/properties/" + l.property
	if body := l.do("GET", path, "").body; !strings.HasPrefix(body, "{\n  \"name\": ") {
		t.Errorf("by default indented: %s", body)
	}
	if body := l.do("GET", path+"?prettyPrint=false", "").body; !strings.HasPrefix(body, `{"name":"properties/`) {
		t.Errorf("not indented: %s", body)
	}
	for _, alt := range []string{"$alt", "alt", "%24alt"} {
		body := l.do("GET", path+"?prettyPrint=false&"+alt+"=json%3Benum-encoding%3Dint", "").body
		if !strings.Contains(body, `"propertyType":1`) || !strings.Contains(body, `"serviceLevel":1`) {
			t.Errorf("%s: %s", alt, body)
		}
	}
	r := l.do("POST", path+":runReport?$alt=json;enum-encoding=int", `{`+week+`,`+users+`}`)
	if !strings.Contains(r.body, `"type": 1`) {
		t.Errorf("%s", r.body)
	}
}

func TestMetadata(t *testing.T) {
	l := newLab(t)
	var own, universal metadataAnswer
	must(t, json.Unmarshal([]byte(l.do("GET", "/v1beta/properties/"+l.property+"/metadata", "").body), &own))
	must(t, json.Unmarshal([]byte(l.do("GET", "/v1beta/properties/0/metadata", "").body), &universal))
	if len(own.Dimensions) != 374 || len(own.Metrics) != 86+3 || len(universal.Metrics) != 86 || len(own.Comparisons) != 9 || own.Name != "properties/"+l.property+"/metadata" {
		t.Errorf("%d dimensions, %d metrics, %d comparisons of %s", len(own.Dimensions), len(own.Metrics), len(own.Comparisons), own.Name)
	}
	if len(universal.Comparisons) != 0 || universal.Name != "properties/0/metadata" {
		t.Errorf("property 0: %d comparisons of %s", len(universal.Comparisons), universal.Name)
	}
	i := slices.IndexFunc(own.Metrics, func(m metricMetadata) bool { return m.APIName == "keyEvents" })
	if i < 0 || !slices.Equal(own.Metrics[i].DeprecatedAPINames, []string{"conversions"}) || own.Metrics[i].Type != "TYPE_FLOAT" {
		t.Errorf("keyEvents %+v", own.Metrics[i])
	}
	event := l.emulator.world.KeyEvent(l.property)
	named := l.report(`{` + week + `,"metrics":[{"name":"keyEvents:` + event + `"},{"name":"keyEvents"},{"name":"sessionKeyEventRate:` + event + `"},{"name":"sessionKeyEventRate"}]}`)
	if v := named.Rows[0].MetricValues; named.MetricHeaders[0].Name != "keyEvents:"+event || v[0] != v[1] || v[2] != v[3] || v[0].Value == "0" {
		t.Errorf("metrics of %s: %+v", event, named)
	}
	if a := l.do("POST", "/v1beta/properties/"+l.property+":runReport", `{`+week+`,"metrics":[{"name":"keyEvents:nothing"}]}`); a.status != 400 {
		t.Errorf("a key event that the property has not: %d %s", a.status, a.body)
	}
	if a := l.report(`{` + week + `,"dimensions":[{"name":"sessionDefaultChannelGrouping"}],"metrics":[{"name":"conversions"}]}`); a.DimensionHeaders[0].Name != "sessionDefaultChannelGrouping" {
		t.Errorf("deprecated names: %+v", a.DimensionHeaders)
	}
}

func TestCheckCompatibility(t *testing.T) {
	l := newLab(t)
	var a struct {
		DimensionCompatibilities []dimensionCompatibility
		MetricCompatibilities    []metricCompatibility
	}
	r := l.call("checkCompatibility", `{"dimensions":[{"name":"itemName"}],"compatibilityFilter":"INCOMPATIBLE"}`)
	must(t, json.Unmarshal([]byte(r.body), &a))
	if !slices.ContainsFunc(a.MetricCompatibilities, func(m metricCompatibility) bool { return m.Metadata.APIName == "sessions" }) ||
		slices.ContainsFunc(a.MetricCompatibilities, func(m metricCompatibility) bool { return m.Metadata.APIName == "itemRevenue" }) {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := l.call("checkCompatibility", `{"dimensions":[{"name":"nonsense"}]}`); r.status != 400 {
		t.Errorf("unknown field: %d", r.status)
	}
}

func TestListProperties(t *testing.T) {
	l := newLab(t)
	var a struct {
		Properties    []adminProperty
		NextPageToken string
	}
	var seen []string
	path := "/v1beta/properties?filter=parent:accounts/" + accountID + "&pageSize=2"
	for next := path; next != ""; {
		a.NextPageToken, a.Properties = "", nil
		must(t, json.Unmarshal([]byte(l.do("GET", next, "").body), &a))
		for _, p := range a.Properties {
			seen = append(seen, p.Name)
		}
		if next = ""; a.NextPageToken != "" {
			next = path + "&pageToken=" + a.NextPageToken
		}
	}
	if len(seen) != len(l.emulator.properties.made) {
		t.Errorf("%v", seen)
	}
	for query, want := range map[string]int{
		"": 400, "?filter=x": 400, "?filter=parent:accounts/1": 200,
		"?filter=parent:accounts/" + accountID + "&pageSize=x": 400, "?filter=parent:accounts/" + accountID + "&pageToken=x": 400,
	} {
		if r := l.do("GET", "/v1beta/properties"+query, ""); r.status != want {
			t.Errorf("%q: %d %s", query, r.status, r.body)
		}
	}
}

func TestAdminPermissionAndScope(t *testing.T) {
	l := newLab(t)
	l.file, l.private = l.issue("narrow@p.iam.gserviceaccount.com", l.property)
	l.token = l.fetchToken(nil)
	r := l.do("GET", "/v1beta/properties/"+l.emulator.properties.made[1].Property, "")
	if _, message := r.failure(t); r.status != 403 || message != "The caller does not have permission" {
		t.Errorf("%d %s", r.status, message)
	}
	if body := l.do("GET", "/v1beta/accountSummaries", "").body; strings.Count(body, `"property":`) != 1 {
		t.Errorf("%s", body)
	}
	r = l.doAs("", "GET", "/v1beta/properties/"+l.property, "")
	if !strings.Contains(r.body, `"method": "google.analytics.admin.v1beta.AnalyticsAdminService.GetProperty"`) {
		t.Errorf("%s", r.body)
	}
}

// The day of "today" is the property's, not the server's.
func TestRelativeDatesInThePropertysTimeZone(t *testing.T) {
	now := time.Date(2026, 11, 18, 20, 30, 0, 0, time.UTC)
	for name, want := range map[string]string{"Pacific/Auckland": "2026-11-19", "America/New_York": "2026-11-18", "UTC": "2026-11-18"} {
		zone, err := time.LoadLocation(name)
		must(t, err)
		s, err := spans([]dateRangeAsk{{StartDate: "today", EndDate: "today"}, {StartDate: "1daysAgo", EndDate: "yesterday"}}, now, zone)
		must(t, err)
		if got := s[0].From.In(zone).Format(time.DateTime); got != want+" 00:00:00" {
			t.Errorf("today in %s begins %s", name, got)
		}
		if s[1].To != s[0].From || s[0].days != 1 {
			t.Errorf("%s: yesterday ends %v, today begins %v", name, s[1].To, s[0].From)
		}
	}
}
