package report

// A CompatibilityCheck asks which fields can be added to a report. Source: Data API
// v1beta, checkCompatibility.
type CompatibilityCheck struct {
	// Query names the fields of the report; it has neither days nor orders.
	Query Query
	// Filter leaves out the answers with another compatibility: COMPATIBLE,
	// INCOMPATIBLE, or "" for all.
	Filter string
}

// A Compatibility is the answer to a CompatibilityCheck.
type Compatibility struct {
	Dimensions []FieldCompatibility `json:"dimensionCompatibilities,omitempty"`
	Metrics    []FieldCompatibility `json:"metricCompatibilities,omitempty"`
}

// A FieldCompatibility says of one dimension or metric whether it can be added.
type FieldCompatibility struct {
	Dimension     *Field `json:"dimensionMetadata,omitempty"`
	Metric        *Field `json:"metricMetadata,omitempty"`
	Compatibility string `json:"compatibility,omitempty"` // COMPATIBLE or INCOMPATIBLE
}

// Field returns the dimension or the metric; nil when Google named neither.
func (c FieldCompatibility) Field() *Field {
	if c.Dimension != nil {
		return c.Dimension
	}
	return c.Metric
}

var compatibilities = []string{"COMPATIBLE", "INCOMPATIBLE"}

// DecodeCheckCompatibility reads a CheckCompatibilityRequest as DecodeRunReport
// reads a RunReportRequest.
func DecodeCheckCompatibility(b []byte) (CompatibilityCheck, error) {
	r, err := read(compatibilityRequests, b)
	if err == nil {
		err = r.Query.ValidateFields()
	}
	return CompatibilityCheck{r.Query, r.Filter}, err
}
