package access

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/oriel-server/oriel/internal/secret"
)

// A Key signs embed tokens (HS256). All keys in use verify and one signs, see signer,
// so that keys rotate without downtime.
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

// checkSecret refuses secrets that are not random. 32 random bytes, also in hexadecimal,
// practically never have fewer than 12 different ones, or contain one of the words.
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

// adoptionDelay is how long a key is known before it signs, so that all processes that
// read the key file verify by it before they meet a token that it signed.
const adoptionDelay = 15 * time.Second

// signer returns the key to sign with: the first that is older than adoptionDelay, or
// else the last.
func signer(keys []Key, now time.Time) Key {
	for _, k := range keys {
		if now.Sub(k.Created) >= adoptionDelay {
			return k
		}
	}
	return keys[len(keys)-1]
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

// GenerateAPIKey makes an API key, and its hash for the configuration. The form of the
// key lets secret scanners find it without false positives: oriel_, 43 characters of
// base64url, and the CRC-32 (IEEE) of all before in 8 hexadecimal digits.
func GenerateAPIKey(random io.Reader) (plain string, hash [32]byte, err error) {
	b := make([]byte, 32)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", hash, fmt.Errorf("access: no randomness for an API key: %w", err)
	}
	body := apiKeyPrefix + base64.RawURLEncoding.EncodeToString(b)
	plain = body + checksum(body)
	return plain, sha256.Sum256([]byte(plain)), nil
}

func checksum(s string) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(s))) }
