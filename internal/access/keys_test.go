package access

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSecretsPrintAsHidden(t *testing.T) {
	k := key(t, 1)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "key", k, "secret", k.Secret)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "key", k, "secret", k.Secret)
	asJSON, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	c := newBench(t).config
	out := log.String() + string(asJSON) + fmt.Sprintf("%v %+v %#v %s %x %q %d %v %+v %#v", k.Secret, k, k, k.Secret, k.Secret, k.Secret, k.Secret, c.Keys, &k, c.Keys)
	for _, leak := range []string{
		string(k.Secret), base64.StdEncoding.EncodeToString(k.Secret), base64.RawURLEncoding.EncodeToString(k.Secret),
		fmt.Sprintf("%x", []byte(k.Secret)), fmt.Sprintf("%d %d %d", k.Secret[0], k.Secret[1], k.Secret[2]),
		fmt.Sprintf("%#x, %#x", k.Secret[0], k.Secret[1]),
	} {
		if strings.Contains(out, leak) {
			t.Errorf("%q is in %s", leak, out)
		}
	}
	if !strings.Contains(out, hidden) {
		t.Error("nothing was printed")
	}
}

func TestGenerateAPIKey(t *testing.T) {
	plain, hash, err := GenerateAPIKey(rand.Reader)
	if err != nil || sha256.Sum256([]byte(plain)) != hash || !IsAPIKey(plain) {
		t.Fatalf("%v: %v", IsAPIKey(plain), err)
	}
	for _, s := range []string{"", "oriel_", plain + "0", plain[:len(plain)-1] + "g", strings.Replace(plain, "oriel", "Oriel", 1)} {
		if IsAPIKey(s) {
			t.Errorf("%q is taken for a key", s)
		}
	}
}

func TestLoadOrCreateKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	made, err := LoadOrCreateKeys(path, rand.Reader, start)
	if err != nil || len(made) != 1 || !made[0].Created.Equal(start) {
		t.Fatalf("%v, %v", made, err)
	}
	again, err := LoadOrCreateKeys(path, nil, start)
	if err != nil || len(again) != 1 || !bytes.Equal(again[0].Secret, made[0].Secret) {
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

func TestReadKeysRefuses(t *testing.T) {
	for _, text := range []string{
		"", "[]", `{"keys":[]}`, `{"keys":[{"id":"a","secret":"AAAA"}]}`, `{"keys":[],"more":1}`,
		`{"keys":[{"id":"a","secret":"%%%"}]}`,
	} {
		if _, err := ReadKeys(strings.NewReader(text)); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
	var b bytes.Buffer
	if err := WriteKeys(&b, []Key{key(t, 1), key(t, 2)}); err != nil {
		t.Fatal(err)
	}
	keys, err := ReadKeys(&b)
	if err != nil || len(keys) != 2 || !bytes.Equal(keys[1].Secret, key(t, 2).Secret) {
		t.Errorf("%v, %v", keys, err)
	}
}
