package cache

import (
	"context"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// A Store keeps answers beyond the memory and the life of a process. It decides nothing: whether a record may
// be served is up to the cache.
//
// Methods are safe for concurrent use. An error means that the store cannot read or write now; the cache goes
// on without it and tries again later.
type Store interface {
	// Get returns the record of a key, or nil where there is none. A record that comes back is whole: every
	// byte is as it was put, or the store treats it as absent and forgets it. One whose Kept time is over is
	// absent too. Records are shared and must not be changed.
	Get(ctx context.Context, k report.Key) (*Record, error)
	// Apply makes all changes of a batch or, when it fails or the process dies in it, none. What it has made
	// outlives the process, however that ends, in a store that outlives processes.
	//
	// A store has a capacity. To stay within it, Apply forgets records whose Kept time is over, and then those
	// of the worst class that takes more than its ShareOf the capacity, the one whose Used time is the longest ago
	// first. A record that replaces one of a better class has that class. A record that would take more than MaxShare of the capacity is not
	// kept, and an older one with its key is forgotten.
	//
	// An empty batch is not idle: a store that could not be opened tries again.
	Apply(ctx context.Context, b *Batch) error
	// Purge forgets the records that p names, and returns how many. Like Apply it makes all of the change or,
	// when it fails, none, and it tries again to open a store that could not be opened.
	Purge(ctx context.Context, p Purge) (int, error)
	// Stats returns how much is kept.
	Stats() StoreStats
	// Close ends the store, which must not be used any more.
	Close() error
}

// MaxShare is the part of a store's capacity that one record may take: one huge answer must not evict everybody
// else's.
const MaxShare = 0.25

// A Batch is changes to a store, made in this order: Forget, Used, Put.
type Batch struct {
	Forget []report.Key
	// Used updates the last access of records that are there.
	Used map[report.Key]time.Time
	// Put adds records, in the place of those with the same key.
	Put []*Record
}

// A Purge names records to forget.
type Purge struct {
	// Owner is whose records. The zero Owner means those of all owners, and not the records that have none.
	Owner report.Key
	// Final limits it to records whose report is final.
	Final bool
}

// covers reports whether a record is to be forgotten.
func (p Purge) covers(r *Record) bool {
	if p.Final && r.Report.Freshness != report.FreshFinal {
		return false
	}
	return r.Owner != report.Key{} && (p.Owner == report.Key{} || p.Owner == r.Owner)
}

// A Record is an answer as a store keeps it. There is no secret in it: the key is a hash, and the report holds
// what viewers get.
type Record struct {
	Key report.Key
	// Owner stands for the property and account that the answer is about; zero for what is no answer.
	Owner report.Key
	// Class is the best of those who asked for the answer.
	Class report.Class
	// Report is the answer; its Stale is empty.
	Report *report.Report
	// Stored is when the answer came.
	Stored time.Time
	// Good is until when the answer is served without asking again, Kept until when it may be served at all.
	// The zero time means without end.
	Good, Kept time.Time
	// Used is the last access, as far as the store knows: the cache updates it now and then, not with every
	// access.
	Used time.Time
}

// Size is roughly how many bytes a store needs for the record.
func (r *Record) Size() int64 { return int64(len(r.Report.Body)) + overhead }

// StoreStats are current figures, for metrics.
type StoreStats struct {
	Records int64
	Bytes   int64
}
