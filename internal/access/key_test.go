package access

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/internal/secret"
)

func TestKeysPrintNoSecret(t *testing.T) {
	c := newBench(t).config
	out := fmt.Sprintf("%v %+v %#v", c.Keys[0], &c.Keys, c)
	if key := c.Keys[0].Secret.Reveal(); strings.Contains(out, key) || !strings.Contains(out, secret.Hidden) {
		t.Error(out)
	}
}

func TestGenerateAPIKey(t *testing.T) {
	plain, hash, err := GenerateAPIKey(rand.Reader)
	if err != nil || sha256.Sum256([]byte(plain)) != hash || !isAPIKey(plain) {
		t.Fatalf("%v: %v", isAPIKey(plain), err)
	}
	for _, s := range []string{"", "oriel_", plain + "0", plain[:len(plain)-1] + "g", strings.Replace(plain, "oriel", "Oriel", 1)} {
		if isAPIKey(s) {
			t.Errorf("%q is taken for a key", s)
		}
	}
}

// isAPIKey reports whether s has the form that GenerateAPIKey promises to scanners.
func isAPIKey(s string) bool {
	const length = len(apiKeyPrefix) + 43 + 8
	return len(s) == length && strings.HasPrefix(s, apiKeyPrefix) && checksum(s[:length-8]) == s[length-8:]
}

func TestLoadOrCreateKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	made, err := LoadOrCreateKeys(path, rand.Reader, start)
	if err != nil || len(made) != 1 || !made[0].Created.Equal(start) {
		t.Fatalf("%v, %v", made, err)
	}
	again, err := LoadOrCreateKeys(path, nil, start)
	if err != nil || len(again) != 1 || again[0].Secret.Reveal() != made[0].Secret.Reveal() {
		t.Fatalf("read again: %v", err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".keys-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if err := createKeys(path, made); !os.IsExist(err) {
		t.Errorf("an existing file was replaced: %v", err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadOrCreateKeys(path, nil, start); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a readable file: %v", err)
	}
}

func TestParseKeysRefuses(t *testing.T) {
	for _, text := range []string{
		"", "[]", `{"keys":[]}`, `{"keys":[{"id":"a","secret":"AAAA"}]}`, `{"keys":[],"more":1}`,
		`{"keys":[{"id":"a","secret":"%%%"}]}`,
	} {
		if _, _, err := parseKeys([]byte(text)); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
	var b bytes.Buffer
	if err := writeKeys(&b, []Key{key(t, 1), key(t, 2)}, "ab12"); err != nil {
		t.Fatal(err)
	}
	keys, ledger, err := parseKeys(b.Bytes())
	if err != nil || ledger != "ab12" || len(keys) != 2 || keys[1].Secret.Reveal() != key(t, 2).Secret.Reveal() {
		t.Errorf("%v, %v", keys, err)
	}
}
