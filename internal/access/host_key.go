package access

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"

	"github.com/oriel-server/oriel/internal/report"
)

// A HostKey verifies tokens that a host signs itself. The key decides the algorithm;
// a token with another is refused.
type HostKey struct {
	ID          string // the token's kid; empty for a key without a name
	Fingerprint string // for operators and revocations
	method      jwt.SigningMethod
	key         any // for method; of HS256 it is the secret itself
	secret      bool
}

// Format implements fmt.Formatter: every verb prints the fingerprint only.
func (k HostKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "host key "+k.Fingerprint) }

const (
	maxHostKeys     = 16
	maxHostKeysFile = 256 << 10 // bytes
)

// LoadHostKeys reads the keys that a host signs with: public keys in PEM (PUBLIC
// KEY, RFC 8410 and RFC 5480), or a JWK set (RFC 7517), in which secrets for HS256
// have kty oct. Ed25519 keys verify EdDSA, P-256 keys ES256. A file with a secret in
// it must be readable by its owner alone.
func LoadHostKeys(path string) ([]HostKey, error) {
	data, mode, err := readKeyFile(path, maxHostKeysFile)
	if err != nil {
		return nil, fmt.Errorf("the host's keys: %w", err)
	}
	keys, err := parseHostKeys(data)
	if err != nil {
		return nil, fmt.Errorf("the host's keys: %s: %w", path, err)
	}
	if mode&0o077 != 0 && slices.ContainsFunc(keys, func(k HostKey) bool { return k.secret }) {
		return nil, fmt.Errorf("the host's keys: %s holds a secret and has mode %04o, so others can read it: chmod 600 %s", path, mode, path)
	}
	return keys, nil
}

func parseHostKeys(data []byte) ([]HostKey, error) {
	read := readPEM
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		read = readJWKs
	}
	keys, err := read(data)
	if err != nil {
		return nil, err
	}
	return keys, checkHostKeys(keys)
}

func readPEM(data []byte) (keys []HostKey, err error) {
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			return keys, nil
		}
		if block.Type != "PUBLIC KEY" {
			return nil, fmt.Errorf("it has a %q: only public keys belong here, as openssl pkey -pubout writes them", block.Type)
		}
		public, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, errors.New("a PUBLIC KEY in it cannot be read")
		}
		k, err := newHostKey(public, "")
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
}

func readJWKs(data []byte) (keys []HostKey, err error) {
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(data, &set); err != nil {
		return nil, errors.New("not a JWK set: {\"keys\": [...]}")
	}
	for i, jwk := range set.Keys {
		if _, symmetric := jwk.Key.([]byte); !symmetric && !jwk.IsPublic() {
			return nil, fmt.Errorf("key %d is a private one: register the public one, the private one stays with the host", i+1)
		}
		k, err := newHostKey(jwk.Key, jwk.KeyID)
		if err != nil {
			return nil, fmt.Errorf("key %d: %w", i+1, err)
		}
		if jwk.Use != "" && jwk.Use != "sig" || jwk.Algorithm != "" && jwk.Algorithm != k.method.Alg() {
			return nil, fmt.Errorf("key %d is for something else than %s signatures", i+1, k.method.Alg())
		}
		keys = append(keys, k)
	}
	return keys, nil
}

func newHostKey(key any, id string) (HostKey, error) {
	k := HostKey{ID: id, key: key}
	switch key := key.(type) {
	case ed25519.PublicKey:
		k.method = jwt.SigningMethodEdDSA
	case *ecdsa.PublicKey:
		if key.Curve != elliptic.P256() {
			return HostKey{}, fmt.Errorf("the curve %s is not P-256", key.Curve.Params().Name)
		}
		k.method = jwt.SigningMethodES256
	case []byte:
		if err := checkSecret(string(key)); err != nil {
			return HostKey{}, err
		}
		k.method, k.secret = jwt.SigningMethodHS256, true
	default:
		return HostKey{}, errors.New("neither Ed25519, P-256 nor a secret (kty oct)")
	}
	material, ok := key.([]byte)
	if !ok {
		material, _ = x509.MarshalPKIXPublicKey(key) // of these types it does not fail
	}
	k.Fingerprint = fingerprint(sha256.Sum256(append([]byte("oriel host key\n"), material...)))
	return k, nil
}

func checkHostKeys(keys []HostKey) error {
	if len(keys) == 0 {
		return errors.New("no key in it: neither PEM nor a JWK set")
	}
	if len(keys) > maxHostKeys {
		return fmt.Errorf("more than %d keys", maxHostKeys)
	}
	ids := map[string]bool{}
	for _, k := range keys {
		if k.ID != "" && !keyID.MatchString(k.ID) {
			return fmt.Errorf("the key id %q must be letters, digits, - and _, at most 64", report.Truncate(k.ID))
		}
		for _, id := range []string{k.ID, k.Fingerprint} {
			if ids[id] && id != "" {
				return fmt.Errorf("two keys are called %q", report.Truncate(id))
			}
			ids[id] = true
		}
	}
	return nil
}

// signingKey returns the key that a token names, by its id or its fingerprint. A token
// without kid is verified by a host's only key.
func (h Host) signingKey(id string) (HostKey, bool) {
	for _, k := range h.SigningKeys {
		if id == "" && len(h.SigningKeys) == 1 || id != "" && (id == k.ID || id == k.Fingerprint) {
			return k, true
		}
	}
	return HostKey{}, false
}
