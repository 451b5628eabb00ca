package access

import (
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/oriel-server/oriel/internal/policy"
)

// defaultTokenCache is the default of Config.TokenCacheBytes: about 30,000 tokens.
const defaultTokenCache = 32 << 20

// A tokenCache holds verified tokens, so that a page which sends its token with
// every request has its signature checked once. Tokens are keyed by their hash,
// and refused ones are not cached.
//
// Cached is only what cannot change: what a token says, and the grant that follows
// from it by immutable rules. What can change while a token lives (time, origin,
// signing keys, revocation) is checked on every request, see [Authority.Verify].
type tokenCache struct {
	cache *otter.Cache[tokenHash, *cachedToken]
}

type tokenHash [sha256.Size]byte

// A cachedToken is a verified token.
type cachedToken struct {
	session
	revocable revocable
	grant     policy.Grant
	keys      *[]Key // that verified it
	size      uint32 // approximate, in bytes
}

func newTokenCache(bytes int64) (*tokenCache, error) {
	cache, err := otter.New(&otter.Options[tokenHash, *cachedToken]{
		MaximumWeight: uint64(bytes),
		Weigher: func(_ tokenHash, t *cachedToken) uint32 {
			const overhead = 1024 // the hash, the claim's and the grant's own fields
			return t.size + overhead
		},
	})
	if err != nil {
		return nil, fmt.Errorf("access: the token cache: %w", err)
	}
	return &tokenCache{cache}, nil
}

// get returns a cached token that is good now, by the same leeway that the parser
// has; nil otherwise.
func (c *tokenCache) get(hash tokenHash, keys *[]Key, now time.Time) *cachedToken {
	t, ok := c.cache.GetIfPresent(hash)
	if !ok {
		return nil
	}
	if t.keys != keys || !now.Before(t.ExpiresAt.Add(leeway)) || now.Before(t.IssuedAt.Add(-leeway)) {
		c.cache.Invalidate(hash)
		return nil
	}
	return t
}

func (c *tokenCache) put(hash tokenHash, t *cachedToken) { c.cache.Set(hash, t) }
