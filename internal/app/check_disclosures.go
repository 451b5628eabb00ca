package app

import (
	"iter"
	"maps"
	"strings"

	"github.com/oriel-server/oriel/internal/policy"
)

// maxDisclosing bounds the views whose disclosures a start logs; doctor names all.
const maxDisclosing = 10

// disclosures are, for each view whose allowed fields tell denied ones, which do and what to
// write; in the order of the file.
func (c *Config) disclosures() iter.Seq2[string, []policy.Disclosure] {
	known := map[string][]policy.Disclosure{} // many views have the same lists
	return func(yield func(string, []policy.Disclosure) bool) {
		for _, name := range c.src.ordered("views", maps.Keys(c.Views)) {
			fields := c.Views[name].Fields
			lists := strings.Join(fields.Deny, ",") + ";" + strings.Join(fields.Allow, ",")
			if _, ok := known[lists]; !ok {
				known[lists] = policy.Fields(fields).Disclosures()
			}
			if len(known[lists]) > 0 && !yield(name, known[lists]) {
				return
			}
		}
	}
}

// warnDisclosures logs at the start which denied fields can be derived from allowed ones.
func (a *App) warnDisclosures() {
	views := 0
	for name, list := range a.config.disclosures() {
		if views++; views > maxDisclosing {
			continue
		}
		for _, d := range list {
			a.log.Warn("an allowed field tells a denied one: "+d.String(), "view", name, "where", a.config.src.where("views", name, "fields", "deny"))
		}
	}
	if views > maxDisclosing {
		a.log.Warn("further views allow fields that tell denied ones: oriel doctor names them", "views", views-maxDisclosing)
	}
}
