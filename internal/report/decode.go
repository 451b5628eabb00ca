package report

import (
	"bytes"

	"github.com/oriel-server/oriel/internal/protojson"
)

// Bounds of decoding, besides those of Google, which Validate checks.
const (
	maxText        = 4096 // bytes of a string
	maxFilterDepth = 20   // filters in filters
)

// dialect is the Data API's.
var dialect = protojson.Dialect{
	MaxProblems: 20,
	MaxList:     100,
	MaxText:     maxText,
	MaxNesting:  maxFilterDepth,
	Package:     "type.googleapis.com/google.analytics.data.v1beta.",
	Enums: map[string][]string{
		"Compatibility":                      compatibilities,
		"Filter.NumericFilter.Operation":     operations,
		"Filter.StringFilter.MatchType":      matchTypes,
		"MetricAggregation":                  aggregations,
		"OrderBy.DimensionOrderBy.OrderType": orderTypes,
	},
	Truncate: Truncate,
}

var (
	reportRequests        = protojson.New[reportRequest](dialect)
	realtimeRequests      = protojson.New[realtimeRequest](dialect)
	pivotRequests         = protojson.New[pivotRequest](dialect)
	compatibilityRequests = protojson.New[compatibilityRequest](dialect)
	reportBatches         = protojson.New[batch[reportRequest]](dialect)
	pivotBatches          = protojson.New[batch[pivotRequest]](dialect)
	filterExpressions     = protojson.New[Filter](dialect)
)

// The requests of the Data API. The property comes from the path, and viewers never see its quota.
type (
	reportRequest struct {
		_     struct{} `ignored:"property returnPropertyQuota"`
		_     struct{} `unsupported:"cohortSpec conversionSpec section"`
		Query `without:"minuteRanges pivots"`
	}
	realtimeRequest struct {
		_     struct{} `ignored:"property returnPropertyQuota"`
		Query `without:"dateRanges comparisons offset currencyCode keepEmptyRows pivots"`
	}
	pivotRequest struct {
		_     struct{} `ignored:"property returnPropertyQuota"`
		_     struct{} `unsupported:"cohortSpec conversionSpec section"`
		Query `without:"minuteRanges orderBys metricAggregations offset limit"`
	}
	compatibilityRequest struct {
		_      struct{} `ignored:"property"`
		Query  `without:"dateRanges minuteRanges comparisons orderBys metricAggregations offset limit currencyCode keepEmptyRows pivots"`
		Filter string `json:"compatibilityFilter" enum:"Compatibility"`
	}
	batch[T reportQuery] struct {
		_        struct{} `ignored:"property"`
		Requests []T      `json:"requests"`
	}
)

// reportQuery is a request for one report.
type reportQuery interface{ query() Query }

func (q Query) query() Query { return q }

// read decodes a request. An empty body is an empty message, as at Google.
func read[T any](r *protojson.Reader[T], b []byte) (T, error) {
	if len(bytes.TrimSpace(b)) == 0 {
		b = []byte("{}")
	}
	v, err := r.Read(b, "")
	if err != nil {
		return v, Errorf(Invalid, "%s", err)
	}
	return v, nil
}

// DecodeRunReport decodes a RunReportRequest in proto3-JSON: names in lowerCamelCase or snake_case, null for absent. Property
// and returnPropertyQuota are accepted and ignored. The query is valid; errors are Invalid, in Google's words.
func DecodeRunReport(b []byte) (Query, error) {
	r, err := read(reportRequests, b)
	return validated(r.Query, err, Query.Validate)
}

// DecodeRunRealtimeReport decodes a RunRealtimeReportRequest, as DecodeRunReport does.
func DecodeRunRealtimeReport(b []byte) (Query, error) {
	r, err := read(realtimeRequests, b)
	r.Query.Realtime = true
	return validated(r.Query, err, Query.Validate)
}

// DecodeRunPivotReport decodes a RunPivotReportRequest, as DecodeRunReport does.
func DecodeRunPivotReport(b []byte) (Query, error) {
	r, err := read(pivotRequests, b)
	return validated(r.Query, err, Query.validatePivots)
}

// DecodeCheckCompatibility decodes a CheckCompatibilityRequest, as DecodeRunReport does.
func DecodeCheckCompatibility(b []byte) (CompatibilityCheck, error) {
	r, err := read(compatibilityRequests, b)
	q, err := validated(r.Query, err, Query.ValidateFields)
	return CompatibilityCheck{Query: q, Filter: r.Filter}, err
}

// validated returns a decoded query if it is valid.
func validated(q Query, err error, validate func(Query) error) (Query, error) {
	if err == nil {
		err = validate(q)
	}
	if err != nil {
		return Query{}, err
	}
	return q, nil
}

// DecodeBatchRunReports decodes a BatchRunReportsRequest of 1 to MaxBatch requests.
func DecodeBatchRunReports(b []byte) ([]Query, error) {
	batch, err := read(reportBatches, b)
	return queries(batch, err, "Report", Query.Validate)
}

// DecodeBatchRunPivotReports decodes a BatchRunPivotReportsRequest of 1 to MaxBatch requests.
func DecodeBatchRunPivotReports(b []byte) ([]Query, error) {
	batch, err := read(pivotBatches, b)
	return queries(batch, err, "PivotReport", Query.validatePivots)
}

// queries returns the queries of a batch if all are valid. Google's name of the messages is run+kind+Request.
func queries[T reportQuery](b batch[T], err error, kind string, validate func(Query) error) ([]Query, error) {
	switch n := len(b.Requests); {
	case err != nil:
		return nil, err
	case n == 0:
		return nil, Errorf(Invalid, "The batchRun%[1]ssRequest must contain at least one run%[1]sRequest.", kind)
	case n > MaxBatch:
		return nil, Errorf(Invalid, "Batch requests are limited to %d requests.\n  This batch request contains %d requests.", MaxBatch, n)
	}
	var qs []Query
	for _, r := range b.Requests {
		if err := validate(r.query()); err != nil {
			return nil, err
		}
		qs = append(qs, r.query())
	}
	return qs, nil
}
