package ua

import (
	"fmt"
	"strings"

	"github.com/oriel-server/oriel/internal/protojson"
	"github.com/oriel-server/oriel/internal/report"
)

// batches reads requests as Google's servers do for v4: numbers may be strings, a
// single value may stand for a list of one, and Google's own samples write "True".
var batches = protojson.New[batchRequest](protojson.Dialect{
	Lenient: true, MaxProblems: 1, Enums: enums, Truncate: report.Truncate, Say: payloadMessage,
})

// enums are the values of v4's enums in the order of their numbers.
var enums = map[string][]string{
	"SamplingLevel":           {"DEFAULT", "SMALL", "LARGE"},
	"FilterLogicalOperator":   {"OR", "AND"},
	"DimensionFilterOperator": {"REGEXP", "BEGINS_WITH", "ENDS_WITH", "PARTIAL", "EXACT", "NUMERIC_EQUAL", "NUMERIC_GREATER_THAN", "NUMERIC_LESS_THAN", "IN_LIST"},
	"MetricFilterOperator":    {"EQUAL", "LESS_THAN", "GREATER_THAN", "IS_MISSING"},
	"MetricType":              {"INTEGER", "FLOAT", "CURRENCY", "PERCENT", "TIME"},
	"OrderType":               {"VALUE", "DELTA", "SMART", "HISTOGRAM_BUCKET", "DIMENSION_AS_INTEGER"},
	"SortOrder":               {"ASCENDING", "DESCENDING"},
}

// payloadMessage words a problem, where v4's words differ from the Data API's.
func payloadMessage(p protojson.Problem) string {
	const invalid = "Invalid JSON payload received. "
	switch p.Kind {
	case protojson.Syntax:
		return invalid + p.Value
	case protojson.End:
		return invalid + "Unexpected end of input."
	case protojson.Trailing:
		return invalid + "Parsing terminated before end of input."
	case protojson.NoMessage:
		return invalid + "Root element must be a message."
	case protojson.TooDeep:
		return invalid + "Message too deep."
	case protojson.Twice:
		p.Path = p.Path[:max(0, strings.LastIndexByte(p.Path, '.'))]
		return invalid + `The name "` + p.Value + `"` + p.At() + " is given twice."
	case protojson.LongList: // of requests: others are counted when all is read
		return fmt.Sprintf("There are too many requests in the batch request. The maximum allowed is %d; this one has %d.", p.Most, p.Found)
	case protojson.WrongValue:
		return wrongValueMessage(p)
	}
	return p.String()
}

func wrongValueMessage(p protojson.Problem) string {
	const invalid = "Invalid JSON payload received. "
	values := enums[p.Want]
	switch {
	case p.Value == "an array":
		return invalid + "Proto field" + p.At() + " is not repeating, cannot start list."
	case p.Value == "an object":
		return invalid + "Starting an object on a scalar field" + p.At() + "."
	case p.Want == "message":
		p.Want = "a message"
	case values != nil:
		p.Want = "one of " + strings.Join(values, ", ")
	}
	return p.String()
}
