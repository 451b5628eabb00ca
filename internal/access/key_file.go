package access

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/oriel-server/oriel/internal/secret"
)

const maxKeyFile = 64 << 10 // bytes

// keyFile is the JSON of a file of signing keys. Its secrets are in plain text,
// protected by the file's mode.
type keyFile struct {
	Keys   []keyEntry `json:"keys"`
	Ledger string     `json:"ledger,omitempty"` // see BindKeys
}

type keyEntry struct {
	ID      string    `json:"id"`
	Secret  []byte    `json:"secret"` // base64
	Created time.Time `json:"created,omitzero"`
}

// parseKeys returns the keys, and the ledger that they are bound to.
func parseKeys(data []byte) (keys []Key, ledger string, err error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var f keyFile
	if err := dec.Decode(&f); err != nil {
		return nil, "", fmt.Errorf("not a file of signing keys: %w", err)
	}
	keys = make([]Key, len(f.Keys))
	for i, k := range f.Keys {
		keys[i] = Key{ID: k.ID, Secret: secret.New(string(k.Secret)), Created: k.Created}
	}
	return keys, f.Ledger, checkKeys(keys)
}

// writeKeys writes what parseKeys reads, secrets included.
func writeKeys(w io.Writer, keys []Key, ledger string) error {
	if err := checkKeys(keys); err != nil {
		return err
	}
	f := keyFile{Keys: make([]keyEntry, len(keys)), Ledger: ledger}
	for i, k := range keys {
		f.Keys[i] = keyEntry{ID: k.ID, Secret: []byte(k.Secret.Reveal()), Created: k.Created}
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(f)
}

// LoadKeys reads a file of signing keys. A file that others than its owner may read
// is refused.
func LoadKeys(path string) ([]Key, error) {
	keys, _, err := loadBoundKeys(path)
	return keys, err
}

func loadBoundKeys(path string) (keys []Key, ledger string, err error) {
	data, mode, err := readKeyFile(path, maxKeyFile)
	if err != nil {
		return nil, "", fmt.Errorf("signing keys: %w", err)
	}
	if mode&0o077 != 0 {
		return nil, "", fmt.Errorf("signing keys: %s has mode %04o, so others can read it: chmod 600 %s, and think of replacing the keys", path, mode, path)
	}
	keys, ledger, err = parseKeys(data)
	if err != nil {
		return nil, "", fmt.Errorf("signing keys: %s: %w", path, err)
	}
	return keys, ledger, nil
}

// KeysLedger returns the id of the ledger that a file of signing keys is bound to; empty
// if to none.
func KeysLedger(path string) (string, error) {
	_, ledger, err := loadBoundKeys(path)
	return ledger, err
}

// BindKeys writes into a file of signing keys which ledger can revoke the tokens that
// they sign, so that it is noticed when the keys are used with another.
func BindKeys(path, ledger string) error {
	keys, bound, err := loadBoundKeys(path)
	if err != nil || bound == ledger {
		return err
	}
	return replaceKeys(path, keys, ledger)
}

// readKeyFile reads a file of at most limit bytes, and its permissions.
func readKeyFile(path string, limit int) (data []byte, mode fs.FileMode, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	data, err = io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err == nil && len(data) > limit {
		err = fmt.Errorf("%s: longer than %d KB", path, limit>>10)
	}
	return data, info.Mode().Perm(), err
}

// LoadOrCreateKeys loads the file at path, or creates it with a new key when there
// is none. Without a path the new key is in no file.
func LoadOrCreateKeys(path string, random io.Reader, now time.Time) ([]Key, error) {
	if path == "" {
		key, err := GenerateKey(random, now)
		return []Key{key}, err
	}
	keys, err := LoadKeys(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return keys, err
	}
	key, err := GenerateKey(random, now)
	if err != nil {
		return nil, err
	}
	if err := createKeys(path, []Key{key}); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("signing keys: %w", err)
	}
	// Another process may have created it first.
	return LoadKeys(path)
}

// createKeys creates the file atomically, and never replaces one: a link fails where
// a rename would not.
func createKeys(path string, keys []Key) error {
	temporary, err := writeTemporary(path, keys, "")
	if err != nil {
		return err
	}
	defer os.Remove(temporary)
	return os.Link(temporary, path)
}

// replaceKeys replaces the file atomically.
func replaceKeys(path string, keys []Key, ledger string) error {
	temporary, err := writeTemporary(path, keys, ledger)
	if err != nil {
		return fmt.Errorf("signing keys: %w", err)
	}
	if err = keepOwner(path, temporary); err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		return fmt.Errorf("signing keys: %w", errors.Join(err, os.Remove(temporary)))
	}
	return nil
}

// writeTemporary writes keys to a new file beside path, and syncs it.
func writeTemporary(path string, keys []Key, ledger string) (name string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".keys-*") // mode 0600
	if err != nil {
		return "", err
	}
	err = writeKeys(f, keys, ledger)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}
