package access

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/oriel-server/oriel/internal/secret"
)

// A Key signs embed tokens (HS256). Two live keys let keys rotate with no
// downtime: one signs, see signer, all verify.
type Key struct {
	ID      string
	Secret  secret.Value // at least 32 bytes
	Created time.Time    // for operators only; zero when unknown
}

const (
	minSecret = 32 // bytes: HS256 is as strong as its key (RFC 7518, section 3.2)
	maxKeys   = 8
)

var keyID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func checkKeys(keys []Key) error {
	if len(keys) == 0 || len(keys) > maxKeys {
		return fmt.Errorf("access: there must be 1 to %d signing keys, there are %d", maxKeys, len(keys))
	}
	ids := map[string]bool{}
	for _, k := range keys {
		if !keyID.MatchString(k.ID) {
			return fmt.Errorf("access: the signing key's id %q must be letters, digits, - and _, at most 64", k.ID)
		}
		if ids[k.ID] {
			return fmt.Errorf("access: two signing keys have the id %q", k.ID)
		}
		ids[k.ID] = true
		if err := checkSecret(k.Secret.Reveal()); err != nil {
			return fmt.Errorf("access: signing key %q: %w", k.ID, err)
		}
	}
	return nil
}

// checkSecret refuses secrets that somebody thought of. Of 32 random bytes, or as many
// written in hexadecimal, fewer than 12 different ones, or words all through, do
// not happen.
func checkSecret(s string) error {
	if len(s) < minSecret {
		return fmt.Errorf("the secret has %d bytes and needs %d: let Oriel make one", len(s), minSecret)
	}
	different := map[byte]bool{}
	for _, b := range []byte(s) {
		different[b] = true
	}
	if len(different) < 12 || ascending(s) {
		return errors.New("the secret repeats itself: let Oriel make one")
	}
	lower := strings.ToLower(s)
	for _, word := range []string{"secret", "change", "password", "example", "default", "insecure", "superset", "your-", "your_"} {
		if strings.Contains(lower, word) {
			return errors.New("the secret is made of words: let Oriel make one")
		}
	}
	return nil
}

func ascending(s string) bool {
	for i := 1; i < len(s); i++ {
		if s[i]-s[i-1] != s[1]-s[0] {
			return false
		}
	}
	return true
}

// GenerateKey makes a signing key.
func GenerateKey(random io.Reader, now time.Time) (Key, error) {
	b := make([]byte, 8+minSecret)
	if _, err := io.ReadFull(random, b); err != nil {
		return Key{}, fmt.Errorf("access: no randomness for a signing key: %w", err)
	}
	return Key{
		ID:      base64.RawURLEncoding.EncodeToString(b[:8]),
		Secret:  secret.New(string(b[8:])),
		Created: now.UTC().Truncate(time.Second),
	}, nil
}

const apiKeyPrefix = "oriel_"

// GenerateAPIKey makes an API key and the hash of it that belongs into the
// configuration. The plain key, prefix and checksum included, is easy for
// secret scanners to find and to tell from chance: see IsAPIKey.
func GenerateAPIKey(random io.Reader) (plain string, hash [32]byte, err error) {
	b := make([]byte, 32)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", hash, fmt.Errorf("access: no randomness for an API key: %w", err)
	}
	body := apiKeyPrefix + base64.RawURLEncoding.EncodeToString(b)
	plain = body + checksum(body)
	return plain, sha256.Sum256([]byte(plain)), nil
}

// IsAPIKey reports whether s has the form of an API key: oriel_, 43 characters
// of base64url, 8 hexadecimal digits of the CRC-32 (IEEE) of all before.
func IsAPIKey(s string) bool {
	const length = len(apiKeyPrefix) + 43 + 8
	return len(s) == length && strings.HasPrefix(s, apiKeyPrefix) && checksum(s[:length-8]) == s[length-8:]
}

func checksum(s string) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(s))) }

// keyFile is the JSON of a key file. Its secrets are plain: the file's mode is
// what keeps them.
type keyFile struct {
	Keys []keyEntry `json:"keys"`
}

type keyEntry struct {
	ID      string    `json:"id"`
	Secret  []byte    `json:"secret"` // base64
	Created time.Time `json:"created,omitzero"`
}

// ReadKeys reads a key file.
func ReadKeys(r io.Reader) ([]Key, error) {
	dec := json.NewDecoder(io.LimitReader(r, 64<<10))
	dec.DisallowUnknownFields()
	var f keyFile
	if err := dec.Decode(&f); err != nil {
		return nil, fmt.Errorf("not a file of signing keys: %w", err)
	}
	keys := make([]Key, len(f.Keys))
	for i, k := range f.Keys {
		keys[i] = Key{ID: k.ID, Secret: secret.New(string(k.Secret)), Created: k.Created}
	}
	return keys, checkKeys(keys)
}

// WriteKeys writes what ReadKeys reads. The secrets are in it.
func WriteKeys(w io.Writer, keys []Key) error {
	if err := checkKeys(keys); err != nil {
		return err
	}
	f := keyFile{Keys: make([]keyEntry, len(keys))}
	for i, k := range keys {
		f.Keys[i] = keyEntry{ID: k.ID, Secret: []byte(k.Secret.Reveal()), Created: k.Created}
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(f)
}

// LoadOrCreateKeys reads the key file at path, or makes one with a new key when
// there is none. A file that others than its owner may read is refused. Without a path
// the new key is in no file.
func LoadOrCreateKeys(path string, random io.Reader, now time.Time) ([]Key, error) {
	if path == "" {
		key, err := GenerateKey(random, now)
		return []Key{key}, err
	}
	keys, err := loadKeys(path)
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
	// Another process may have been first; then its keys are the ones.
	return loadKeys(path)
}

func loadKeys(path string) ([]Key, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("signing keys: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("signing keys: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("signing keys: %s has mode %04o, so others can read it: chmod 600 %s, and think of replacing the keys", path, mode, path)
	}
	keys, err := ReadKeys(f)
	if err != nil {
		return nil, fmt.Errorf("signing keys: %s: %w", path, err)
	}
	return keys, nil
}

// createKeys makes the file appear at once and whole, and never replaces one:
// a link fails where a rename would not.
func createKeys(path string, keys []Key) error {
	temporary, err := writeTemporary(path, keys)
	if err != nil {
		return err
	}
	defer os.Remove(temporary)
	return os.Link(temporary, path)
}
