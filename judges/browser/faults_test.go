package browser

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/judges/house"
)

// ownHouse is a house for one test, since Oriel remembers for an hour that Google failed.
func ownHouse(t *testing.T) *house.House {
	t.Helper()
	h, err := house.Open(shared.program)
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

// control steers the made-up Google of a house.
func control(t *testing.T, h *house.House, method, path, body string) {
	t.Helper()
	req, err := http.NewRequest(method, h.Control+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if text, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s", method, path, text)
	}
}

// While Google fails, what was known is shown with its age, and what was not is
// a sentence with a button; nothing falls out of its place.
func TestGoogleFails(t *testing.T) {
	h := ownHouse(t)
	b := newTab(t, look{}).open(h.Site + "/")
	height := eval[float64](b, root+`.querySelector('.grid').offsetHeight`)
	control(t, h, http.MethodPut, "/faults/*", `{"cut": true, "rate": 1}`)

	b.run(dashboard + `.reload()`)
	b.settle()
	b.drawn(overviewPanels) // from the cache

	// A period that nobody has asked for yet.
	from, to := time.Now().AddDate(0, 0, -120).Format(time.DateOnly), time.Now().AddDate(0, 0, -101).Format(time.DateOnly)
	b.run(fmt.Sprintf(`%s.setAttribute('range', %q)`, dashboard, from+".."+to))
	b.eventually("panels say that they failed", `window.__panels().filter((p) => p.failed).length >= 8 && window.__settled()`)
	for _, p := range b.panels() {
		if p.Failed != "" && !strings.Contains(p.Failed, "Try again") {
			t.Errorf("no sentence with a button: %v", p)
		}
	}
	if now := eval[float64](b, root+`.querySelector('.grid').offsetHeight`); now < height/2 || now > height*1.2 {
		t.Errorf("the dashboard was %v pixels high, and is %v", height, now)
	}
	b.shoot("faults")
	b.accessible()

	control(t, h, http.MethodDelete, "/faults/*", "")
	b.eventually("trying again helps", `(() => {
	  if (window.__panels().every((p) => p.drawn)) return true;
	  const again = `+root+`.querySelector('.failed button');
	  if (again && !`+root+`.querySelector('[aria-busy]')) again.click();
	  return false;
	})()`)
	b.drawn(overviewPanels)
}

// Realtime figures get old within seconds, so that they are the first to be stale.
func TestStaleFiguresSayFromWhen(t *testing.T) {
	h := ownHouse(t)
	b := newTab(t, look{}).open(h.Site + "/")
	control(t, h, http.MethodPut, "/faults/*", `{"status": 503, "rate": 1}`)
	// For cache.realtime, half a minute, it is not old.
	b.within(2*patience, "the live figure says that it is old", `(() => {
	  if (window.__panels().some((p) => p.stale.includes('Showing data from'))) return true;
	  if (!`+root+`.querySelector('[aria-busy]')) `+dashboard+`.reload();
	  return false;
	})()`)
	b.drawn(overviewPanels)
	if !eval[bool](b, `window.__panels().every((p) => !(p.live && p.stale))`) {
		t.Error("a stale figure is called live")
	}
	b.shoot("stale")
}
