package house

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"text/template"
	"time"

	"github.com/oriel-server/oriel/emulator"
	"github.com/oriel-server/oriel/emulator/world"
)

// A Google is an emulator in the test's own process, where every request and
// every issued secret can be looked at.
type Google struct {
	*emulator.Emulator
	URL string

	server *http.Server
}

// NewGoogle serves an emulator over w for the time of the test. around, if not
// nil, is wrapped around its handler.
func NewGoogle(t testing.TB, w *world.World, around func(http.Handler) http.Handler) *Google {
	t.Helper()
	g, err := OpenGoogle(w, around)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

// OpenGoogle serves an emulator like NewGoogle, for TestMain. Close it.
func OpenGoogle(w *world.World, around func(http.Handler) http.Handler) (*Google, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	g := &Google{URL: "http://" + l.Addr().String()}
	if g.Emulator, err = emulator.New(emulator.Config{World: w, BaseURL: g.URL}); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	handler := g.Handler()
	if around != nil {
		handler = around(handler)
	}
	g.server = &http.Server{Handler: handler}
	go g.server.Serve(l) // ends with ErrServerClosed
	return g, nil
}

// Close ends what OpenGoogle began.
func (g *Google) Close() error { return g.server.Close() }

// A Server is a running "oriel serve".
type Server struct {
	Public, Operator string // addresses: http://host:port
	Dir              string // of the configuration

	program *process
}

// Config is what a Server is configured with beyond the addresses.
type Config struct {
	// Google is whom it asks. Required.
	Google *Google
	// Key is the service account's key file. Required.
	Key []byte
	// Rest is the rest of oriel.yaml: views, dashboards and whatever else.
	Rest string
}

var heading = template.Must(template.New("").Parse(`listen: {{.Public}}
operator: {listen: {{.Operator}}}
google:
  data_url: {{.Google}}
  admin_url: {{.Google}}
  token_hosts: ["{{.TokenHost}}"]
accounts:
  agency: {key_file: key.json}
`))

// WriteConfig writes oriel.yaml and the key file into dir, with listeners that
// nobody uses right now, and returns the two addresses, host:port.
func WriteConfig(dir string, c Config) (public, operator string, err error) {
	if public, err = freeAddress(); err != nil {
		return "", "", err
	}
	if operator, err = freeAddress(); err != nil {
		return "", "", err
	}
	var b bytes.Buffer
	err = heading.Execute(&b, map[string]string{
		"Public": public, "Operator": operator,
		"Google": c.Google.URL, "TokenHost": strings.TrimPrefix(c.Google.URL, "http://"),
	})
	b.WriteString(c.Rest)
	return public, operator, errors.Join(err,
		os.WriteFile(filepath.Join(dir, "oriel.yaml"), b.Bytes(), 0o600),
		os.WriteFile(filepath.Join(dir, "key.json"), c.Key, 0o600))
}

// Serve runs a program of Build as a server for the time of the test, and waits
// until it lives. It has asked Google nothing yet but what a start asks.
func Serve(t testing.TB, program string, c Config) *Server {
	t.Helper()
	s, err := OpenServer(program, t.TempDir(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// OpenServer runs a server like Serve, for TestMain, with its configuration and
// its files in dir. Close it.
func OpenServer(program, dir string, c Config) (*Server, error) {
	public, operator, err := WriteConfig(dir, c)
	if err != nil {
		return nil, err
	}
	s := &Server{Dir: dir, Public: "http://" + public, Operator: "http://" + operator}
	if s.program, err = start(program, "serve", "-config", filepath.Join(dir, "oriel.yaml")); err != nil {
		return nil, err
	}
	if err := s.program.wait("/healthz", func() bool { return answers(s.Operator + "/healthz") }); err != nil {
		return nil, errors.Join(err, s.program.stop(), fmt.Errorf("it wrote:\n%s", s.Log()))
	}
	return s, nil
}

// AwaitStart waits until the server has asked about each of its views. Before that it
// ends when Google refuses them all, for it has nothing to give.
func (s *Server) AwaitStart() error {
	return s.program.wait("check of the views", func() bool { return bytes.Contains(s.Log(), []byte("views are checked")) })
}

// Close ends the server like Ctrl-C, and returns an error when it does not end well.
func (s *Server) Close() error { return s.program.stop() }

// PeakMemory returns the most physical memory that the server has taken so far, in bytes.
func (s *Server) PeakMemory() (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.program.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, text, _ := strings.Cut(string(status), "VmHWM:")
	var kb int64
	if _, err := fmt.Sscanf(text, "%d kB", &kb); err != nil {
		return 0, fmt.Errorf("house: no VmHWM: %w", err)
	}
	return kb << 10, nil
}

// Abort ends the server as a crash does: it writes the stacks of all that it was
// doing. It returns all that was written.
func (s *Server) Abort() ([]byte, error) {
	if err := s.program.cmd.Process.Signal(syscall.SIGQUIT); err != nil {
		return nil, err
	}
	select {
	case <-s.program.ended:
		return s.Log(), nil
	case <-time.After(patience):
		_ = s.program.cmd.Process.Kill() // the error below says more
		return s.Log(), fmt.Errorf("house: the server did not end within %v", patience)
	}
}

// Attempt starts a server that may refuse to, and ends it when it does not. It
// returns all that was written. A server that answers before its check of the views ends
// it has refused as well.
func Attempt(program, dir string, c Config) (written []byte, refused bool, err error) {
	_, operator, err := WriteConfig(dir, c)
	if err != nil {
		return nil, false, err
	}
	p, err := start(program, "serve", "-config", filepath.Join(dir, "oriel.yaml"))
	if err != nil {
		return nil, false, err
	}
	refused = p.wait("/healthz", func() bool { return answers("http://" + operator + "/healthz") }) != nil
	refused = p.stop() != nil || refused
	return append(p.stdout.Bytes(), p.stderr.Bytes()...), refused, nil
}

// Log returns what the server has logged so far.
func (s *Server) Log() []byte { return s.program.stderr.Bytes() }

// Token asks for an embed token as a page of that origin does. query is "view=NAME"
// or "dashboard=NAME".
func (s *Server) Token(origin, query string) (string, error) { return token(s.Public, origin, query) }

// Token is Server.Token, of the demo's Oriel.
func (h *House) Token(origin, query string) (string, error) { return token(h.Oriel, origin, query) }

func token(server, origin, query string) (string, error) {
	req, err := http.NewRequest(http.MethodGet, server+"/token?"+query, nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("Origin", origin)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	var answer struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"`
		TokenType   string `json:"token_type"`
	}
	err = json.NewDecoder(res.Body).Decode(&answer)
	if err != nil || res.StatusCode != http.StatusOK || answer.AccessToken == "" || answer.ExpiresIn <= 0 || answer.TokenType != "Bearer" {
		return "", fmt.Errorf("house: /token?%s answered %s: %w", query, res.Status, cmp.Or(err, errors.New("not what it should")))
	}
	return answer.AccessToken, nil
}

// Run runs a program of Build to its end and returns all that it wrote. It is
// for starts that must fail.
func Run(program string, args ...string) ([]byte, error) {
	out, err := exec.Command(program, args...).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return out, fmt.Errorf("house: running %s: %w", program, err)
	}
	return out, err
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
