// Package house runs the built program for judges that know it only from
// outside: it builds cmd/oriel once and starts it as a newcomer would.
package house

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

// A House is a running "oriel demo": a customer's site, Oriel and a made-up
// Google, on origins of their own.
type House struct {
	Site     string // the customer's pages: http://host:port, no slash at the end
	Oriel    string // the public listener
	Operator string // the operators' listener
	Emulator string // the made-up Google
	Control  string // what steers the emulator
	Config   string // path of the configuration
	Key      string // path of the service account's key file

	program *process
}

const module = "github.com/oriel-server/oriel"

// Build builds the program into dir, as it is shipped, and returns its path.
func Build(dir string) (string, error) {
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		return "", fmt.Errorf("house: finding %s; tests run inside the module judges: %w", module, err)
	}
	program := filepath.Join(dir, "oriel")
	cmd := exec.Command("go", "build", "-o", program, "./cmd/oriel")
	cmd.Dir = string(bytes.TrimSpace(root)) // the dependencies are those of its own go.mod
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("house: building the program: %w\n%s", err, out)
	}
	return program, nil
}

// Start builds the program, runs a house for the time of the test, and waits
// until it is ready.
func Start(t testing.TB) *House {
	t.Helper()
	program, err := Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	h, err := Open(program)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// Open runs a house with a program of Build, for TestMain. Close it.
func Open(program string) (*House, error) {
	p, err := start(program, "demo", "-listen", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	h := &House{program: p}
	if err := h.moveIn(); err != nil {
		return nil, errors.Join(err, p.stop(), fmt.Errorf("it wrote:\n%s%s", p.stdout.Bytes(), p.stderr.Bytes()))
	}
	return h, nil
}

// Close ends the program like Ctrl-C, and returns an error when it does not end well.
func (h *House) Close() error { return h.program.stop() }

// Log returns what the program has written to its standard error so far.
func (h *House) Log() []byte { return h.program.stderr.Bytes() }

const (
	patience = 60 * time.Second      // for a start on a busy machine
	pause    = 20 * time.Millisecond // between two looks
)

func (h *House) moveIn() error {
	if err := h.program.wait("the printed addresses", h.read); err != nil {
		return err
	}
	return h.program.wait("/readyz", func() bool { return answers(h.Operator + "/readyz") })
}

// What "oriel demo" prints.
var printed = regexp.MustCompile(`(?s)Open +(http://\S+)/\n.*` +
	`Configuration +(\S+)\n.*Key file +(\S+)\n.*` +
	`Oriel (http://\S+), for operators (http://\S+)\n.*` +
	`Google is made up: (http://\S+), steered at (http://\S+)\n`)

func (h *House) read() bool {
	m := printed.FindSubmatch(h.program.stdout.Bytes())
	if m == nil {
		return false
	}
	for i, to := range []*string{&h.Site, &h.Config, &h.Key, &h.Oriel, &h.Operator, &h.Emulator, &h.Control} {
		*to = string(bytes.TrimSpace(m[i+1]))
	}
	return true
}

// answers reports whether a GET is answered with 200.
func answers(url string) bool {
	res, err := http.Get(url)
	if err != nil {
		return false
	}
	res.Body.Close()
	return res.StatusCode == http.StatusOK
}
