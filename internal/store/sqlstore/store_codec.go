package sqlstore

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"time"

	"github.com/oriel-server/oriel/internal/cache"
	"github.com/oriel-server/oriel/internal/report"
)

// A record's bytes are
//
//	sum [32]byte     SHA-256 of the key and all that follows
//	n   uint32       big endian
//	n bytes          a header, in JSON
//	the rest         the report's body, as viewers get it
//
// The sum covers the key, so that a damaged index cannot yield the answer to another
// question.

// header is a record without its key, its body and its last use.
type header struct {
	Stored      time.Time          `json:"stored"`
	Good        time.Time          `json:"good,omitzero"`
	Kept        time.Time          `json:"kept,omitzero"`
	Rows        int                `json:"rows"`
	FetchedAt   time.Time          `json:"fetchedAt"`
	Freshness   report.Freshness   `json:"freshness"`
	Stale       report.StaleReason `json:"stale,omitempty"`
	TimeZone    string             `json:"timeZone,omitempty"`
	Currency    string             `json:"currency,omitempty"`
	Sampled     bool               `json:"sampled,omitempty"`
	Thresholded bool               `json:"thresholded,omitempty"`
	OtherRow    bool               `json:"otherRow,omitempty"`
	Truncated   bool               `json:"truncated,omitempty"`
	Notices     []string           `json:"notices,omitempty"`
	RowCount    int                `json:"rowCount,omitempty"`
	MaxRows     int64              `json:"maxRows,omitempty"`
}

const prefix = sha256.Size + 4

// errCorrupt means that the bytes are not those of a record that was put.
var errCorrupt = errors.New("the record is corrupt")

func encode(r *cache.Record) []byte {
	head, err := json.Marshal(headerOf(r))
	if err != nil {
		panic(err) // times within the years 0 to 9999, strings and booleans always marshal
	}
	data := make([]byte, prefix, prefix+len(head)+len(r.Report.Body))
	binary.BigEndian.PutUint32(data[sha256.Size:], uint32(len(head)))
	data = append(append(data, head...), r.Report.Body...)
	sum := sumOf(r.Key, data)
	copy(data, sum[:])
	return data
}

// decode returns the record in data, which it keeps.
func decode(k report.Key, data []byte) (*cache.Record, error) {
	if len(data) < prefix {
		return nil, errCorrupt
	}
	if sum := sumOf(k, data); !bytes.Equal(sum[:], data[:sha256.Size]) {
		return nil, errCorrupt
	}
	n := binary.BigEndian.Uint32(data[sha256.Size:])
	if uint64(n) > uint64(len(data)-prefix) {
		return nil, errCorrupt
	}
	var h header
	if json.Unmarshal(data[prefix:prefix+n], &h) != nil {
		return nil, errCorrupt
	}
	return h.record(k, data[prefix+n:]), nil
}

func sumOf(k report.Key, data []byte) (sum [sha256.Size]byte) {
	h := sha256.New()
	h.Write(k[:])
	h.Write(data[sha256.Size:])
	h.Sum(sum[:0])
	return sum
}

func headerOf(r *cache.Record) header {
	return header{
		Stored: r.Stored.UTC(), Good: r.Good.UTC(), Kept: r.Kept.UTC(),
		Rows: r.Report.Rows, FetchedAt: r.Report.FetchedAt.UTC(),
		Freshness: r.Report.Freshness, Stale: r.Report.Stale, TimeZone: r.Report.TimeZone, Currency: r.Report.CurrencyCode,
		Sampled: r.Report.Sampled, Thresholded: r.Report.Thresholded, OtherRow: r.Report.OtherRow,
		Truncated: r.Report.Truncated, Notices: r.Report.Notices, RowCount: r.Report.RowCount, MaxRows: r.Report.MaxRows,
	}
}

func (h header) record(k report.Key, body []byte) *cache.Record {
	return &cache.Record{
		Key: k, Stored: h.Stored, Good: h.Good, Kept: h.Kept,
		Report: &report.Report{
			Body: body, Encoded: new(report.Encodings), Rows: h.Rows, FetchedAt: h.FetchedAt, Freshness: h.Freshness, Stale: h.Stale,
			TimeZone: h.TimeZone, CurrencyCode: h.Currency, Sampled: h.Sampled, Thresholded: h.Thresholded, OtherRow: h.OtherRow,
			Truncated: h.Truncated, Notices: h.Notices, RowCount: h.RowCount, MaxRows: h.MaxRows,
		},
	}
}
