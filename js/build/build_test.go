package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestDifferences(t *testing.T) {
	want := bundle{"a.js": []byte("1"), "b.js": []byte("2"), "c.js": []byte("3")}
	have := bundle{"a.js": []byte("1"), "b.js": []byte("x"), "d.js": []byte("4")}
	got := differences(want, have)
	if !slices.Equal(got, []string{"b.js: differs", "c.js: missing", "d.js: not made by the build"}) {
		t.Errorf("differences = %q", got)
	}
	if got := differences(want, want); len(got) != 0 {
		t.Errorf("differences of the same = %q", got)
	}
}

func TestPackageOf(t *testing.T) {
	for input, want := range map[string]string{
		"src/oriel.ts":                              "",
		"node_modules/d3-array/src/max.js":          "d3-array",
		"node_modules/@scope/name/index.js":         "@scope/name",
		"../../node_modules/internmap/src/index.js": "internmap",
	} {
		if got := packageOf(input); got != want {
			t.Errorf("packageOf(%q) = %q, want %q", input, got, want)
		}
	}
}

func TestLicenseIsDemanded(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "node_modules", "lib")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	save(t, filepath.Join(dir, "package.json"), `{"version":"1.2.3","license":"ISC"}`)
	meta := &metafile{Inputs: map[string]struct{}{"node_modules/lib/index.js": {}, "src/oriel.ts": {}}}
	if _, err := licenseTexts(root, meta); err == nil {
		t.Error("no error for a package without a licence")
	}
	save(t, filepath.Join(dir, "LICENSE"), "Do as you like.\n")
	text, err := licenseTexts(root, meta)
	if err != nil || !strings.Contains(string(text), "lib 1.2.3 (ISC)\n\nDo as you like.\n") {
		t.Errorf("licenseTexts = %q, %v", text, err)
	}
}

func TestSizeLimit(t *testing.T) {
	if err := checkSize(bundle{"oriel.js": []byte("small")}); err != nil {
		t.Error(err)
	}
	noise := make([]byte, 40<<10)
	seed := uint32(1)
	for i := range noise {
		seed = seed*1664525 + 1013904223
		noise[i] = byte(seed >> 24)
	}
	if err := checkSize(bundle{"oriel.js": noise}); err == nil {
		t.Error("no error for a core of 40 kB")
	}
}

func TestMinifiedStyles(t *testing.T) {
	got, err := minifiedStyles("/* a\n note */ a {  color: red;\n}\n")
	if want := "a{color:red}\n"; err != nil || got != want {
		t.Errorf("minifiedStyles = %q, %v, want %q", got, err, want)
	}
}

func TestStylesAreTextWhereScriptsImportThem(t *testing.T) {
	root := t.TempDir()
	save(t, filepath.Join(root, "a.css"), "/* a note */\na {\n  color: red;\n}\n")
	save(t, filepath.Join(root, "a.ts"), "import css from './a.css' with { type: 'text' };\nconsole.log(css);\n")
	o := options(root)
	o.EntryPoints = []string{"a.ts", "a.css"}
	out, _, err := run(root, o)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(out["a.js"]); !strings.Contains(got, "a{color:red}") || strings.Contains(got, "note") {
		t.Errorf("the script is %q, want the style sheet without blanks and comments in it", got)
	}
	if got, want := string(out["a.css"]), "a{color:red}\n"; got != want {
		t.Errorf("the style sheet is %q, want %q", got, want)
	}
}

func TestChartsLimit(t *testing.T) {
	noise := make([]byte, chartsLimit/2)
	seed := uint32(1)
	for i := range noise {
		seed = seed*1664525 + 1013904223
		noise[i] = byte(seed >> 24)
	}
	b := bundle{"oriel.js": nil, "assets/charts-A.js": noise, "assets/visualization-A.js": noise[:visualizationLimit/2]}
	if err := checkSize(b); err != nil {
		t.Error(err)
	}
	if err := checkSize(bundle{"assets/visualization-A.js": noise}); err == nil {
		t.Error("no error for a google.visualization over its limit")
	}
	b["assets/geo-A.js"], b["assets/shapes-A.json"] = append(noise, noise[:100]...), noise
	if err := checkSize(b); err == nil {
		t.Error("no error for charts over their limit")
	}
}

func TestWriteFileLeavesEqualOnesAlone(t *testing.T) {
	name := filepath.Join(t.TempDir(), "assets", "a.js")
	if err := writeFile(name, []byte("1")); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(name), 0o555); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(filepath.Dir(name), 0o755)
	if err := writeFile(name, []byte("1")); err != nil {
		t.Fatal(err)
	}
	after, err := os.Stat(name)
	if err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("the file was written again: %v", err)
	}
}

func save(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
