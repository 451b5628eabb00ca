package report

import (
	"context"
	"time"
)

// A Source is whatever answers a question: Google, the plan in front of it, the
// cache in front of that. Implementations are safe for concurrent use and return an
// *Error for anything that goes wrong.
type Source interface {
	Report(ctx context.Context, q *Question) (*Report, error)
}

// A Catalog says what can be asked of a property. Implementations are safe for
// concurrent use and return an *Error for anything that goes wrong.
type Catalog interface {
	// Property returns the settings of a property that change what a date or
	// an amount means.
	Property(ctx context.Context, account, property string) (Property, error)
	// Fields returns the dimensions and metrics that exist for a property,
	// its custom ones included.
	Fields(ctx context.Context, account, property string) (*Fields, error)
	// Compatibility returns which of these fields can be asked together with
	// those of a query.
	Compatibility(ctx context.Context, asked CompatibilityCheck) (*Compatibility, error)
}

// A Property is what Oriel needs to know about a GA4 property.
type Property struct {
	ID           string
	TimeZone     *time.Location
	CurrencyCode string // ISO 4217
}

// A Report is the answer to a query. Reports are shared between sessions and
// must not be changed.
type Report struct {
	// Body is the answer in Google's JSON, made from an allow-list: headers,
	// rows, totals, minimums, maximums, rowCount, metadata, kind. It never
	// holds a property id or a quota. It is what viewers get, byte for byte.
	Body []byte
	// Encoded are other forms of Body, which copies of the report share; nil where they
	// are not kept.
	Encoded *Encodings
	// Rows is the number of rows in Body.
	Rows int
	// RowCount is the number of rows that there are, whatever limit and offset.
	RowCount int
	// FetchedAt is when Google gave this answer. The age of the report is the
	// time since.
	FetchedAt time.Time
	// Freshness says how much the numbers may still change.
	Freshness Freshness
	// Stale is set when this is an old answer served because no newer one
	// could be had.
	Stale StaleReason
	// TimeZone is the property's, an IANA name; empty for realtime reports.
	TimeZone string
	// CurrencyCode is the property's, ISO 4217; empty where Google did not tell
	// with this answer, which is in another that the query chose.
	CurrencyCode string
	// Sampled, Thresholded, OtherRow and Truncated say that Google estimated
	// from a sample, withheld rows with few users, condensed rare values into a
	// row called "(other)", or left out data, such as days beyond a retention
	// limit.
	Sampled, Thresholded, OtherRow, Truncated bool
	// Notices are what else Google says about the answer, in its own words:
	// the name of a member of the metadata, and behind "=" the enum values in
	// it, "emptyReason=NO_DATA". They hold only letters, digits and "_=/".
	Notices []string
	// MaxRows is the view's bound on the rows of one answer, when it left out
	// rows that were asked for; 0 when it didn't. The gate sets it.
	MaxRows int64
}

// Plain reports whether Google gave the numbers without reservation. Only a plain
// answer can be final, and only plain answers are merged with others.
func (r *Report) Plain() bool {
	return !r.Sampled && !r.Thresholded && !r.OtherRow && !r.Truncated && len(r.Notices) == 0
}

// Freshness says how final the days of a report are. Source: Google Analytics
// help, "Data freshness" (answer/11198161): events that arrive more than 72 h
// late are ignored, processing takes up to 48 h, today is updated every 4 to 8
// hours.
type Freshness string

// The grades of freshness, least final first.
const (
	FreshRealtime Freshness = "realtime" // the last half hour, seconds old
	FreshIntraday Freshness = "intraday" // today is in it
	FreshSettling Freshness = "settling" // a day that ended less than five days ago is in it, or Google has reservations
	FreshFinal    Freshness = "final"    // all days ended at least five days ago
)

// StaleReason says why an old answer was served; empty when it was not.
type StaleReason string

// Why an answer is old.
const (
	StaleQuota       StaleReason = "quota"       // Google's quota is exhausted
	StaleUnavailable StaleReason = "unavailable" // Google failed or did not answer
)

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
