package emulator

import "slices"

type dimensionMetadata struct {
	APIName            string   `json:"apiName"`
	UIName             string   `json:"uiName,omitempty"`
	Description        string   `json:"description,omitempty"`
	DeprecatedAPINames []string `json:"deprecatedApiNames,omitempty"`
	CustomDefinition   bool     `json:"customDefinition,omitempty"`
	Category           string   `json:"category,omitempty"`
}

type metricMetadata struct {
	APIName            string   `json:"apiName"`
	UIName             string   `json:"uiName,omitempty"`
	Description        string   `json:"description,omitempty"`
	DeprecatedAPINames []string `json:"deprecatedApiNames,omitempty"`
	Type               string   `json:"type"`
	Expression         string   `json:"expression,omitempty"`
	CustomDefinition   bool     `json:"customDefinition,omitempty"`
	Category           string   `json:"category,omitempty"`
}

type comparisonMetadata struct {
	APIName string `json:"apiName"`
	UIName  string `json:"uiName"`
}

type metadataAnswer struct {
	Name        string               `json:"name"`
	Dimensions  []dimensionMetadata  `json:"dimensions"`
	Metrics     []metricMetadata     `json:"metrics"`
	Comparisons []comparisonMetadata `json:"comparisons,omitempty"`
}

func (f *field) asDimension() dimensionMetadata {
	return dimensionMetadata{f.name, f.label, f.description, f.deprecated, f.custom, f.category}
}

func (f *field) asMetric() metricMetadata {
	return metricMetadata{f.name, f.label, f.description, f.deprecated, f.kind, f.expression, f.custom, f.category}
}

// getMetadata is GET /v1beta/properties/{id}/metadata; property 0 stands for
// what every property has.
func (e *Emulator) getMetadata(c *call) (any, error) {
	if _, err := e.charge(c, 1, false); err != nil {
		return nil, err
	}
	fields := e.fields
	if c.id != "0" {
		fields = c.property.fields
	}
	a := metadataAnswer{Name: "properties/" + c.id + "/metadata"}
	for i := range fields.dimensions {
		a.Dimensions = append(a.Dimensions, fields.dimensions[i].asDimension())
	}
	for i := range fields.metrics {
		a.Metrics = append(a.Metrics, fields.metrics[i].asMetric())
	}
	if c.id != "0" {
		for _, f := range fields.comparisons {
			a.Comparisons = append(a.Comparisons, comparisonMetadata{f.name, f.label})
		}
	}
	return a, nil
}

type dimensionCompatibility struct {
	Metadata      dimensionMetadata `json:"dimensionMetadata"`
	Compatibility string            `json:"compatibility"`
}

type metricCompatibility struct {
	Metadata      metricMetadata `json:"metricMetadata"`
	Compatibility string         `json:"compatibility"`
}

// checkCompatibility is POST /v1beta/properties/{id}:checkCompatibility: which
// fields could be added to the request.
func (e *Emulator) checkCompatibility(c *call) (any, error) {
	var ask struct {
		reportRequest
		CompatibilityFilter string `json:"compatibilityFilter"`
	}
	if _, err := decodeRequest(c.body, checkCompatibilityType(), &ask); err != nil {
		return nil, err
	}
	q := &question{ask: &ask.reportRequest, site: c.property}
	if err := q.nameFields(q.site.fields); err != nil {
		return nil, err
	}
	if err := q.filters(q.site.fields); err != nil {
		return nil, err
	}
	if err := q.compatible(); err != nil {
		return nil, err
	}
	if _, err := e.charge(c, 1, false); err != nil {
		return nil, err
	}
	word := func(ok bool) string {
		if ok {
			return "COMPATIBLE"
		}
		return "INCOMPATIBLE"
	}
	var a struct {
		Dimensions []dimensionCompatibility `json:"dimensionCompatibilities,omitempty"`
		Metrics    []metricCompatibility    `json:"metricCompatibilities,omitempty"`
	}
	wanted := func(w string) bool {
		return ask.CompatibilityFilter == w || ask.CompatibilityFilter == "" || ask.CompatibilityFilter == "COMPATIBILITY_UNSPECIFIED"
	}
	for i := range q.site.fields.dimensions {
		f := &q.site.fields.dimensions[i]
		if w := word(incompatible(append(slices.Clone(q.read), f), q.metrics) == ""); wanted(w) {
			a.Dimensions = append(a.Dimensions, dimensionCompatibility{f.asDimension(), w})
		}
	}
	for i := range q.site.fields.metrics {
		f := &q.site.fields.metrics[i]
		if w := word(incompatible(q.read, append(slices.Clone(q.metrics), f)) == ""); wanted(w) {
			a.Metrics = append(a.Metrics, metricCompatibility{f.asMetric(), w})
		}
	}
	return a, nil
}
