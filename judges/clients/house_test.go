package clients

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"golang.org/x/oauth2"
	admin "google.golang.org/api/analyticsadmin/v1beta"
	data "google.golang.org/api/analyticsdata/v1beta"
	"google.golang.org/api/option"

	"github.com/oriel-server/oriel/judges/house"
)

// demo is the house that all tests of the package visit. Its Google's clock stands
// still, so that the same realtime question has the same answer twice.
var demo *house.House

// The demo's views and the properties behind them.
var views = map[string]string{"museum": "412600302", "shop": "412600303", "archive": "412600301"}

const account = "oriel@demo-project.iam.gserviceaccount.com"

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "oriel-clients-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	program, err := house.Build(dir)
	if err != nil {
		return 1, err
	}
	if demo, err = house.Open(program); err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, demo.Close()) }()
	if err := steer("PUT", "/clock", `{"frozen": true}`); err != nil {
		return 1, err
	}
	server, err := openAll(program, dir)
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	demo.Oriel, demo.Operator, demo.Config = server.Public, server.Operator, filepath.Join(dir, "oriel.yaml")
	return m.Run(), nil
}

// openAll serves the demo's views with all fields and days, which clients compare with Google.
func openAll(program, dir string) (*house.Server, error) {
	text, err := os.ReadFile(demo.Config)
	if err != nil {
		return nil, err
	}
	key, err := os.ReadFile(demo.Key)
	if err != nil {
		return nil, err
	}
	_, rest, _ := strings.Cut(string(text), "\nviews:\n")
	rest = regexp.MustCompile(`(?s)allow: \[.*?\]`).ReplaceAllString(rest, `allow: ["*"]`)
	rest = strings.NewReplacer("{days: 400}", "{days: 4000}", "public: true", "fields: *fields\n    history: *history\n    public: questions").Replace(rest)
	return house.OpenServer(program, dir, house.Config{Google: &house.Google{URL: demo.Emulator}, Key: key, Rest: "views:\n" + rest})
}

// steer asks the control endpoint of the demo's emulator.
func steer(method, path, body string) error {
	req, err := http.NewRequest(method, demo.Control+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %d %s", method, path, res.StatusCode, answer)
	}
	return err
}

// steered steers, and steers back when the test ends.
func steered(t *testing.T, method, path, body, methodBack, pathBack, bodyBack string) {
	t.Helper()
	if err := steer(method, path, body); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := steer(methodBack, pathBack, bodyBack); err != nil {
			t.Error(err)
		}
	})
}

// embedToken asks Oriel as a visitor of the demo's site does.
func embedToken(t *testing.T, views ...string) string {
	t.Helper()
	token, err := demo.Token(demo.Site, "view="+strings.Join(views, "&view="))
	fatal(t, err)
	return token
}

// A side is one way to ask: Google's own addresses with the service account, or
// Oriel's with an embed token.
type side struct {
	data  *data.Service
	admin *admin.Service
	// property returns the resource name that a view has on this side.
	property func(view string) string
}

// google is the emulator, asked with the key file that the demo printed.
func google(t *testing.T) side {
	t.Helper()
	return newSide(t, func(view string) string { return "properties/" + views[view] },
		option.WithEndpoint(demo.Emulator),
		option.WithAuthCredentialsFile(option.ServiceAccount, demo.Key), option.WithScopes(data.AnalyticsReadonlyScope))
}

// oriel is Oriel, asked with an embed token for these views. What it answers is
// searched for property ids.
func oriel(t *testing.T, views ...string) side {
	t.Helper()
	return orielWith(t, embedToken(t, views...))
}

func orielWith(t *testing.T, token string) side {
	t.Helper()
	watched := &http.Client{Transport: &oauth2.Transport{
		Source: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token}),
		Base:   &watch{t: t},
	}}
	return newSide(t, func(view string) string { return "properties/" + view },
		option.WithEndpoint(demo.Oriel), option.WithHTTPClient(watched))
}

func newSide(t *testing.T, property func(string) string, opts ...option.ClientOption) side {
	t.Helper()
	d, err := data.NewService(t.Context(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	a, err := admin.NewService(t.Context(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return side{d, a, property}
}

// A watch reads every answer and fails the test when one tells a property's id.
type watch struct {
	t    *testing.T
	mu   sync.Mutex
	last http.Header // of the last answer
}

// RoundTrip asks the network.
func (w *watch) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil {
		return nil, err
	}
	headers := fmt.Sprint(res.Header)
	for _, id := range views {
		if strings.Contains(req.URL.Path, id) {
			continue // an answer may repeat what the requester knows
		}
		if bytes.Contains(body, []byte(id)) || strings.Contains(headers, id) {
			w.t.Errorf("%s %s: the answer tells the property id %s:\n%s\n%.500s", req.Method, req.URL.Path, id, headers, body)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = res.Header
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}
