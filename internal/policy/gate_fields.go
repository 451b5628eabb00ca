package policy

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/oriel-server/oriel/internal/report"
)

// Fields returns the dimensions and metrics of a view that the grant may name.
func (g *Gate) Fields(ctx context.Context, grant Grant, view string) (*report.Fields, error) {
	v, err := g.open(grant, view)
	if err != nil {
		return nil, g.refuse(ctx, "fields", grant, view, nil, err)
	}
	d := g.decision("fields", grant)
	d.View = v.Name
	all, err := g.c.Catalog.Fields(ctx, v.Account, v.Property)
	g.record(ctx, d, err)
	if err != nil {
		return nil, err
	}
	return &report.Fields{Dimensions: v.Fields.visible(all.Dimensions), Metrics: v.Fields.visible(all.Metrics)}, nil
}

// Compatibility returns which fields of a view, of those that the grant may name,
// can be added to a report. The view's and the token's filter count as part of it.
func (g *Gate) Compatibility(ctx context.Context, grant Grant, view string, asked report.CompatibilityCheck) (*report.Compatibility, error) {
	const method = "compatibility"
	v, err := g.open(grant, view)
	if err != nil {
		return nil, g.refuse(ctx, method, grant, view, &asked.Query, err)
	}
	d := g.decision(method, grant)
	q := asked.Query.Clone()
	d.View, d.Query = v.Name, &q
	if err := v.checkFields(q); err != nil {
		d.Refused = true
		g.record(ctx, d, err)
		return nil, err
	}
	extra := grant.narrowed(v).filter
	if _, refused, err := g.checkDefined(ctx, v, extra, q); err != nil {
		d.Refused = refused
		g.record(ctx, d, err)
		return nil, err
	}
	hidden := hiddenFields(q, v.Filter, extra)
	asked.Query, asked.Rank = q.Clone(), grant.questionRank()
	asked.Query.Account, asked.Query.Property = v.Account, v.Property
	asked.Query.DimensionFilter = report.And(v.Filter.Clone(), extra.Clone(), asked.Query.DimensionFilter)
	found, err := g.c.Catalog.Compatibility(ctx, asked)
	g.record(ctx, d, err)
	if err != nil {
		return nil, v.forVisitor(err, hidden, false)
	}
	return &report.Compatibility{
		Dimensions: v.Fields.visibleIn(found.Dimensions),
		Metrics:    v.Fields.visibleIn(found.Metrics),
	}, nil
}

func (f Fields) visibleIn(list []report.FieldCompatibility) (visible []report.FieldCompatibility) {
	for _, c := range list {
		field := c.Field()
		if field == nil || !f.shows(*field) {
			continue
		}
		described := f.described(*field)
		if c.Metric == field {
			c.Metric = &described
		} else {
			c.Dimension = &described
		}
		visible = append(visible, c)
	}
	return visible
}

// A FieldAccess decides which fields of a view a grant may name.
type FieldAccess struct {
	View   string // its name
	fields Fields
	// all returns the property's fields, from Google if necessary; nil if they are unknown.
	all func() *report.Fields
}

// May reports whether the grant may name a field in a query. An unknown
// calculated metric may not be named: it may be computed from a denied field.
func (n FieldAccess) May(field string) bool {
	if !n.fields.allows(field) {
		return false
	}
	if !hasPrefixFold(field, calculatedPrefix) || len(n.fields.Deny) == 0 {
		return true
	}
	all := n.all()
	return all != nil && lists(n.fields.visible(all.Metrics), field)
}

// Has reports whether the property may have a field: every property has Google's own, and
// it may have a custom one if Google lists it or its fields are unknown.
func (n FieldAccess) Has(field string) bool {
	if !slices.ContainsFunc([]string{"customEvent:", "customUser:", "customItem:", calculatedPrefix}, func(prefix string) bool {
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

// maxPropertiesAsked bounds the number of a grant's views whose fields are fetched.
const maxPropertiesAsked = 16

// FieldAccesses returns the access to the fields of each view of the grant, in configuration's
// order. If the catalog fails, or for views beyond the bound, only the rules decide.
func (g *Gate) FieldAccesses(ctx context.Context, grant Grant) ([]FieldAccess, error) {
	if err := g.admit(grant); err != nil {
		return nil, g.refuse(ctx, "fields", grant, "", nil, err)
	}
	g.record(ctx, g.decision("fields", grant), nil)
	accesses := make([]FieldAccess, len(grant.views))
	for i, v := range grant.views {
		accesses[i] = FieldAccess{v.Name, v.Fields, sync.OnceValue(func() *report.Fields {
			if i >= maxPropertiesAsked {
				return nil
			}
			all, err := g.c.Catalog.Fields(ctx, v.Account, v.Property)
			if err != nil {
				return nil
			}
			return all
		})}
	}
	return accesses, nil
}
