// Package report is the vocabulary of Oriel: a [Query] asks about one Google Analytics 4 property, a [Report] is the
// answer, a [Source] answers. The stages behind the gate (cache, plan, ga4) are Sources, stacked like http.RoundTrippers.
//
// The JSON of a Query and of its parts is that of the Google Analytics Data API v1beta (RunReportRequest,
// RunRealtimeReportRequest), so that what people know about Google's API applies to ours.
package report

import (
	"context"
	"sync"
	"time"
)

// A Source answers questions: Google, the plan in front of it, the cache in front of that. Implementations are safe for
// concurrent use and return errors as *Error.
type Source interface {
	Report(ctx context.Context, q *Question) (*Report, error)
}

// A Report is the answer to a query. Reports are shared between sessions and must not be changed.
type Report struct {
	// Body is the answer in Google's JSON, made from an allow-list: headers,
	// rows, totals, minimums, maximums, rowCount, metadata, kind. It never
	// holds a property id or a quota. Viewers receive it byte for byte.
	Body []byte
	// Encoded caches other forms of Body and is shared by copies of the report;
	// nil caches nothing.
	Encoded *Encodings
	// Rows is the number of rows in Body.
	Rows int
	// RowCount is the number of rows in total, regardless of limit and offset.
	RowCount int
	// FetchedAt is when Google answered. The age of the report is the time since.
	FetchedAt time.Time
	// Freshness is how much the numbers may still change.
	Freshness Freshness
	// Stale is set if this is an old report, served because fetching failed.
	Stale StaleReason
	// TimeZone is the property's, an IANA name; empty for realtime reports.
	TimeZone string
	// CurrencyCode is the property's, ISO 4217; empty if the answer doesn't have
	// it, as when the query chose another currency.
	CurrencyCode string
	// Sampled, Thresholded, OtherRow and Truncated report that Google estimated
	// from a sample, withheld rows with few users, condensed rare values into a
	// row "(other)", or left out data, such as days beyond a retention limit.
	Sampled, Thresholded, OtherRow, Truncated bool
	// Notices are Google's other remarks on the answer: the name of a member of
	// the metadata, and behind "=" its enum values, as in
	// "emptyReason=NO_DATA". They hold only letters, digits and "_=/".
	Notices []string
	// MaxRows is the view's bound on rows, set by the gate if it left out rows
	// that were asked for; otherwise 0.
	MaxRows int64
}

// Plain reports whether Google gave the numbers without reservation. Only a plain report can be final or be merged with
// others.
func (r *Report) Plain() bool {
	return !r.Sampled && !r.Thresholded && !r.OtherRow && !r.Truncated && len(r.Notices) == 0
}

// WithBody returns a copy of the report with another body, which holds all of its rows.
func (r *Report) WithBody(body []byte, rows int) *Report {
	other := *r
	other.Body, other.Encoded = body, new(Encodings)
	other.Rows, other.RowCount = rows, rows
	return &other
}

// Freshness is how final the days of a report are. Today is updated every 4 to 8 hours; see Final for the days before.
// Source: Google Analytics help, "Data freshness" (answer/11198161).
type Freshness string

// The grades of freshness, least final first.
const (
	FreshRealtime Freshness = "realtime" // the last half hour, seconds old
	FreshIntraday Freshness = "intraday" // includes today
	FreshSettling Freshness = "settling" // includes a day that isn't final, or Google has reservations
	FreshFinal    Freshness = "final"    // all days are final
)

// How long a day's numbers may change after its end. Source: as of Freshness.
const (
	lateHits   = 72 * time.Hour // events that arrive later are ignored
	processing = 48 * time.Hour // the longest that Google takes to process events
	settles    = lateHits + processing
)

// Final reports whether all events of a day are counted at a moment, in a property with the given time zone. An
// administrator can still change the numbers of such a day, so nothing is final forever.
func Final(day Date, zone *time.Location, at time.Time) bool {
	return at.Sub(day.AddDays(1).In(zone)) >= settles
}

// StaleReason is why a stale report was served; empty if it was not stale.
type StaleReason string

// The reasons for serving a stale report.
const (
	StaleQuota       StaleReason = "quota"       // Google's quota is exhausted
	StaleUnavailable StaleReason = "unavailable" // Google failed or did not answer
)

// Encodings cache other forms of a report, each made on first use: its compressed body, and one more.
type Encodings struct {
	compression sync.Mutex
	compressed  []byte

	formation sync.Mutex
	form, key any
}

// Compressed returns the result of compress on the body, cached if the report has Encodings.
func (r *Report) Compressed(compress func([]byte) []byte) []byte {
	e := r.Encoded
	if e == nil {
		return compress(r.Body)
	}
	e.compression.Lock()
	defer e.compression.Unlock()
	if e.compressed == nil {
		e.compressed = compress(r.Body)
	}
	return e.compressed
}

// Form returns the result of build, cached for the last key, which must be comparable and stand for all that the form
// depends on besides the report. Errors are not cached.
func (r *Report) Form(key any, build func() (any, error)) (any, error) {
	e := r.Encoded
	if e == nil {
		return build()
	}
	e.formation.Lock()
	defer e.formation.Unlock()
	if e.key == key {
		return e.form, nil
	}
	form, err := build()
	if err != nil {
		return nil, err
	}
	e.form, e.key = form, key
	return form, nil
}
