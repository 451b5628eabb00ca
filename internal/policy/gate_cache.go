package policy

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"sync/atomic"

	"github.com/maypok86/otter/v2"

	"github.com/oriel-server/oriel/internal/report"
)

// A ParsedQuery is a query as a client sent it, decoded once for all requests with the same
// body. It is immutable and keyed by pointer: equal queries that were decoded separately do
// not share an entry of the gate's cache.
type ParsedQuery struct {
	query report.Query
	size  int // of the body in bytes; 0 if it is not worth caching
	// last is the last hit: most queries are sent for one view, with tokens that have the
	// same filter.
	last atomic.Pointer[cachedQuery]
}

type cachedQuery struct {
	decisionKey
	prepared *prepared
}

// NewParsedQuery returns the ParsedQuery of a query from a body of size bytes; 0 for one that
// will not be sent again, which the gate does not cache.
func NewParsedQuery(q report.Query, size int) *ParsedQuery {
	return &ParsedQuery{query: q.Clone(), size: size}
}

// Query returns the query. It is shared and must not be changed.
func (a *ParsedQuery) Query() report.Query { return a.query }

// defaultCacheBytes is the default of Config.QueryBytes and DashboardBytes.
const defaultCacheBytes = 64 << 20

// A decisionCache holds prepared queries and dashboards, so that checking and narrowing are
// done once for many clients. Only what was allowed is cached, by all that it depends on:
//
//   - the view, which belongs to immutable rules;
//   - the token's filter, not the token: tokens with the same filter share an entry;
//   - the query as it was sent;
//   - the property's time zone, and the current day there;
//   - the property's fields, if a calculated metric or an expression's name was checked
//     against them.
//
// What depends on more is not cached, see cacheable. Each read is still decided and recorded.
type decisionCache struct {
	queries    *otter.Cache[decisionKey, *prepared]
	dashboards *otter.Cache[panelKey, *PreparedDashboard]
}

type decisionKey struct {
	view   *View
	filter filterHash
	query  *ParsedQuery
}

// A panelKey is all that a dashboard's panels depend on, beside their reports and the
// properties' settings and fields.
type panelKey struct {
	board                    *board // of the rules
	panel                    string // the only one that is wanted; empty for all
	view                     *View
	views                    string // see grantedDashboard.names
	filter                   filterHash
	start, end, first, today report.Date
}

// A filterHash identifies a token's filter as it was written; the zero filterHash is that of
// no filter.
type filterHash [sha256.Size]byte

func hashFilter(f *report.Filter) filterHash {
	if f == nil {
		return filterHash{}
	}
	text, err := json.Marshal(f)
	if err != nil {
		panic(err) // a filter is numbers and strings, and was decoded from JSON
	}
	return sha256.Sum256(text)
}

func newDecisionCache(queryBytes, dashboardBytes int64) (*decisionCache, error) {
	queries, err := otter.New(&otter.Options[decisionKey, *prepared]{
		MaximumWeight: uint64(queryBytes),
		Weigher: func(k decisionKey, _ *prepared) uint32 {
			const overhead, copies = 1536, 8 // size of structs relative to JSON
			return uint32(overhead + copies*k.query.size)
		},
	})
	if err != nil {
		return nil, fmt.Errorf("policy: cache of queries: %w", err)
	}
	dashboards, err := otter.New(&otter.Options[panelKey, *PreparedDashboard]{
		MaximumWeight: uint64(dashboardBytes),
		Weigher: func(_ panelKey, b *PreparedDashboard) uint32 {
			// A panel as it was encoded last, its gzip form, and its report.
			const overhead, perPanel = 512, 4<<10 + 2*maxEncodedPanel + maxEncodedPanel/4
			return uint32(overhead + perPanel*len(b.panels))
		},
	})
	if err != nil {
		return nil, fmt.Errorf("policy: cache of dashboards: %w", err)
	}
	return &decisionCache{queries, dashboards}, nil
}

// get returns the prepared query of a key; nil if there is none.
func (c *decisionCache) get(k decisionKey) *prepared {
	if last := k.query.last.Load(); last != nil && last.decisionKey == k {
		return last.prepared
	}
	p, ok := c.queries.GetIfPresent(k)
	if !ok {
		return nil
	}
	k.query.last.Store(&cachedQuery{k, p})
	return p
}

func (c *decisionCache) set(k decisionKey, p *prepared) {
	c.queries.Set(k, p)
	k.query.last.Store(&cachedQuery{k, p})
}

// prepareParsed is prepare, from the cache if possible.
func (g *Gate) prepareParsed(ctx context.Context, grant Grant, v *View, a *ParsedQuery, d *Decision) (*prepared, error) {
	if a.size == 0 || !cacheable(&a.query, v) {
		return g.prepare(ctx, grant, v, a.query, d)
	}
	k := decisionKey{v, grant.narrowed(v).hash, a}
	if p := g.cache.get(k); p != nil && g.stillValid(ctx, p, d) {
		p.describe(d)
		return p, nil
	}
	p, err := g.prepare(ctx, grant, v, a.query, d)
	if err == nil {
		g.cache.set(k, p)
	}
	return p, err
}

// cacheable reports whether what a view allows of q stays the same until the day or the
// property's fields change. Realtime within a bounded history depends on the minute.
func cacheable(q *report.Query, v *View) bool { return !q.Realtime || !v.History.bounded() }

// stillValid reports whether the property's day and fields are those that p was prepared with.
func (g *Gate) stillValid(ctx context.Context, p *prepared, d *Decision) bool {
	zone, err := g.zone(ctx, p.view, &p.query)
	return err == nil && sameZone(zone, p.zone) && report.DateOf(d.Time, zone) == p.today && g.sameFields(ctx, p)
}

// sameFields reports whether the property's fields are those that p was checked against.
func (g *Gate) sameFields(ctx context.Context, p *prepared) bool {
	if p.fields == nil {
		return true
	}
	fields, err := g.c.Catalog.Fields(ctx, p.view.Account, p.view.Property)
	return err == nil && fields == p.fields
}
