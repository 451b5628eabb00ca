package emulator

import (
	"strings"
	"testing"
)

func TestPartialResponse(t *testing.T) {
	const text = `{"a":1,"b":[{"c":"x<y","d":{"e":true,"f":null}},{"c":"é\"","d":{}}],"g":{"c":"z"}}`
	for _, tt := range []struct{ fields, want string }{
		{"*", text},
		{"a", `{"a":1}`},
		{"g,a", `{"a":1,"g":{"c":"z"}}`},
		{"b/c", `{"b":[{"c":"x<y"},{"c":"é\""}]}`},
		{"b(c,d/e)", `{"b":[{"c":"x<y","d":{"e":true}},{"c":"é\"","d":{}}]}`},
		{"b/d/f,a", `{"a":1,"b":[{"d":{"f":null}},{"d":{}}]}`},
		{"b/c,b/d/e", `{"b":[{"c":"x<y","d":{"e":true}},{"c":"é\"","d":{}}]}`},
		{"b/c,b,b/d", `{"b":[{"c":"x<y","d":{"e":true,"f":null}},{"c":"é\"","d":{}}]}`},
		{"*/c", `{"a":1,"b":[{"c":"x<y"},{"c":"é\""}],"g":{"c":"z"}}`},
		{"none", `{}`},
	} {
		m, err := parseMask(tt.fields)
		must(t, err)
		if got := m.partial([]byte(text)); string(got) != tt.want {
			t.Errorf("%s: %s, want %s", tt.fields, got, tt.want)
		}
	}
	for _, fields := range []string{",", "a,", "a/", "a(", "a(b", "a)", "a()", "/a", strings.Repeat("a/", 500) + "a"} {
		if _, err := parseMask(fields); err == nil {
			t.Errorf("%s is accepted", fields)
		}
	}
}

func TestPartialReport(t *testing.T) {
	l := newLab(t)
	path := "/v1beta/properties/" + l.property + ":runReport?prettyPrint=false&fields="
	body := `{` + week + `,` + country + `,` + users + `,"limit":1}`
	if r := l.do("POST", path+"kind,metadata/timeZone", body); strings.TrimSpace(r.body) != `{"metadata":{"timeZone":"America/New_York"},"kind":"analyticsData#runReport"}` {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := l.do("POST", path+"rows(", body); r.status != 400 {
		t.Errorf("malformed mask: %d %s", r.status, r.body)
	}
	if _, message := l.do("POST", path+"rows", `{`+users+`}`).failure(t); message != "A dateRange is required." {
		t.Errorf("errors are whole: %q", message)
	}
}
