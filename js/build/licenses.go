package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// licenseTexts returns the licence of every npm package of which a file is in
// the bundle. A bundled package without one fails the build.
func licenseTexts(root string, metas ...*metafile) ([]byte, error) {
	packages := map[string]bool{}
	for _, m := range metas {
		for input := range m.Inputs {
			if name := packageOf(input); name != "" {
				packages[name] = true
			}
		}
	}
	var b bytes.Buffer
	b.WriteString("Oriel's scripts contain code and data of these packages.\n")
	for _, name := range slices.Sorted(maps.Keys(packages)) {
		if err := appendLicense(&b, filepath.Join(root, "node_modules", filepath.FromSlash(name)), name); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

func appendLicense(b *bytes.Buffer, dir, name string) error {
	manifest, err := os.ReadFile(filepath.Join(dir, "package.json"))
	if err != nil {
		return err
	}
	var p struct{ Version, License string }
	if err := json.Unmarshal(manifest, &p); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	text, err := licenseFile(dir)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	fmt.Fprintf(b, "\n%s\n%s %s (%s)\n\n%s\n", strings.Repeat("-", 72), name, p.Version, p.License, bytes.TrimSpace(text))
	return nil
}

func licenseFile(dir string) ([]byte, error) {
	for _, name := range []string{"LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE"} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
			return text, nil
		}
	}
	return nil, fmt.Errorf("no licence file in %s", filepath.Base(dir))
}

// packageOf returns the npm package that an input path belongs to; empty for
// sources of ours.
func packageOf(input string) string {
	_, rest, ok := strings.Cut(input, "node_modules/")
	if !ok {
		return ""
	}
	parts := strings.SplitN(rest, "/", 3)
	if strings.HasPrefix(rest, "@") && len(parts) > 1 {
		return parts[0] + "/" + parts[1]
	}
	return parts[0]
}
