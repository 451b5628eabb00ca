package clients

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/judges/house"
)

// node runs a script of judges/npm with input as JSON on stdin, and reads its JSON.
func node(t *testing.T, script string, input, output any) {
	t.Helper()
	dir := filepath.Join("..", "npm")
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "google-auth-library")); err != nil {
		t.Fatal("Google's npm clients are not installed: run make judge")
	}
	stdin, err := json.Marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "node", script)
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = dir, bytes.NewReader(stdin), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("node %s: %v\n%s", script, err, stderr.Bytes())
	}
	if err := json.Unmarshal(stdout.Bytes(), output); err != nil {
		t.Fatalf("node %s: %v\n%.2000s", script, err, stdout.Bytes())
	}
}

func TestNpmAuth(t *testing.T) {
	google := house.NewGoogle(t, smallWorld(t), nil)
	files := issueAll(t, google)
	credentials := map[string]json.RawMessage{}
	for kind, file := range files {
		credentials[string(kind)] = file
	}
	var tokens map[string]string
	node(t, "auth.mjs", map[string]any{"emulator": google.URL, "credentials": credentials}, &tokens)
	if len(tokens) != len(files) {
		t.Errorf("%d tokens for %d credentials", len(tokens), len(files))
	}
	for kind, token := range tokens {
		if code := summariesWith(t, google, token); code != http.StatusOK {
			t.Errorf("the token of %s: %d", kind, code)
		}
	}
}

// npmError is how the npm client tells an error over REST.
type npmError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

type npmAnswer struct {
	Report   json.RawMessage      `json:"report"`
	Batch    json.RawMessage      `json:"batch"`
	Realtime json.RawMessage      `json:"realtime"`
	Errors   map[string]*npmError `json:"errors"`
	Metadata struct {
		Name       string `json:"name"`
		Dimensions int    `json:"dimensions"`
		Metrics    int    `json:"metrics"`
	} `json:"metadata"`
}

// npmAsk asks everything of one server, as property.
func npmAsk(t *testing.T, server, property string, credentials map[string]any) npmAnswer {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	host, port, err := net.SplitHostPort(u.Host)
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	input := map[string]any{
		"host": host, "port": number, "property": property,
		"report":   questions["and, or, not"],
		"batch":    map[string]any{"requests": []any{questions["aggregations"], questions["two date ranges"]}},
		"realtime": map[string]any{"dimensions": dimensions("country"), "metrics": metrics("activeUsers")},
	}
	for k, v := range credentials {
		input[k] = v
	}
	var answer npmAnswer
	node(t, "data.mjs", input, &answer)
	return answer
}

func TestNpmData(t *testing.T) {
	want := npmAsk(t, demo.Emulator, "properties/"+views["shop"], map[string]any{"keyFile": demo.Key})
	got := npmAsk(t, demo.Oriel, "properties/shop", map[string]any{"token": embedToken(t, "shop")})
	for part, pair := range map[string][2]json.RawMessage{
		"report": {want.Report, got.Report}, "batch": {want.Batch, got.Batch}, "realtime": {want.Realtime, got.Realtime},
	} {
		if !bytes.Contains(pair[0], []byte(`"rows":[{`)) {
			t.Errorf("%s: the emulator found nothing, so this judges nothing: %.300s", part, pair[0])
		}
		if w, g := withoutQuota(t, pair[0]), withoutQuota(t, pair[1]); w != g {
			t.Errorf("%s differs:\nGoogle %.600s\nOriel  %.600s", part, w, g)
		}
	}
	if got.Metadata.Name != "properties/shop/metadata" || got.Metadata.Dimensions < 100 || got.Metadata.Metrics < 50 {
		t.Errorf("metadata: %+v; Google %+v", got.Metadata, want.Metadata)
	}
	for side, errors := range map[string]map[string]*npmError{"Google": want.Errors, "Oriel": got.Errors} {
		for name, code := range map[string]int{"field": http.StatusBadRequest, "property": http.StatusForbidden} {
			if e := errors[name]; e == nil || e.Code != code {
				t.Errorf("%s, wrong %s: %+v, want code %d", side, name, e, code)
			}
		}
	}
	all, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range views {
		if strings.Contains(string(all), id) {
			t.Errorf("the answers of Oriel tell the property id %s", id)
		}
	}
}

// withoutQuota drops propertyQuota at any depth: only Google's answers have it.
func withoutQuota(t *testing.T, raw json.RawMessage) string {
	t.Helper()
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	var strip func(any)
	strip = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			delete(v, "propertyQuota")
			for _, member := range v {
				strip(member)
			}
		case []any:
			for _, member := range v {
				strip(member)
			}
		}
	}
	strip(v)
	return encoded(t, v)
}
