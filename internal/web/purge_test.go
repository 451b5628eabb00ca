package web

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/internal/report"
)

func TestPurge(t *testing.T) {
	var asked []string
	s := newSite(t, func(c *Config) {
		c.Purge = func(_ context.Context, view string) (Purged, error) {
			if view == "gone" {
				return Purged{}, report.Errorf(report.NotFound, "There is no view %q.", view)
			}
			asked = append(asked, view)
			return Purged{View: view, Memory: 3, Disk: 4}, nil
		}
	})
	for body, want := range map[string]struct {
		code int
		said string
	}{
		`{"view":"shop"}`:            {200, `"memory": 3`},
		`{"all":true}`:               {200, `"disk": 4`},
		`{"view":"gone"}`:            {404, "There is no view"},
		`{}`:                         {400, `Write either`},
		`{"view":"shop","all":true}`: {400, `Write either`},
		`{"views":"shop"}`:           {400, "views"},
	} {
		a := s.send("POST", s.operator+"/cache:purge", body, asJSON)
		if a.code != want.code || !strings.Contains(a.body, want.said) {
			t.Errorf("%s: %d %s", body, a.code, a.body)
		}
	}
	if len(asked) != 2 {
		t.Errorf("purged %q", asked)
	}
	if a := s.send("GET", s.operator+"/cache:purge", ""); a.code != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", a.code)
	}
	if a := s.do("POST", "/cache:purge", `{"all":true}`, asJSON); a.code != http.StatusNotFound {
		t.Errorf("at the public listener: %d", a.code)
	}
}
