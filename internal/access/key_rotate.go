package access

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// keyRetention is how long after the creation of the newest key the one before it is
// needed: its last token lives for an hour at most, and can then be renewed for a
// minute.
const keyRetention = adoptionDelay + MaxLifetime + grace + leeway

// RotateKeys puts a new key before the newest in the file at path, and drops the
// others, so that no valid token is refused; it is an error while one of the others
// is needed. Running servers reload the file. With atOnce, for a key that leaked, the
// new key is the only one: all tokens are refused, and pages begin new sessions.
func RotateKeys(path string, random io.Reader, now time.Time, atOnce bool) ([]Key, error) {
	keys, ledger, err := loadBoundKeys(path)
	if err != nil {
		return nil, err
	}
	if left := keys[0].Created.Add(keyRetention).Sub(now); len(keys) > 1 && left > 0 && !atOnce {
		return nil, fmt.Errorf("signing keys: the key before the newest is needed for another %s: wait. If a key leaked, rotate at once", left.Round(time.Second))
	}
	key, err := GenerateKey(random, now)
	if err != nil {
		return nil, err
	}
	if keys = append([]Key{key}, keys[0]); atOnce {
		keys = keys[:1]
	}
	return keys, replaceKeys(path, keys, ledger)
}

// Rotate is UseKeys for keys that may be those in use already. It records a change.
func (a *Authority) Rotate(ctx context.Context, keys []Key) (changed bool, err error) {
	same := func(a, b Key) bool { return a.ID == b.ID && a.Secret.Reveal() == b.Secret.Reveal() }
	if slices.EqualFunc(*a.keys.Load(), keys, same) {
		return false, nil
	}
	if err := a.UseKeys(keys); err != nil {
		return false, err
	}
	var ids []string
	for _, k := range keys {
		ids = append(ids, k.ID)
	}
	return true, a.record(ctx, Event{Kind: EventRotate, Detail: "signing keys " + strings.Join(ids, ", ")})
}
