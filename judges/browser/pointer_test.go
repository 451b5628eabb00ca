package browser

import (
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

const tipOf = root + `.querySelector('.panel[data-type=geo] .oriel-tooltip')`

// The tooltip of a map is that of the country below the pointer.
func TestPointerOnTheMap(t *testing.T) {
	b := newTab(t, look{}).open(shared.house.Site + "/")
	b.run(root + `.querySelector('.panel[data-type=geo]').scrollIntoView({block: 'center'})`)
	type place struct{ X, Y float64 }
	at := eval[[]place](b, `[...`+root+`.querySelectorAll('.oriel-land.oriel-valued')].flatMap((land) => {
	  const {left, top, width, height} = land.getBoundingClientRect();
	  const [X, Y] = [left + width / 2, top + height / 2];
	  const inside = [[0, 0], [3, 0], [-3, 0], [0, 3], [0, -3]].every(([dx, dy]) => `+root+`.elementFromPoint(X + dx, Y + dy) === land);
	  return inside ? [{X, Y}] : []; // not on a border
	})`)
	if len(at) < 3 {
		t.Fatalf("%d countries to point at", len(at))
	}
	seen := map[string]bool{}
	for _, p := range at {
		b.must(chromedp.Do(b.ctx, chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, p.X, p.Y)))
		b.eventually("the tooltip shows", `!`+tipOf+`.hidden`)
		seen[eval[string](b, tipOf+`.textContent`)] = true
	}
	if len(seen) != len(at) {
		t.Errorf("%d countries, %d tooltips", len(at), len(seen))
	}
}
