package policy

import (
	"context"
	"errors"
	"testing"

	"github.com/oriel-server/oriel/internal/report"
)

// A definitions catalog knows one property's custom definitions.
type definitions struct {
	report.Catalog
	err error
}

func (d definitions) Fields(context.Context, string, string) (*report.Fields, error) {
	return &report.Fields{
		Dimensions: []report.Field{{APIName: "country"}, {APIName: "customEvent:author"}},
		Metrics:    []report.Field{{APIName: "calcMetric:open", Expression: "sessions/totalUsers"}, {APIName: "calcMetric:closed", Expression: "itemRevenue/sessions"}},
	}, d.err
}

func TestNaming(t *testing.T) {
	for _, c := range []struct {
		fields   Fields
		err      error
		field    string
		may, has bool
	}{
		{Fields{}, nil, "country", true, true},
		{Fields{}, nil, "city", true, true}, // Google's own field: all properties have it
		{Fields{Deny: []string{"city"}}, nil, "city", false, true},
		{Fields{Allow: []string{"country"}}, nil, "city", false, true},
		{Fields{}, nil, "customEvent:author", true, true},
		{Fields{}, nil, "customEvent:event_category", true, false},
		{Fields{}, errors.New("down"), "customEvent:event_category", true, true},
		{Fields{Deny: []string{"customEvent:*"}}, nil, "customEvent:author", false, true},
		{Fields{Deny: []string{"itemRevenue"}}, nil, "calcMetric:open", true, true},
		{Fields{Deny: []string{"itemRevenue"}}, nil, "calcMetric:closed", false, true},
		{Fields{Deny: []string{"itemRevenue"}}, errors.New("down"), "calcMetric:open", false, true},
		{Fields{}, nil, "keyEvents:purchase", true, true},
	} {
		n := FieldAccess{"shop", c.fields, func() *report.Fields {
			all, err := definitions{err: c.err}.Fields(t.Context(), "", "")
			if err != nil {
				return nil
			}
			return all
		}}
		if may, has := n.May(c.field), n.Has(c.field); may != c.may || has != c.has {
			t.Errorf("%+v, %v: %s may be named %v, is there %v", c.fields, c.err, c.field, may, has)
		}
	}
}
