package oriel_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestSecurityNamesTests: what docs/security.md says is held by a test has that test.
func TestSecurityNamesTests(t *testing.T) {
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	tests := map[string]bool{}
	for _, path := range files(t, "_test.go") {
		for _, m := range declared.FindAllStringSubmatch(read(t, path), -1) {
			tests[m[1]] = true
		}
	}
	text := read(t, "docs/security.md")
	named := regexp.MustCompile("`((?:Test|Fuzz)\\w+)`").FindAllStringSubmatch(text, -1)
	if len(named) < 50 {
		t.Errorf("%d tests are named; this one would hold for nothing", len(named))
	}
	for _, m := range named {
		if !tests[m[1]] {
			t.Errorf("docs/security.md names %s, which is no test", m[1])
		}
	}
	for _, m := range regexp.MustCompile("`((?:internal|judges)/[\\w./]+)`").FindAllStringSubmatch(text, -1) {
		if _, err := os.Stat(m[1]); err != nil {
			t.Errorf("docs/security.md names %s: %v", m[1], err)
		}
	}
}

// architectureRoots are where a path of ARCHITECTURE.md begins: it leaves out internal/.
var architectureRoots = []string{".", "internal"}

// TestArchitectureNamesFiles: every file and folder that ARCHITECTURE.md names exists. A file without a folder is one of the paragraph's or row's folder.
func TestArchitectureNamesFiles(t *testing.T) {
	named := 0
	for _, line := range strings.Split(fenced.ReplaceAllString(read(t, "ARCHITECTURE.md"), ""), "\n") {
		roots := architectureRoots
		for _, m := range regexp.MustCompile("`([\\w.-]+(?:/[\\w.-]+)*)`").FindAllStringSubmatch(line, -1) {
			path := m[1]
			if !strings.Contains(path, "/") && !strings.HasSuffix(path, ".go") {
				continue
			}
			named++
			found := existing(roots, path)
			if found == "" {
				t.Errorf("ARCHITECTURE.md names %s, which does not exist", path)
				continue
			}
			if folder := filepath.Dir(found); strings.HasSuffix(path, ".go") {
				roots = append(slices.Clone(architectureRoots), folder)
			} else {
				roots = append(slices.Clone(architectureRoots), found)
			}
		}
	}
	if named < 100 {
		t.Errorf("%d paths are named; this test would hold for nothing", named)
	}
}

// existing is the path under the first root that has it, or empty.
func existing(roots []string, path string) string {
	for _, root := range roots {
		if _, err := os.Stat(filepath.Join(root, path)); err == nil {
			return filepath.Join(root, path)
		}
	}
	return ""
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	fenced  = regexp.MustCompile("(?ms)^ *```.*?^ *```$")
)

// TestLinks: a link from one document to another leads to a file, and to a heading in it.
func TestLinks(t *testing.T) {
	for _, from := range files(t, ".md") {
		for _, m := range link.FindAllStringSubmatch(fenced.ReplaceAllString(read(t, from), ""), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			path, anchor, _ := strings.Cut(m[1], "#")
			to := from
			if path != "" {
				to = filepath.Join(filepath.Dir(from), path)
			}
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s: %s leads nowhere", from, m[1])
			} else if anchor != "" && strings.HasSuffix(to, ".md") && !slices.Contains(anchors(read(t, to)), anchor) {
				t.Errorf("%s: there is no heading for %s", from, m[1])
			}
		}
	}
}

// anchors are the names that GitHub gives the headings of a document.
func anchors(text string) []string {
	var names []string
	dropped := regexp.MustCompile(`[^\p{L}\p{N}\- _]`)
	for _, m := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
		plain := regexp.MustCompile(`\[([^]]*)\]\([^)]*\)`).ReplaceAllString(m[1], "$1")
		names = append(names, strings.ReplaceAll(dropped.ReplaceAllString(strings.ToLower(plain), ""), " ", "-"))
	}
	return names
}

// files are those of the repository whose names end so.
func files(t *testing.T, suffix string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".") && path != ".") {
			return fs.SkipDir
		}
		if strings.HasSuffix(path, suffix) {
			found = append(found, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
