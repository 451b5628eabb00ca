package browser

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// tabTo presses the tab key until an expression about the focused element holds.
func (b *tab) tabTo(what, expression string) {
	b.t.Helper()
	for range 60 {
		b.press(kb.Tab)
		if eval[bool](b, fmt.Sprintf(`((at) => Boolean(at && (%s)))(window.__focused())`, expression)) {
			return
		}
	}
	b.t.Fatalf("the tab key does not reach %s", what)
}

const focusedTip = `window.__focused().querySelector('.oriel-tooltip')`

func TestKeyboardInAChart(t *testing.T) {
	b := newTab(t, look{}).open(shared.house.Site + "/")
	b.tabTo("the line chart", `at.classList.contains('oriel-stage')`)
	if !eval[bool](b, focusedTip+`.hidden`) {
		t.Error("a tooltip before any key")
	}
	b.press(kb.ArrowRight)
	b.eventually("the tooltip shows", `!`+focusedTip+`.hidden`)
	first := eval[string](b, focusedTip+`.textContent`)
	b.press(kb.ArrowRight)
	if second := eval[string](b, focusedTip+`.textContent`); second == first || second == "" {
		t.Errorf("the arrow key moved from %q to %q", first, second)
	}
	b.press(kb.End)
	if spoken := eval[string](b, `window.__focused().closest('.oriel-chart').querySelector('[aria-live]').textContent`); spoken == "" {
		t.Error("nothing is said to a screen reader")
	}
	b.shoot("tooltip")
	b.press(kb.Escape)
	b.eventually("escape closes the tooltip", focusedTip+`.hidden`)
}

func TestKeyboardInTheTable(t *testing.T) {
	b := newTab(t, look{}).open(shared.house.Site + "/")
	b.tabTo("a heading of the table", `at.classList.contains('oriel-sort')`)
	const order = `window.__focused().closest('th').getAttribute('aria-sort')`
	const firstRow = `window.__focused().closest('table').querySelector('tbody tr').textContent`
	before := eval[string](b, firstRow)
	b.press(kb.Enter)
	b.eventually("the table is sorted", order+` !== null`)
	direction := eval[string](b, order)
	b.press(kb.Enter)
	b.eventually("the other way round", fmt.Sprintf(`%s !== null && %[1]s !== %q`, order, direction))
	if now := eval[string](b, firstRow); now == before && direction == "" {
		t.Errorf("the first row is still %q", now)
	}
}

func TestKeyboardInTheLegend(t *testing.T) {
	b := newTab(t, look{}).open(shared.house.Site + "/")
	b.tabTo("the legend", `at.matches('button.oriel-legend-item')`)
	lines := `window.__focused().closest('.oriel-chart').querySelectorAll('.oriel-line').length`
	if n := eval[int](b, lines); n != 2 {
		t.Fatalf("%d lines", n)
	}
	b.press(kb.Enter)
	b.eventually("one line is left, and the focus where it was", `window.__focused().getAttribute('aria-pressed') === 'false' && `+lines+` === 1`)
	b.press(kb.Enter)
	b.eventually("both lines are back", lines+` === 2`)
}

func TestKeyboardInTheControls(t *testing.T) {
	b := newTab(t, look{}).open(shared.house.Site + "/")
	b.tabTo("the view switcher", `at.tagName === 'SELECT'`)
	before := b.panel("Sessions").Text
	b.press("Kauri") // as people do: the letters of what they want
	b.eventually("the shop is shown", dashboard+`.getAttribute('view') === 'shop' && window.__settled()`)
	if now := b.panel("Sessions").Text; now == before {
		t.Errorf("still %q", now)
	}
	b.tabTo("the range", `at.type === 'radio'`)
	b.press(kb.ArrowRight)
	b.eventually("the next range is shown", dashboard+`.getAttribute('range') === '90d' && window.__settled()`)
	b.eventually("the focus stays", `window.__focused().value === '90d'`)
}
