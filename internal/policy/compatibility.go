package policy

import (
	"context"
	"slices"

	"github.com/oriel-server/oriel/internal/report"
)

// Compatibility returns which fields of a view, of those that the grant may name,
// can be added to a report. The narrowing counts as part of the report.
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
	asked.Query = q.Clone()
	asked.Query.Account, asked.Query.Property = v.Account, v.Property
	asked.Query.DimensionFilter = report.And(v.Filter.Clone(), extra.Clone(), asked.Query.DimensionFilter)
	found, err := g.c.Catalog.Compatibility(ctx, asked)
	g.record(ctx, d, err)
	if err != nil {
		return nil, alike(discreet(err, hidden), false)
	}
	return &report.Compatibility{
		Dimensions: v.Fields.visibleIn(found.Dimensions),
		Metrics:    v.Fields.visibleIn(found.Metrics),
	}, nil
}

func (f Fields) visibleIn(list []report.FieldCompatibility) []report.FieldCompatibility {
	return slices.DeleteFunc(slices.Clone(list), func(c report.FieldCompatibility) bool {
		field := c.Field()
		return field == nil || !f.shows(*field)
	})
}
