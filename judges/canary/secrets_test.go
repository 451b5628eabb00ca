package canary

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

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
		where Place
		text  string
		quiet bool
	}{
		"nothing":                       {Logged, "level=INFO msg=request", true},
		"the key file":                  {Logged, string(file), false},
		"40 characters of a line":       {Operator, "x" + body[3][13:53] + "y", false},
		"40 characters over two lines":  {Public, body[3][44:] + "\n" + body[4][:20], false},
		"the key as quoted":             {Logged, fmt.Sprintf("%q", quoted), false},
		"the key's id":                  {Operator, key.ID, false},
		"an access token":               {Operator, `{"access_token":"` + token + `"}`, false},
		"an embed token in the log":     {Logged, "token=" + embed, false},
		"an embed token in an answer":   {Public, embed, true},
		"a property id in an answer":    {Public, `"properties/412600303"`, false},
		"a property id for an operator": {Operator, `"properties/412600303"`, true},
		"an API key":                    {Logged, "oriel_" + strings.Repeat("k", 51), false},
	} {
		s := NewSecrets("412600303")
		fatal(t, s.AddKeyFile(file))
		s.Search(tt.where, name, tt.text, "")
		if quiet := len(s.Found()) == 0; quiet != tt.quiet {
			t.Errorf("%s: found %v", name, s.Found())
		}
	}
	if bytes.Contains(file, []byte("412600303")) {
		t.Error("a key file tells a property")
	}
}
