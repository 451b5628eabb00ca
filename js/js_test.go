package js

import (
	"io/fs"
	"iter"
	"path"
	"regexp"
	"strings"
	"testing"
)

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := fs.ReadFile(Files(), name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// scripts yields the names of all JavaScript in dist.
func scripts(t *testing.T) iter.Seq[string] {
	return func(yield func(string) bool) {
		err := fs.WalkDir(Files(), ".", func(name string, _ fs.DirEntry, err error) error {
			if err == nil && path.Ext(name) == ".js" && !yield(name) {
				return fs.SkipAll
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestFilesOfPages(t *testing.T) {
	for _, name := range []string{
		"oriel.js", "embed.js", "embed.css", "assets/LICENSES.txt", Charts(), "platform.js", "components/view-selector2.js",
		"components/date-range-selector.js", "components/active-users.js", "components/chartjs-visualizations.css",
	} {
		if strings.TrimSpace(read(t, name)) == "" {
			t.Errorf("%s is empty", name)
		}
	}
}

// What one file names, dist must hold: a stale name is a page without charts.
func TestReferencesExist(t *testing.T) {
	hashed := regexp.MustCompile(`(?:assets/|\./)?[\w.-]+-[A-Z0-9]{8}\.(?:json|js|css)`)
	found := 0
	for name := range scripts(t) {
		for _, ref := range hashed.FindAllString(read(t, name), -1) {
			target := path.Join("assets", path.Base(ref))
			if _, err := fs.Stat(Files(), target); err != nil {
				t.Errorf("%s names %s, which is not in dist", name, ref)
			}
			found++
		}
	}
	if found < 3 { // oriel.js and embed.js name the charts, the charts name the shapes
		t.Errorf("found %d references, want at least 3: does the pattern still fit?", found)
	}
}

func TestScriptsNameTheCharts(t *testing.T) {
	for _, name := range []string{"oriel.js", "embed.js"} {
		if !strings.Contains(read(t, name), Charts()) {
			t.Errorf("%s does not name %s", name, Charts())
		}
	}
}

// Hashed names are served as immutable, so everything in assets that pages load must have one.
func TestAssetsAreHashed(t *testing.T) {
	hashed := regexp.MustCompile(`-[A-Z0-9]{8}\.\w+$`)
	entries, err := fs.ReadDir(Files(), "assets")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != "LICENSES.txt" && !hashed.MatchString(e.Name()) {
			t.Errorf("assets/%s has no hash in its name", e.Name())
		}
	}
}

// A strict CSP on the host's page must do, and nothing may be stored with the visitor.
func TestScriptsKeepPromises(t *testing.T) {
	forbidden := []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "localStorage", "sessionStorage", "indexedDB", "document.cookie"}
	for name := range scripts(t) {
		content := read(t, name)
		for _, word := range forbidden {
			if strings.Contains(content, word) {
				t.Errorf("%s holds %q", name, word)
			}
		}
	}
}

func TestLicenses(t *testing.T) {
	if !strings.Contains(read(t, "assets/LICENSES.txt"), "\nworld-atlas ") {
		t.Error("the licence of world-atlas is missing")
	}
}

func TestIntegrity(t *testing.T) {
	got, err := Integrity("oriel.js")
	if err != nil || !regexp.MustCompile(`^sha384-[A-Za-z0-9+/]{64}$`).MatchString(got) {
		t.Errorf("Integrity = %q, %v", got, err)
	}
	if _, err := Integrity("nothing.js"); err == nil {
		t.Error("Integrity of a file that does not exist: no error")
	}
}
