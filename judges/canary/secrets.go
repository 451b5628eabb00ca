package canary

import (
	"cmp"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
)

// A Place is where text comes out of the server.
type Place int

// The places, from the one that may show least.
const (
	Public   Place = iota // an answer to the public
	Operator              // an answer to an operator
	Logged                // log and errors
	Kept                  // a file that the server writes
)

// String returns the place's name, for reports.
func (p Place) String() string {
	return [...]string{"public answer", "operators' answer", "log", "file"}[p]
}

// Secrets are what must not come out. They are safe for concurrent use.
type Secrets struct {
	mu     sync.Mutex
	pieces map[string]string // what must not come out anywhere → what it is
	ids    []string          // of properties, which the public must not learn
	found  map[string]string // what was found, and where first
}

// NewSecrets returns nothing to search for yet, but the property ids, which the
// public must not learn, and the forms of tokens and keys.
func NewSecrets(ids ...string) *Secrets {
	return &Secrets{pieces: map[string]string{}, ids: ids, found: map[string]string{}}
}

// pieceLength is how long a piece of a secret is: any 40 characters of a
// private key hold one of its pieces whole.
const pieceLength = 20

// AddPieces adds a long text, in pieces.
func (s *Secrets) AddPieces(what, text string) {
	for ; len(text) >= pieceLength; text = text[pieceLength:] {
		s.Add(what, text[:pieceLength])
	}
}

// Add adds a text that must not come out whole, and what it is.
func (s *Secrets) Add(what, piece string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pieces[piece] = what
}

// AddKeyFile adds what is secret in a service account's key file: the text of the
// private key, its numbers as Go would print them, and its id.
func (s *Secrets) AddKeyFile(file []byte) error {
	var key struct {
		ID      string `json:"private_key_id"`
		Private string `json:"private_key"`
	}
	if err := json.Unmarshal(file, &key); err != nil {
		return err
	}
	block, _ := pem.Decode([]byte(key.Private))
	if block == nil {
		return errors.New("canary: the key file holds no PEM block")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return err
	}
	private := parsed.(*rsa.PrivateKey)
	s.Add("the private key's id", key.ID)
	s.AddPieces("the private key", base64.StdEncoding.EncodeToString(block.Bytes))
	s.AddPieces("the private key in hexadecimal", hex.EncodeToString(block.Bytes))
	for _, n := range append(private.Primes, private.D) {
		s.AddPieces("a number of the private key", n.String())
	}
	return nil
}

// AddSigningKeys adds the secrets of the file of signing keys that a server made
// for itself in dir.
func (s *Secrets) AddSigningKeys(dir string) error {
	b, err := os.ReadFile(filepath.Join(dir, "oriel-keys.json"))
	if err != nil {
		return err
	}
	var file struct {
		Keys []struct {
			Secret []byte `json:"secret"`
		} `json:"keys"`
	}
	if err := json.Unmarshal(b, &file); err != nil {
		return err
	}
	if len(file.Keys) == 0 {
		return errors.New("canary: the file of signing keys has none")
	}
	for _, k := range file.Keys {
		s.AddPieces("a signing key", base64.StdEncoding.EncodeToString(k.Secret))
		s.AddPieces("a signing key in base64url", base64.RawURLEncoding.EncodeToString(k.Secret))
		s.AddPieces("a signing key in hexadecimal", hex.EncodeToString(k.Secret))
		s.AddPieces("a signing key, raw", string(k.Secret))
		s.AddPieces("a signing key, as Go prints bytes", strings.Trim(fmt.Sprint(k.Secret), "[]"))
	}
	return nil
}

// APIKey is what Oriel's API keys look like.
var APIKey = regexp.MustCompile(`oriel_[\w-]{40,}`)

// forms are what tokens and keys look like, and the first place where they must
// not be.
var forms = []struct {
	what    string
	pattern *regexp.Regexp
	from    Place
}{
	{"an access token", regexp.MustCompile(`ya29\.[\w.-]{10,}`), Public},
	{"an API key", APIKey, Public},
	{"an embed token or an assertion", regexp.MustCompile(`eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}`), Logged},
}

// breaks are the ends of lines in a PEM block, however often they were quoted.
var breaks = strings.NewReplacer("\n", "", `\n`, "", `\\n`, "")

// Search notes which secrets are in a text, and returns what they are. sent is
// what the requester has said: that may be repeated to him.
func (s *Secrets) Search(where Place, context, text, sent string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []string
	for what := range s.in(where, text, sent) {
		found = append(found, what)
		key := what + " in a " + where.String()
		s.found[key] = cmp.Or(s.found[key], fmt.Sprintf("%s\n%.600s", context, text))
	}
	return found
}

// in yields what is in a text, once for each place where it is.
func (s *Secrets) in(where Place, text, sent string) iter.Seq[string] {
	return func(yield func(string) bool) {
		joined := breaks.Replace(text)
		for piece, what := range s.pieces {
			if (strings.Contains(text, piece) || strings.Contains(joined, piece)) && !strings.Contains(sent, piece) && !yield(what) {
				return
			}
		}
		for _, form := range forms {
			if m := form.pattern.FindString(text); m != "" && !strings.Contains(sent, m) && where >= form.from && !yield(form.what) {
				return
			}
		}
		for _, id := range s.ids {
			if where == Public && strings.Contains(text, id) && !strings.Contains(sent, id) && !yield("a property id") {
				return
			}
		}
	}
}

// Found returns what was found, and where first.
func (s *Secrets) Found() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.found)
}

// Count returns how many pieces there are to search for, and how many of them
// are of a kind.
func (s *Secrets) Count(kind string) (of, all int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, what := range s.pieces {
		if what == kind {
			of++
		}
	}
	return of, len(s.pieces)
}
