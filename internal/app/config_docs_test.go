package app

import (
	"cmp"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/oriel-server/oriel/emulator"
	"github.com/oriel-server/oriel/emulator/world"
	"github.com/oriel-server/oriel/internal/dashboard"
)

const (
	reference = "../../docs/configuration.md"
	example   = "../../oriel.example.yaml"
)

// keysOf returns the path of every key that the configuration can have, with its
// default where one is fixed: a.NAME.b for maps, a[].b for lists.
func keysOf(prefix string, v reflect.Value, keys map[string]string) {
	t := v.Type()
	switch {
	case t.Kind() == reflect.Struct && t != reflect.TypeFor[dashboard.Filter]() && t != reflect.TypeFor[dashboard.MetricFilter]():
		for f, value := range v.Fields() {
			if name := f.Tag.Get("yaml"); name != "" && name != "-" {
				keysOf(prefix+"."+name, value, keys)
			}
		}
	case t.Kind() == reflect.Map && t.Elem().Kind() == reflect.Struct:
		keysOf(prefix+".NAME", reflect.Zero(t.Elem()), keys)
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct:
		keys[strings.TrimPrefix(prefix, ".")] = ""
		keysOf(prefix+"[]", reflect.Zero(t.Elem()), keys)
	default:
		keys[strings.TrimPrefix(prefix, ".")] = fixedDefault(v)
	}
}

func fixedDefault(v reflect.Value) string {
	if v.IsZero() {
		return ""
	}
	if d, ok := v.Interface().(time.Duration); ok {
		text := strings.TrimSuffix(d.String(), "m0s") // 10m0s, 1h0m0s
		if strings.HasSuffix(text, "h0") {
			return strings.TrimSuffix(text, "0")
		}
		if text != d.String() {
			return text + "m"
		}
		return text
	}
	return fmt.Sprint(v.Interface())
}

func allKeys(t *testing.T) map[string]string {
	t.Helper()
	keys := map[string]string{}
	keysOf("", reflect.ValueOf(defaults()), keys)
	if len(keys) < 50 {
		t.Fatalf("found only %d keys; the tests would hold for nothing", len(keys))
	}
	return keys
}

// documented reads the tables of the reference: key to default.
func documented(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| `([a-zA-Z0-9_.\\[\\]]+)` \\|[^|]+\\| ([^|]+) \\| [^|]+ \\|$").FindAllStringSubmatch(string(text), -1)
	found := map[string]string{}
	for _, row := range rows {
		if _, twice := found[row[1]]; twice {
			t.Errorf("%s has two rows about %s", reference, row[1])
		}
		found[row[1]] = row[2]
	}
	return found
}

// types of panels have a table of their own, with one name a row.
var panelTypes = map[string]bool{"column": true, "bar": true, "table": true, "geo": true, "scorecard": true}

func TestReferenceHasEveryKeyAndNoOther(t *testing.T) {
	keys, rows := allKeys(t), documented(t)
	for key, value := range keys {
		said, ok := rows[key]
		if !ok {
			t.Errorf("%s says nothing about %s", reference, key)
		} else if value != "" && said != "`"+value+"`" {
			t.Errorf("%s says the default of %s is %s; it is `%s`", reference, key, said, value)
		}
	}
	for row := range rows {
		if _, ok := keys[row]; !ok && !panelTypes[row] {
			t.Errorf("%s explains %s, which does not exist", reference, row)
		}
	}
}

func TestReferenceNamesEveryPanelType(t *testing.T) {
	text, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	_, types, _ := strings.Cut(string(text), "| type | metrics |")
	for _, name := range dashboard.Types() {
		if !strings.Contains(types, "`"+string(name)+"`") {
			t.Errorf("the table of types lacks %s", name)
		}
	}
}

// walk calls visit for each key of a document, with its path as keysOf writes it.
func walk(prefix string, n *yaml.Node, t reflect.Type, visit func(path string, key, value *yaml.Node)) {
	switch {
	case n.Kind == yaml.SequenceNode && t.Kind() == reflect.Slice:
		for _, item := range n.Content {
			walk(prefix+"[]", item, t.Elem(), visit)
		}
	case n.Kind == yaml.MappingNode && t.Kind() == reflect.Map:
		for i := 0; i+1 < len(n.Content); i += 2 {
			walk(prefix+".NAME", n.Content[i+1], t.Elem(), visit)
		}
	case n.Kind == yaml.MappingNode && t.Kind() == reflect.Struct && t != reflect.TypeFor[dashboard.Filter]() && t != reflect.TypeFor[dashboard.MetricFilter]():
		for i := 0; i+1 < len(n.Content); i += 2 {
			path := strings.TrimPrefix(prefix+"."+n.Content[i].Value, ".")
			visit(path, n.Content[i], n.Content[i+1])
			for f := range t.Fields() {
				if f.Tag.Get("yaml") == n.Content[i].Value {
					walk("."+path, n.Content[i+1], f.Type, visit)
				}
			}
		}
	}
}

func TestExampleExplainsEveryKey(t *testing.T) {
	text, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	var s source
	if err := yaml.Load(text, &s.root); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	first := map[string]int{} // key to line
	walk("", document(&s.root), reflect.TypeFor[Config](), func(path string, key, _ *yaml.Node) {
		if _, seen := first[path]; !seen {
			first[path] = key.Line
		}
	})
	for path := range allKeys(t) {
		line, shown := first[path]
		if !shown {
			t.Errorf("%s lacks %s", example, path)
			continue
		}
		// The first key of a list's entry stands behind the entry's dash.
		above := strings.TrimSpace(lines[line-2])
		if !strings.HasPrefix(above, "#") {
			t.Errorf("%s:%d: no comment explains %s", example, line, path)
		}
	}
}

func TestExampleShowsDefaults(t *testing.T) {
	c, err := ReadConfig(example)
	if err != nil {
		t.Fatal(err)
	}
	d := defaults()
	c.Tokens.KeysFile, c.Google.TokenHosts = filepath.Base(c.Tokens.KeysFile), nil
	c.Cache.File, c.Ledger.File = filepath.Base(c.Cache.File), filepath.Base(c.Ledger.File)
	c.Operator.Hosts, c.Operator.TokenFile, c.Ledger.WitnessFile = nil, "", ""
	for _, pair := range []struct{ name, got, want any }{
		{"listen", c.Listen, d.Listen}, {"operator", c.Operator, d.Operator}, {"log", c.Log, d.Log},
		{"google", c.Google, d.Google}, {"tokens", c.Tokens, d.Tokens}, {"ledger", c.Ledger, d.Ledger}, {"cache", c.Cache, d.Cache}, {"limits", c.Limits, d.Limits},
	} {
		if !reflect.DeepEqual(pair.got, pair.want) {
			t.Errorf("%s: the example has %+v, the default is %+v", pair.name, pair.got, pair.want)
		}
	}
}

// TestExampleStarts wires a server from the example, with a key in Google's form.
func TestExampleStarts(t *testing.T) {
	text, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	path := write(t, string(text))
	writeKey(t, filepath.Join(filepath.Dir(path), "service-account.json"), "https://oauth2.googleapis.com")
	writePublicKey(t, filepath.Join(filepath.Dir(path), "customer-portal.pem"))
	newPair(t, "example", time.Now().Add(time.Hour)).write(t, filepath.Join(filepath.Dir(path), "fullchain.pem"), filepath.Join(filepath.Dir(path), "privkey.pem"))
	c, err := ReadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	a, err := New(c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}

// writePublicKey writes one as openssl does.
func writePublicKey(t *testing.T, path string) {
	t.Helper()
	public, _, err := ed25519.GenerateKey(nil)
	check(t, err)
	der, err := x509.MarshalPKIXPublicKey(public)
	check(t, err)
	check(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), 0o644))
}

// TestSmallestFileOfTheReference reads the file that the reference begins with.
func TestSmallestFileOfTheReference(t *testing.T) {
	text, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(blocks) != 3 {
		t.Fatalf("%d blocks of YAML, want the smallest file and two filters", len(blocks))
	}
	if _, err := parseConfig("oriel.yaml", []byte(blocks[0][1])); err != nil {
		t.Errorf("the smallest file: %v", err)
	}
	for _, filter := range blocks[1:] {
		view := "views:\n  shop:\n    property: '1'\n    " + strings.ReplaceAll(filter[1], "\n", "\n    ")
		c, err := parseConfig("oriel.yaml", []byte(view))
		if err != nil {
			t.Fatalf("the filter: %v", err)
		}
		if c.Views["shop"].Filter.Filter == nil {
			t.Error("the filter was not read")
		}
	}
}

// TestConfigurationsInProse reads what the other documents tell people to write.
func TestConfigurationsInProse(t *testing.T) {
	block := regexp.MustCompile("(?s)( *)```yaml\n(.*?)```")
	for file, rest := range map[string]string{"../../README.md": "", "../../docs/deployment.md": oneView} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		blocks := block.FindAllStringSubmatch(string(text), -1)
		if len(blocks) == 0 {
			t.Errorf("%s has no YAML", file)
		}
		for _, b := range blocks {
			plain := strings.ReplaceAll("\n"+b[2], "\n"+b[1], "\n")
			if _, err := parseConfig(file, []byte(plain+rest)); err != nil {
				t.Errorf("%v\n%s", err, plain)
			}
		}
	}
}

// write puts a configuration into a folder of its own.
func write(t *testing.T, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "oriel.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// robot is whose keys tests use.
const robot = "robot@project.iam.gserviceaccount.com"

// writeKey writes a service account's key for a Google at base, and returns that
// Google.
func writeKey(t *testing.T, path, base string) *emulator.Emulator {
	t.Helper()
	w, err := world.New(world.Config{Seed: 1, Now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), Events: 2000})
	if err != nil {
		t.Fatal(err)
	}
	google, err := emulator.New(emulator.Config{World: w, BaseURL: base})
	if err != nil {
		t.Fatal(err)
	}
	key, err := google.IssueKey(robot)
	if err := cmp.Or(err, os.WriteFile(path, key, 0o600)); err != nil {
		t.Fatal(err)
	}
	return google
}
