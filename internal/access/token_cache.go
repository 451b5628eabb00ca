package access

import (
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/oriel-server/oriel/internal/policy"
)

// maxRemembered bounds what is remembered of tokens, in bytes: about 30,000 of them.
const maxRemembered = 32 << 20

// A memory holds what verified tokens say, so that the page that shows its token
// with every request has its signature checked once. It knows tokens by their
// hash alone, and only those that were good: one that is refused is read anew
// each time.
//
// What is remembered is what a token can never say differently, and the grant
// that follows from it by rules that never change. What can change while a token
// lives (the time, the page that shows it, the signing keys, revocation) is no
// part of it and is looked at each time, see [Authority.Verify].
type memory struct {
	said *otter.Cache[tokenHash, *remembered]
}

type tokenHash [sha256.Size]byte

// A remembered token was good from some time on, until it expires.
type remembered struct {
	claimed
	revocable revocable
	grant     policy.Grant
	keys      *[]Key // that it was read with
	size      uint32 // bytes, roughly
}

func newMemory() (*memory, error) {
	said, err := otter.New(&otter.Options[tokenHash, *remembered]{
		MaximumWeight: maxRemembered,
		Weigher: func(_ tokenHash, r *remembered) uint32 {
			const overhead = 1024 // the hash, the claim's and the grant's own fields
			return r.size + overhead
		},
	})
	if err != nil {
		return nil, fmt.Errorf("access: the memory of tokens: %w", err)
	}
	return &memory{said}, nil
}

// recall returns what a token says, nil unless it is remembered and good at a
// moment, by the same leeway that it is read with.
func (m *memory) recall(token tokenHash, keys *[]Key, now time.Time) *remembered {
	r, ok := m.said.GetIfPresent(token)
	if !ok {
		return nil
	}
	if r.keys != keys || !now.Before(r.ExpiresAt.Add(leeway)) || now.Before(r.IssuedAt.Add(-leeway)) {
		m.said.Invalidate(token)
		return nil
	}
	return r
}

func (m *memory) keep(token tokenHash, r *remembered) { m.said.Set(token, r) }
