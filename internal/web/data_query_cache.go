package web

import (
	"crypto/sha256"
	"net/url"
	"sync/atomic"

	"github.com/maypok86/otter/v2"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
	"github.com/oriel-server/oriel/internal/ua"
)

// defaultQueryCache is the default of Config.QueryBytes.
const defaultQueryCache = 64 << 20

// A queryCache holds parsed queries, so that a body or URL that a page sends with every
// visit is parsed once. Parsing depends on the text and the method alone; the gate still
// decides each request. Texts that do not parse are not cached.
type queryCache struct {
	entries *otter.Cache[queryKey, *cachedQuery]
}

// A queryKey identifies a text and the method that parses it.
type queryKey struct {
	method string
	text   [sha256.Size]byte
}

// A cachedQuery is the parsed form of a text.
type cachedQuery struct {
	queries []*policy.ParsedQuery
	v3      ua.Query // of a v3 request, in place of queries
	size    int      // of the text, in bytes
	// plan is the latest translation of v3.
	plan atomic.Pointer[v3Plan]
}

func newQueryCache(bytes int64) *queryCache {
	return &queryCache{otter.Must(&otter.Options[queryKey, *cachedQuery]{
		MaximumWeight: uint64(bytes),
		Weigher: func(_ queryKey, q *cachedQuery) uint32 {
			const overhead, copies = 1024, 8 // of structs, per byte of text
			return uint32(overhead + copies*q.size)
		},
	})}
}

// get returns the parsed form of text, calling parse on a miss.
func (c *queryCache) get(method string, text []byte, parse func() (*cachedQuery, error)) (*cachedQuery, error) {
	key := queryKey{method, sha256.Sum256(text)}
	if q, ok := c.entries.GetIfPresent(key); ok {
		return q, nil
	}
	q, err := parse()
	if err != nil {
		return nil, err
	}
	q.size = len(text)
	c.entries.Set(key, q)
	return q, nil
}

// body returns the queries of a request body.
func (c *queryCache) body(method string, body []byte, decode func([]byte) ([]report.Query, error)) ([]*policy.ParsedQuery, error) {
	q, err := c.get(method, body, func() (*cachedQuery, error) {
		queries, err := decode(body)
		return &cachedQuery{queries: newParsedQueries(queries, len(body))}, err
	})
	if err != nil {
		return nil, err
	}
	return q.queries, nil
}

// address returns the query of a v3 URL. The embed token that the URL may hold is no part
// of the key.
func (c *queryCache) address(method string, at *url.URL, parse func(url.Values) (ua.Query, error)) (*cachedQuery, error) {
	return c.get(method, []byte(stripToken(at.RawQuery)), func() (*cachedQuery, error) {
		q, err := parse(at.Query())
		return &cachedQuery{v3: q}, err
	})
}

// newParsedQueries prepares queries for the gate, from a text of size bytes.
func newParsedQueries(queries []report.Query, size int) []*policy.ParsedQuery {
	asked := make([]*policy.ParsedQuery, len(queries))
	for i, q := range queries {
		asked[i] = policy.NewParsedQuery(q, size)
	}
	return asked
}
