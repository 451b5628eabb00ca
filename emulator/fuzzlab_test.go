package emulator

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// A fuzzLab calls the handler without a network: thousands of requests a second
// would use up the ports.
type fuzzLab struct {
	emulator *Emulator
	handler  http.Handler
	token    string
	property string
}

func newFuzzLab(f *testing.F) *fuzzLab {
	f.Helper()
	w, err := smallWorld()
	if err != nil {
		f.Fatal(err)
	}
	e, err := New(Config{World: w, BaseURL: "http://127.0.0.1:1", Clock: func() time.Time { return labNow }})
	if err != nil {
		f.Fatal(err)
	}
	if _, err := e.accounts.admit(labAccount, nil); err != nil {
		f.Fatal(err)
	}
	token := e.tokens.issue(bearer{labAccount, []string{scopeReadonly}, labNow.Add(lifetime)}, labNow)
	return &fuzzLab{e, e.Handler(), token, w.Sites()[0].Property}
}

func (l *fuzzLab) post(verb, body string) (int, string) {
	r := httptest.NewRequest("POST", "/v1beta/properties/"+l.property+":"+verb, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+l.token)
	w := httptest.NewRecorder()
	l.handler.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}
