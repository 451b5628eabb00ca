// Package stories runs testdata/stories: scripts of requests and answers through
// the front door of the built program. Adding a story is adding a file.
package stories

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
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
			"http":   request,
			"header": header,
			"json":   member,
			"keep":   keep,
		},
	})
}

// setup gives a story the program and a house of its own:
// $ORIEL, $SITE, $OPERATOR, $EMULATOR, $CONTROL, $CONFIG and $KEY.
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
	for name, value := range map[string]string{
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
	header http.Header
	body   []byte
}

func last(ts *testscript.TestScript) *answer { return ts.Value(answerKey{}).(*answer) }

// request asks: http STATUS METHOD URL [Name: value]... [@file or body]. The
// body of the answer is the story's stdout.
func request(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: http STATUS METHOD URL ['Name: value'...] [@file]")
	}
	req, err := http.NewRequest(args[1], args[2], bodyOf(ts, args[3:]))
	ts.Check(err)
	for _, a := range args[3:] {
		if name, value, ok := strings.Cut(a, ": "); ok {
			req.Header.Set(name, value)
		}
	}
	client := &http.Client{Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	ts.Check(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	ts.Check(err)
	*last(ts) = answer{res.Header, body}
	fmt.Fprintf(ts.Stdout(), "%s\n", body)
	if got := fmt.Sprint(res.StatusCode); got != args[0] {
		ts.Fatalf("answered %s, want %s:\n%s", got, args[0], body)
	}
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
