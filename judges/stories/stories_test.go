// Package stories runs testdata/stories: scripts of requests and answers through
// the front door of the built program. Adding a story is adding a file.
package stories

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/oriel-server/oriel/judges/house"
)

func TestStories(t *testing.T) {
	program, err := house.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("..", "..", "testdata", "stories"),
		RequireExplicitExec: true,
		Setup:               func(env *testscript.Env) error { return setup(env, program) },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"http":        request,
			"until":       until,
			"header":      header,
			"json":        member,
			"keep":        keep,
			"fill":        fill,
			"certificate": certificate,
		},
	})
}

// setup gives a story the program and a house of its own:
// $ORIEL, $SITE, $OPERATOR, $EMULATOR, $CONTROL, $CONFIG and $KEY; and for a server
// that it starts itself, $LISTEN, an address that nobody uses, and $TOKENHOST.
func setup(env *testscript.Env, program string) error {
	h, err := house.Open(program)
	if err != nil {
		return err
	}
	env.Defer(func() {
		if err := h.Close(); err != nil {
			panic(err)
		}
	})
	listen, err := freeAddress()
	if err != nil {
		return err
	}
	operators, err := freeAddress()
	if err != nil {
		return err
	}
	for name, value := range map[string]string{
		"LISTEN": listen, "OPERATORS": operators, "TOKENHOST": strings.TrimPrefix(h.Emulator, "http://"),
		"ORIEL": h.Oriel, "SITE": h.Site, "OPERATOR": h.Operator, "EMULATOR": h.Emulator,
		"CONTROL": h.Control, "CONFIG": h.Config, "KEY": h.Key,
	} {
		env.Setenv(name, value)
	}
	env.Setenv("PATH", filepath.Dir(program)+string(os.PathListSeparator)+env.Getenv("PATH"))
	env.Values[answerKey{}] = &answer{}
	return nil
}

type answerKey struct{}

// An answer is the last one in a story.
type answer struct {
	status string // such as 200
	header http.Header
	body   []byte
	trust  *x509.CertPool // whose certificates this and later ones are believed with
}

func last(ts *testscript.TestScript) *answer { return ts.Value(answerKey{}).(*answer) }

// request asks: http STATUS METHOD URL [Name: value]... [@file or body]. The
// body of the answer is the story's stdout.
func request(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: http STATUS METHOD URL ['Name: value'...] [@file]")
	}
	ts.Check(ask(ts, args[1:]))
	if a := last(ts); a.status != args[0] {
		ts.Fatalf("answered %s, want %s:\n%s", a.status, args[0], a.body)
	}
}

// until asks again and again, at most so many times, until the answer has a status:
// until TIMES STATUS METHOD URL... as in http.
func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 4 {
		ts.Fatalf("usage: until TIMES STATUS METHOD URL ['Name: value'...] [@file]")
	}
	times, err := strconv.Atoi(args[0])
	ts.Check(err)
	for range times {
		if err = ask(ts, args[2:]); err == nil && last(ts).status == args[1] {
			return
		}
		if err != nil {
			time.Sleep(50 * time.Millisecond) // it is only starting
		}
	}
	ts.Fatalf("never %s: %v\n%s", args[1], err, last(ts).body)
}

// ask asks METHOD URL ['Name: value'...] [@file].
func ask(ts *testscript.TestScript, args []string) error {
	req, err := http.NewRequest(args[0], args[1], bodyOf(ts, args[2:]))
	ts.Check(err)
	for _, a := range args[2:] {
		if name, value, ok := strings.Cut(a, ": "); ok {
			req.Header.Set(name, value)
		}
	}
	trust := last(ts).trust
	client := &http.Client{
		Timeout:       30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trust}, DisableKeepAlives: true, ForceAttemptHTTP2: true},
	}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	*last(ts) = answer{fmt.Sprint(res.StatusCode), res.Header, body, trust}
	fmt.Fprintf(ts.Stdout(), "%s\n", body)
	return err
}

func bodyOf(ts *testscript.TestScript, args []string) io.Reader {
	i := slices.IndexFunc(args, func(a string) bool { return strings.HasPrefix(a, "@") })
	if i < 0 {
		return http.NoBody
	}
	return strings.NewReader(ts.ReadFile(args[i][1:]))
}

// header checks one of the last answer's: header NAME VALUE; ! header NAME.
func header(ts *testscript.TestScript, neg bool, args []string) {
	values := last(ts).header.Values(args[0])
	switch {
	case neg && len(values) > 0:
		ts.Fatalf("%s: %q is there", args[0], values)
	case !neg && !slices.ContainsFunc(values, func(v string) bool { return strings.Contains(v, args[1]) }):
		ts.Fatalf("%s: %q, want %q in it", args[0], values, args[1])
	}
}

// member checks a member of the last answer's JSON: json a.0.b VALUE; ! json a.0.b.
func member(ts *testscript.TestScript, neg bool, args []string) {
	got, there := find(ts, args[0])
	switch {
	case neg && there:
		ts.Fatalf("%s is there: %s", args[0], got)
	case !neg && (!there || got != args[1]):
		ts.Fatalf("%s is %s, want %s", args[0], got, args[1])
	}
}

// keep puts a member of the last answer's JSON into a variable: keep NAME a.b.
func keep(ts *testscript.TestScript, _ bool, args []string) {
	value, there := find(ts, args[1])
	if !there {
		ts.Fatalf("%s is not there", args[1])
	}
	ts.Setenv(args[0], value)
}

// find returns the member at a dotted path; numbers index lists, "length" is a
// list's length.
func find(ts *testscript.TestScript, path string) (value string, there bool) {
	dec := json.NewDecoder(bytes.NewReader(last(ts).body))
	dec.UseNumber()
	var at any
	ts.Check(dec.Decode(&at))
	for _, name := range strings.Split(path, ".") {
		if at, there = step(at, name); !there {
			return "", false
		}
	}
	return fmt.Sprint(at), true
}

func step(at any, name string) (any, bool) {
	switch at := at.(type) {
	case map[string]any:
		v, ok := at[name]
		return v, ok
	case []any:
		if name == "length" {
			return len(at), true
		}
		var i int
		if _, err := fmt.Sscan(name, &i); err != nil || i < 0 || i >= len(at) {
			return nil, false
		}
		return at[i], true
	}
	return nil, false
}
