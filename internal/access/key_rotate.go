package access

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// adoption is how long a key is known before it signs, so that all who read the
// key file verify by it before they meet what it signed.
const adoption = 15 * time.Second

// signer returns the key to sign with: the first that has been known for long
// enough, or else the last.
func signer(keys []Key, now time.Time) Key {
	for _, k := range keys {
		if now.Sub(k.Created) >= adoption {
			return k
		}
	}
	return keys[len(keys)-1]
}

// needed is how long the key before the newest can still be met: its last token
// lives for an hour at most, and can be renewed for a minute longer.
const needed = adoption + MaxLifetime + grace + leeway

// RotateKeys puts a new key before the newest in the file at path, and drops the
// others, so that nobody who holds a token is refused; it is an error while one
// of those is still needed. Servers that read the file again go on without a
// restart, see ReloadKeys. At once, for a key that leaked, the new one is the
// only one: all tokens are refused, and pages begin new sessions.
func RotateKeys(path string, random io.Reader, now time.Time, atOnce bool) ([]Key, error) {
	keys, err := loadKeys(path)
	if err != nil {
		return nil, err
	}
	if left := keys[0].Created.Add(needed).Sub(now); len(keys) > 1 && left > 0 && !atOnce {
		return nil, fmt.Errorf("signing keys: the key before the newest is needed for another %s: wait. If a key leaked, rotate at once", left.Round(time.Second))
	}
	key, err := GenerateKey(random, now)
	if err != nil {
		return nil, err
	}
	if keys = append([]Key{key}, keys[0]); atOnce {
		keys = keys[:1]
	}
	return keys, replaceKeys(path, keys)
}

// replaceKeys changes the file at once and whole.
func replaceKeys(path string, keys []Key) error {
	temporary, err := writeTemporary(path, keys)
	if err != nil {
		return fmt.Errorf("signing keys: %w", err)
	}
	if err := os.Rename(temporary, path); err != nil {
		return fmt.Errorf("signing keys: %w", errors.Join(err, os.Remove(temporary)))
	}
	return nil
}

// writeTemporary writes keys to a new file beside path, and to the disk.
func writeTemporary(path string, keys []Key) (name string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".keys-*") // mode 0600
	if err != nil {
		return "", err
	}
	err = WriteKeys(f, keys)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// ReloadKeys reads a key file that is there. A file that others than its owner
// may read is refused.
func ReloadKeys(path string) ([]Key, error) { return loadKeys(path) }

// Rotate does what UseKeys does, and records it, when the keys are others than
// those in use.
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
