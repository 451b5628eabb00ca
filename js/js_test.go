package js

import (
	"io/fs"
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

func TestFilesOfPages(t *testing.T) {
	for _, name := range []string{"oriel.js", "embed.js", "embed.css", "assets/LICENSES.txt", Charts()} {
		if strings.TrimSpace(read(t, name)) == "" {
			t.Errorf("%s is empty", name)
		}
	}
}

// What one file names, dist must hold: a stale name is a page without charts.
func TestReferencesExist(t *testing.T) {
	hashed := regexp.MustCompile(`(?:assets/|\./)?[\w.-]+-[A-Z0-9]{8}\.(?:json|js|css)`)
	found := 0
	err := fs.WalkDir(Files(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || path.Ext(name) != ".js" {
			return err
		}
		for _, ref := range hashed.FindAllString(read(t, name), -1) {
			target := path.Join("assets", path.Base(ref))
			if _, err := fs.Stat(Files(), target); err != nil {
				t.Errorf("%s names %s, which is not in dist", name, ref)
			}
			found++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
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
	for _, name := range []string{"oriel.js", "embed.js", Charts()} {
		content := read(t, name)
		for _, word := range forbidden {
			if strings.Contains(content, word) {
				t.Errorf("%s holds %q", name, word)
			}
		}
	}
}

func TestLicenses(t *testing.T) {
	text := read(t, "assets/LICENSES.txt")
	for _, name := range []string{"d3-array", "d3-geo", "topojson-client", "world-atlas"} {
		if !strings.Contains(text, "\n"+name+" ") {
			t.Errorf("the licence of %s is missing", name)
		}
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
