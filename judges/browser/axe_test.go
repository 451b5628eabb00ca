package browser

import (
	"os"
	"path/filepath"
	"runtime"
)

// accessible fails for each thing that axe-core finds, shadow roots included.
// Frames of other origins are looked at on their own.
func (b *tab) accessible() {
	b.t.Helper()
	_, self, _, _ := runtime.Caller(0)
	script, err := os.ReadFile(filepath.Join(filepath.Dir(self), "../../js/node_modules/axe-core/axe.min.js"))
	if err != nil {
		b.t.Fatalf("axe-core is not there; run `npm --prefix js ci`: %v", err)
	}
	b.run(string(script))
	type violation struct{ ID, Help, Nodes string }
	type verdict struct {
		Violations []violation
		Inside     int // nodes inside shadow roots that were looked at
	}
	got := eval[verdict](b, `axe.run(document, {iframes: false}).then(({violations, passes}) => ({
	  Violations: violations.map((v) => ({ID: v.id, Help: v.help, Nodes: v.nodes.map((n) => n.target.flat().join(' ') + ': ' + n.failureSummary).join('\n')})),
	  Inside: passes.flatMap((p) => p.nodes).filter((n) => n.target.some(Array.isArray)).length,
	}))`)
	for _, v := range got.Violations {
		b.t.Errorf("%s: %s\n%s", v.ID, v.Help, v.Nodes)
	}
	if elements := eval[int](b, `document.querySelectorAll('oriel-dashboard, oriel-chart').length`); elements > 0 && got.Inside == 0 {
		b.t.Error("axe-core did not look into the elements")
	}
}
