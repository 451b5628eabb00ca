package canary

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// A place is where text comes out of the server.
type place int

const (
	public   place = iota // an answer to the public
	operator              // an answer to an operator
	logged                // log and errors
)

func (p place) String() string { return [...]string{"public answer", "operators' answer", "log"}[p] }

// secrets are what to search for.
type secrets struct {
	mu     sync.Mutex
	pieces map[string]string // what must not come out anywhere → what it is
	ids    []string          // of properties, which the public must not learn
	found  map[string]string // what was found, and where first
}

func newSecrets(ids ...string) *secrets {
	return &secrets{pieces: map[string]string{}, ids: ids, found: map[string]string{}}
}

// pieceLength is how long a piece of a secret is: any 40 characters of a
// private key hold one of its pieces whole.
const pieceLength = 20

// addPieces adds a long text, in pieces.
func (s *secrets) addPieces(what, text string) {
	for ; len(text) >= pieceLength; text = text[pieceLength:] {
		s.add(what, text[:pieceLength])
	}
}

func (s *secrets) add(what, piece string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pieces[piece] = what
}

// addKeyFile adds what is secret in a service account's key file: the text of the
// private key, its numbers as Go would print them, and its id.
func (s *secrets) addKeyFile(t *testing.T, file []byte) {
	t.Helper()
	var key struct {
		ID      string `json:"private_key_id"`
		Private string `json:"private_key"`
	}
	fatal(t, json.Unmarshal(file, &key))
	block, _ := pem.Decode([]byte(key.Private))
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	fatal(t, err)
	private := parsed.(*rsa.PrivateKey)
	s.add("the private key's id", key.ID)
	s.addPieces("the private key", base64.StdEncoding.EncodeToString(block.Bytes))
	s.addPieces("the private key in hexadecimal", hex.EncodeToString(block.Bytes))
	for _, n := range append(private.Primes, private.D) {
		s.addPieces("a number of the private key", n.String())
	}
}

// addSigningKeys adds the secrets of the file that a server made for itself.
func (s *secrets) addSigningKeys(t *testing.T, dir string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "oriel-keys.json"))
	fatal(t, err)
	var file struct {
		Keys []struct {
			Secret []byte `json:"secret"`
		} `json:"keys"`
	}
	fatal(t, json.Unmarshal(b, &file))
	if len(file.Keys) == 0 {
		t.Fatal("the file of signing keys has none")
	}
	for _, k := range file.Keys {
		s.addPieces("a signing key", base64.StdEncoding.EncodeToString(k.Secret))
		s.addPieces("a signing key in base64url", base64.RawURLEncoding.EncodeToString(k.Secret))
		s.addPieces("a signing key in hexadecimal", hex.EncodeToString(k.Secret))
		s.addPieces("a signing key, raw", string(k.Secret))
		s.addPieces("a signing key, as Go prints bytes", strings.Trim(fmt.Sprint(k.Secret), "[]"))
	}
}

var (
	// accessToken is what Google's access tokens look like.
	accessToken = regexp.MustCompile(`ya29\.[\w.-]{10,}`)
	// jwt is what embed tokens and assertions look like.
	jwt = regexp.MustCompile(`eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{20,}`)
	// apiKey is what Oriel's API keys look like.
	apiKey = regexp.MustCompile(`oriel_[\w-]{40,}`)
	// breaks are the ends of lines in a PEM block, however often they were quoted.
	breaks = strings.NewReplacer("\n", "", `\n`, "", `\\n`, "")
)

// search notes which secrets are in a text. sent is what the asker has said: that
// may be repeated to him.
func (s *secrets) search(where place, context, text, sent string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	joined := breaks.Replace(text)
	for piece, what := range s.pieces {
		if (strings.Contains(text, piece) || strings.Contains(joined, piece)) && !strings.Contains(sent, piece) {
			s.note(what, where, context, text)
		}
	}
	if m := accessToken.FindString(text); m != "" && !strings.Contains(sent, m) {
		s.note("an access token", where, context, text)
	}
	if m := apiKey.FindString(text); m != "" && !strings.Contains(sent, m) {
		s.note("an API key", where, context, text)
	}
	if where == logged && jwt.MatchString(text) {
		s.note("an embed token or an assertion", where, context, text)
	}
	if where == public {
		for _, id := range s.ids {
			if strings.Contains(text, id) && !strings.Contains(sent, id) {
				s.note("a property id", where, context, text)
			}
		}
	}
}

func (s *secrets) note(what string, where place, context, text string) {
	key := what + " in a " + where.String()
	if s.found[key] == "" {
		s.found[key] = fmt.Sprintf("%s\n%.600s", context, text)
	}
}

func (s *secrets) report(t *testing.T) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for what, where := range s.found {
		t.Errorf("%s: %s", what, where)
	}
}

// The search must find what it is there for.
func TestTheCanarySings(t *testing.T) {
	google := newGoogle(t, nil)
	file, err := google.IssueKey(robot)
	fatal(t, err)
	var key struct {
		ID      string `json:"private_key_id"`
		Private string `json:"private_key"`
	}
	fatal(t, json.Unmarshal(file, &key))
	body := strings.Split(strings.TrimSpace(key.Private), "\n")
	quoted, err := json.Marshal(key.Private)
	fatal(t, err)
	token := "ya29.c." + strings.Repeat("aB3-", 20)
	embed := "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJodHRwIn0." + strings.Repeat("x", 43)
	for name, tt := range map[string]struct {
		where place
		text  string
		quiet bool
	}{
		"nothing":                       {logged, "level=INFO msg=request", true},
		"the key file":                  {logged, string(file), false},
		"40 characters of a line":       {operator, "x" + body[3][13:53] + "y", false},
		"40 characters over two lines":  {public, body[3][44:] + "\n" + body[4][:20], false},
		"the key as quoted":             {logged, fmt.Sprintf("%q", quoted), false},
		"the key's id":                  {operator, key.ID, false},
		"an access token":               {operator, `{"access_token":"` + token + `"}`, false},
		"an embed token in the log":     {logged, "token=" + embed, false},
		"an embed token in an answer":   {public, embed, true},
		"a property id in an answer":    {public, `"properties/412600303"`, false},
		"a property id for an operator": {operator, `"properties/412600303"`, true},
		"an API key":                    {logged, "oriel_" + strings.Repeat("k", 51), false},
	} {
		s := newSecrets("412600303")
		s.addKeyFile(t, file)
		s.search(tt.where, name, tt.text, "")
		if quiet := len(s.found) == 0; quiet != tt.quiet {
			t.Errorf("%s: found %v", name, s.found)
		}
	}
	if bytes.Contains(file, []byte("412600303")) {
		t.Error("a key file tells a property")
	}
}
