// Package oriel_test holds the architecture to what ARCHITECTURE.md says.
package oriel_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/oriel-server/oriel/"

// importMap is the architecture: which of our packages a package may import. A
// new arrow is a line here and a sentence in ARCHITECTURE.md, in one commit.
// A key also stands for the packages in folders below it.
var importMap = map[string][]string{
	"internal/protojson":       {},
	"internal/report":          {"internal/report", "internal/protojson"},
	"internal/credential":      {"internal/filestate", "internal/secret", "internal/upstream"},
	"internal/filestate":       {},
	"internal/secret":          {},
	"internal/upstream":        {},
	"emulator":                 {"emulator"},
	"js":                       {},
	"internal/origin":          {},
	"internal/plan":            {"internal/report"},
	"internal/cache":           {"internal/report"},
	"internal/store/sqlstore":  {"internal/cache", "internal/report", "internal/access", "internal/filestate"},
	"internal/store/storetest": {"internal/cache", "internal/report", "internal/access"},
	"internal/ua":              {"internal/report", "internal/protojson"},
	"internal/dashboard":       {"internal/report"},
	"internal/ga4":             {"internal/report", "internal/credential", "internal/upstream"},
	"internal/policy":          {"internal/report", "internal/dashboard", "internal/credential", "internal/origin"},
	"internal/access":          {"internal/policy", "internal/report", "internal/origin", "internal/secret"},
	"internal/audit":           {"internal/access", "internal/policy", "internal/report"},
	"internal/web": {
		"internal/access", "internal/policy", "internal/dashboard", "internal/ua", "internal/report", "internal/origin", "internal/protojson",
		"internal/secret", "js",
	},
	"internal/app": {
		"internal/report", "internal/credential", "internal/plan", "internal/cache", "internal/ua",
		"internal/dashboard", "internal/ga4", "internal/policy", "internal/access", "internal/audit", "internal/web",
		"internal/store/sqlstore", "internal/origin", "internal/secret", "internal/upstream", "internal/filestate", "js",
	},
	"cmd/oriel":      {"internal/app", "emulator"},
	"build/anyday":   {},                                             // moves the clock of tests
	"build/simulate": {"internal/app", "emulator", "emulator/world"}, // a day of a busy server
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

func TestImportMap(t *testing.T) {
	packages := list(t)
	if len(packages) < 10 {
		t.Fatalf("go list found %d packages; the test would hold for nothing", len(packages))
	}
	for _, p := range packages {
		name, below := strings.CutPrefix(p.ImportPath, module)
		if !below {
			continue // the root holds this test alone
		}
		room, ok := roomOf(name)
		if !ok {
			t.Errorf("%s stands in no room of the import map", name)
			continue
		}
		for _, imp := range p.Imports {
			target, ours := strings.CutPrefix(imp, module)
			if !ours {
				continue
			}
			if to, _ := roomOf(target); !slices.Contains(importMap[room], to) {
				t.Errorf("%s imports %s: not an arrow of the import map", name, target)
			}
		}
	}
}

// roomOf returns the longest key of the import map that is name or a folder
// above it.
func roomOf(name string) (room string, ok bool) {
	for key := range importMap {
		if (name == key || strings.HasPrefix(name, key+"/")) && len(key) > len(room) {
			room, ok = key, true
		}
	}
	return room, ok
}

// TestShippedModuleGraph holds what the binary is made of: the clients that judge
// us in tests, and the browser driver, must not be among it.
func TestShippedModuleGraph(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "./cmd/oriel").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, banned := range []string{"google.golang.org/api/analytics", "github.com/chromedp", "github.com/evanw/esbuild"} {
		if strings.Contains(string(out), banned) {
			t.Errorf("the binary contains %s", banned)
		}
	}
}

func list(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var packages []goPackage
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}
