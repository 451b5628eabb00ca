package policy

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/oriel-server/oriel/internal/report"
)

// A Naming tells which fields of a view a grant may name.
type Naming struct {
	View   string // its name
	fields Fields
	// all returns the property's fields, nil when they are unknown. Google may have
	// to be asked for them.
	all func() *report.Fields
}

// May reports whether the grant may name a field in a query. A calculated metric
// of which nothing is known may not be: what it is computed from may be denied.
func (n Naming) May(field string) bool {
	if !n.fields.allows(field) {
		return false
	}
	if !hasPrefixFold(field, calculated) || len(n.fields.Deny) == 0 {
		return true
	}
	all := n.all()
	return all != nil && lists(n.fields.visible(all.Metrics), field)
}

// Has reports whether the property may have a field: all have Google's own, and
// custom definitions if Google lists them, or does not tell.
func (n Naming) Has(field string) bool {
	if !slices.ContainsFunc([]string{"customEvent:", "customUser:", "customItem:", calculated}, func(prefix string) bool {
		return hasPrefixFold(field, prefix)
	}) {
		return true
	}
	all := n.all()
	return all == nil || lists(all.Dimensions, field) || lists(all.Metrics, field)
}

func lists(fields []report.Field, name string) bool {
	return slices.ContainsFunc(fields, func(f report.Field) bool { return f.APIName == name })
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// mostListed bounds the properties of a grant whose fields Google is asked for.
const mostListed = 16

// Namings tells for each view of the grant, in configuration's order, which fields
// may be named. A catalog that fails, or more views than are asked for, leaves what
// the rules say.
func (g *Gate) Namings(ctx context.Context, grant Grant) ([]Naming, error) {
	if err := g.admit(grant); err != nil {
		return nil, g.refuse(ctx, "fields", grant, "", nil, err)
	}
	g.record(ctx, g.decision("fields", grant), nil)
	namings := make([]Naming, len(grant.views))
	for i, v := range grant.views {
		namings[i] = Naming{v.Name, v.Fields, sync.OnceValue(func() *report.Fields {
			if i >= mostListed {
				return nil
			}
			all, err := g.c.Catalog.Fields(ctx, v.Account, v.Property)
			if err != nil {
				return nil
			}
			return all
		})}
	}
	return namings, nil
}
