// Package plan answers one question with the fewest that Google must be asked.
//
// Its place on the road is between the gate and the cache, so that every part a
// question is taken into is narrowed already and is cached by itself. Today it
// takes nothing apart: each query is asked as it is. What belongs here and
// nowhere else:
//
//   - serving a page of rows, or a shorter limit, out of a longer answer;
//   - day slices of metrics whose sum over days is what Google would give, so
//     that a range that grows by a day asks for that day only. Users, rates and
//     anything estimated are never merged: they are asked for the exact range;
//   - the union of the metrics of two panels that share everything else.
//
// Each of these must give the same numbers as asking Google, or not be done.
package plan

import (
	"context"
	"errors"

	"github.com/oriel-server/oriel/internal/report"
)

// A Plan is a report.Source in front of another.
type Plan struct {
	source report.Source
}

// New returns a plan that asks source.
func New(source report.Source) (*Plan, error) {
	if source == nil {
		return nil, errors.New("plan: a source is required")
	}
	return &Plan{source: source}, nil
}

// Report answers q by asking it as it is.
func (p *Plan) Report(ctx context.Context, q report.Query) (*report.Report, error) {
	return p.source.Report(ctx, q)
}
