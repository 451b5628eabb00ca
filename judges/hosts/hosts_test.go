package hosts

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/emulator/world"
	"github.com/oriel-server/oriel/judges/house"
)

const (
	origin = "https://www.example.com" // of the host's pages
	rest   = `
views:
  shop: {property: "412600303", origins: ["` + origin + `"]}
dashboards:
  overview:
    views: [shop]
    panels:
      - {type: scorecard, metrics: [sessions]}
`
)

// interpreters run the page's programs, by the ending of their names.
var interpreters = map[string][]string{
	".go": {"go", "run"}, ".mjs": {"node"}, ".py": {"python3"}, ".php": {"php"}, ".sh": {"sh"},
}

// A town has a made-up Google, and whatever servers a test needs.
type town struct {
	page    page
	program string
	google  *house.Google
	key     []byte // of the service account
	apiKey  string
	hash    string
}

func newTown(t *testing.T) *town {
	t.Helper()
	w, err := world.New(world.Config{Seed: 5, Now: time.Now(), Days: 40, Events: 5_000})
	must(t, err)
	c := &town{page: readPage(t), google: house.NewGoogle(t, w, nil)}
	c.key, err = c.google.IssueKey("robot@hosts-project.iam.gserviceaccount.com")
	must(t, err)
	c.program, err = house.Build(t.TempDir())
	must(t, err)
	out, err := house.Run(c.program, "token", "new-key")
	must(t, err)
	c.apiKey = regexp.MustCompile(`oriel_\S+`).FindString(string(out))
	c.hash = regexp.MustCompile(`[0-9a-f]{64}`).FindString(string(out))
	return c
}

// A portal is a host's backend: a folder with its keys, and the server that knows
// the public ones.
type portal struct {
	*town
	dir    string
	oriel  *house.Server
	keyID  string // what "oriel keys" calls the signing key that was registered last
	signed string // name of the file to sign with
}

// open runs a server with the page's first configuration, changed as told. files
// are there when it starts.
func (c *town) open(t *testing.T, files map[string]string, changes ...string) *portal {
	t.Helper()
	p := &portal{town: c, dir: t.TempDir()}
	for name, text := range files {
		must(t, os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o600))
	}
	p.start(t, strings.NewReplacer(changes...).Replace(c.page.yaml[0])+rest)
	out, err := house.Run(c.program, "keys", "-config", filepath.Join(p.dir, "oriel.yaml"))
	must(t, err)
	for _, line := range regexp.MustCompile(`host portal +([0-9a-f]{12}) +(EdDSA|ES256|HS256)`).FindAllStringSubmatch(string(out), -1) {
		p.keyID = line[1]
	}
	return p
}

// serve runs a server with a configuration of the page.
func (c *town) serve(t *testing.T, config string) *portal {
	t.Helper()
	p := &portal{town: c, dir: t.TempDir()}
	p.start(t, config)
	return p
}

func (p *portal) start(t *testing.T, config string) {
	t.Helper()
	config = regexp.MustCompile(`[0-9a-f]{64}`).ReplaceAllString(config, p.hash)
	var err error
	p.oriel, err = house.OpenServer(p.program, p.dir, house.Config{Google: p.google, Key: p.key, Rest: config})
	must(t, err)
	t.Cleanup(func() { must(t, p.oriel.Close()) })
}

// made runs one of the page's shell programs and returns the files that it made.
func (c *town) made(t *testing.T, text string) map[string]string {
	t.Helper()
	dir := t.TempDir()
	_, err := run(t, dir, "made.sh", text)
	must(t, err)
	files := map[string]string{}
	names, err := filepath.Glob(filepath.Join(dir, "portal*"))
	must(t, err)
	for _, name := range names {
		b, err := os.ReadFile(name)
		must(t, err)
		files[filepath.Base(name)] = string(b)
	}
	return files
}

// run runs a program of the page in a folder. Where its interpreter is absent, the
// test is skipped; not so in CI, where build/setup installs them.
func run(t *testing.T, dir, name, text string, env ...string) ([]byte, error) {
	t.Helper()
	with := interpreters[filepath.Ext(name)]
	if with == nil {
		t.Fatalf("%s: in no language that is known here", name)
	}
	if _, err := exec.LookPath(with[0]); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not on this machine; build/setup installs it", with[0])
		}
		t.Skipf("%s is not on this machine, so %s was not run", with[0], name)
	}
	must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	cmd := exec.CommandContext(t.Context(), with[0], append(with[1:len(with):len(with)], name)...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s", name, err, stderr.String())
	}
	return out, err
}

// run runs one of the page's programs as the portal's backend.
func (p *portal) run(t *testing.T, name, apiKey string) ([]byte, error) {
	t.Helper()
	return run(t, t.TempDir(), name, p.page.programs[name],
		"ORIEL_URL="+p.oriel.Public, "ORIEL_API_KEY="+apiKey, "ORIEL_KEY_FILE="+filepath.Join(p.dir, p.signed), "ORIEL_KEY_ID="+p.keyID)
}

// ask sends a request as a page of the origin does, or as a backend where it is
// empty.
func (p *portal) ask(t *testing.T, method, path, bearer, from string, body any) (int, members) {
	t.Helper()
	text, err := json.Marshal(body)
	must(t, err)
	r, err := http.NewRequest(method, p.oriel.Public+path, strings.NewReader(string(text)))
	must(t, err)
	for name, value := range map[string]string{"Authorization": bearer, "Origin": from} {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	answer, err := http.DefaultClient.Do(r)
	must(t, err)
	defer answer.Body.Close()
	text, err = io.ReadAll(answer.Body)
	must(t, err)
	var m members
	must(t, json.Unmarshal(text, &m))
	return answer.StatusCode, m
}

// good fails the test unless answer is what a page is given, good for the dashboard
// on the host's pages and for nothing else.
func (p *portal) good(t *testing.T, answer members) {
	t.Helper()
	bearer := fmt.Sprintf("%s %s", answer["token_type"], answer["access_token"])
	if seconds, _ := answer["expires_in"].(float64); seconds < 1 || !strings.HasPrefix(bearer, "Bearer ey") {
		t.Fatalf("this is no embed token: %v", answer)
	}
	for _, c := range []struct {
		method, path, from string
		want               int
	}{
		{"GET", "/v1/dashboards/overview", origin, 200},
		{"GET", "/v1/dashboards/overview", "https://evil.example", 403},
		{"POST", "/v1/tokens:renew", origin, 200},
		{"GET", "/v1/dashboards/other", origin, 403},
		{"POST", "/v1/tokens", "", 401},
	} {
		if status, said := p.ask(t, c.method, c.path, bearer, c.from, nil); status != c.want {
			t.Errorf("%s %s from %q: %d, want %d: %v", c.method, c.path, c.from, status, c.want, said)
		}
	}
}

// file reads one of the portal's files.
func (p *portal) file(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(p.dir, name))
	must(t, err)
	return string(text)
}
