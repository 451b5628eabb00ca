package house

import (
	"os"
	"strings"
	"testing"
)

func TestStart(t *testing.T) {
	h := Start(t)
	for _, url := range []string{h.Site + "/", h.Oriel + "/oriel.js", h.Operator + "/healthz", h.Control + "/counts"} {
		if !answers(url) {
			t.Errorf("%s does not answer", url)
		}
	}
	for _, path := range []string{h.Config, h.Key} {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
	if h.Emulator == "" || strings.HasSuffix(h.Site, "/") {
		t.Errorf("addresses are wrong: %+v", h)
	}
}

func TestAProgramThatEndsIsToldApart(t *testing.T) {
	program, err := Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p, err := start(program, "serve", "-config", "does-not-exist.yaml")
	if err != nil {
		t.Fatal(err)
	}
	err = p.wait("never", func() bool { return false })
	if err == nil || !strings.Contains(err.Error(), "ended while we waited") {
		t.Errorf("got %v", err)
	}
	if err := p.stop(); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("stop does not tell why: %v", err)
	}
}
