package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/evanw/esbuild/pkg/api"
)

// unitTests bundles every test/*.test.ts into a temporary folder and runs them
// with node's test runner.
func unitTests(root string) error {
	root, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	entries, err := filepath.Glob(filepath.Join(root, "test", "*.test.ts"))
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		return errors.New("no test/*.test.ts: nothing was tested")
	}
	dir, err := os.MkdirTemp("", "oriel-js-test")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	files, err := bundleTests(root, dir, entries)
	if err != nil {
		return err
	}
	cmd := exec.Command("node", append([]string{"--enable-source-maps", "--test"}, files...)...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}

func bundleTests(root, dir string, entries []string) ([]string, error) {
	o := options(root)
	o.EntryPoints = entries
	o.Outdir = dir
	o.Outbase = filepath.Join(root, "test")
	o.OutExtension = map[string]string{".js": ".mjs"}
	o.Format = api.FormatESModule
	o.Platform = api.PlatformNode
	o.MinifyWhitespace, o.MinifyIdentifiers, o.MinifySyntax = false, false, false
	o.Plugins = nil
	o.Sourcemap = api.SourceMapInline
	o.Define = map[string]string{"ORIEL_VERSION": `"test"`, "ORIEL_CHARTS": `"assets/charts.js"`, "ORIEL_VISUALIZATION": `"assets/visualization.js"`}
	o.Write = true
	if _, _, err := run(root, o); err != nil {
		return nil, err
	}
	return filepath.Glob(filepath.Join(dir, "*.mjs"))
}
