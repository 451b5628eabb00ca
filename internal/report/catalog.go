package report

import (
	"context"
	"time"
)

// A Catalog describes properties. Implementations are safe for concurrent use and return errors as *Error.
type Catalog interface {
	// Property returns the settings of a property that dates and amounts depend on.
	Property(ctx context.Context, account, property string) (Property, error)
	// Fields returns the dimensions and metrics of a property, custom ones included.
	Fields(ctx context.Context, account, property string) (*Fields, error)
	// Compatibility returns which fields can be added to those of a query.
	Compatibility(ctx context.Context, asked CompatibilityCheck) (*Compatibility, error)
}

// A Property is the settings of a GA4 property.
type Property struct {
	ID           string
	TimeZone     *time.Location
	CurrencyCode string // ISO 4217
}

// Fields are the dimensions and metrics of a property.
type Fields struct {
	Dimensions []Field `json:"dimensions"`
	Metrics    []Field `json:"metrics"`
}

// A Field is a dimension or a metric as getMetadata describes it.
type Field struct {
	APIName            string   `json:"apiName"`
	UIName             string   `json:"uiName,omitempty"`
	Description        string   `json:"description,omitempty"`
	DeprecatedAPINames []string `json:"deprecatedApiNames,omitempty"`
	Type               string   `json:"type,omitempty"`       // metrics only, TYPE_INTEGER …
	Expression         string   `json:"expression,omitempty"` // calculated metrics only
	CustomDefinition   bool     `json:"customDefinition,omitempty"`
	Category           string   `json:"category,omitempty"`
}

// A CompatibilityCheck asks which fields can be added to a report. Source: Data API v1beta, checkCompatibility.
type CompatibilityCheck struct {
	Query  Query  // the fields of the report, without days and orders
	Filter string // only fields that are COMPATIBLE or INCOMPATIBLE; "" for all
	Rank   Rank   // of who asks
}

// A Compatibility is the answer to a CompatibilityCheck.
type Compatibility struct {
	Dimensions []FieldCompatibility `json:"dimensionCompatibilities,omitempty"`
	Metrics    []FieldCompatibility `json:"metricCompatibilities,omitempty"`
}

// A FieldCompatibility is whether one dimension or metric can be added.
type FieldCompatibility struct {
	Dimension     *Field `json:"dimensionMetadata,omitempty"`
	Metric        *Field `json:"metricMetadata,omitempty"`
	Compatibility string `json:"compatibility,omitempty"` // COMPATIBLE or INCOMPATIBLE
}

// Field returns the dimension or the metric; nil if Google named neither.
func (c FieldCompatibility) Field() *Field {
	if c.Dimension != nil {
		return c.Dimension
	}
	return c.Metric
}
