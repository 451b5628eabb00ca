package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// write replaces the files of dist with those that src gives.
func write(root string) error {
	want, err := build(root)
	if err != nil {
		return err
	}
	dist := filepath.Join(root, "dist")
	have, err := readTree(dist)
	if err != nil {
		return err
	}
	for name := range have {
		if _, ok := want[name]; !ok {
			if err := os.Remove(filepath.Join(dist, filepath.FromSlash(name))); err != nil {
				return err
			}
		}
	}
	for name, content := range want {
		if err := writeFile(filepath.Join(dist, filepath.FromSlash(name)), content); err != nil {
			return err
		}
	}
	return report(want)
}

// compare fails, naming the files, when dist is not what src gives.
func compare(root string) error {
	want, err := build(root)
	if err != nil {
		return err
	}
	have, err := readTree(filepath.Join(root, "dist"))
	if err != nil {
		return err
	}
	if stale := differences(want, have); len(stale) > 0 {
		return fmt.Errorf("js/dist is stale; run `go -C js/build run .` and commit it:\n  %s", strings.Join(stale, "\n  "))
	}
	return nil
}

// differences says, in order of names, how have differs from want.
func differences(want, have bundle) []string {
	var out []string
	for name, content := range want {
		got, ok := have[name]
		switch {
		case !ok:
			out = append(out, name+": missing")
		case !bytes.Equal(got, content):
			out = append(out, name+": differs")
		}
	}
	for name := range have {
		if _, ok := want[name]; !ok {
			out = append(out, name+": not made by the build")
		}
	}
	slices.Sort(out)
	return out
}

func readTree(dir string) (bundle, error) {
	out := bundle{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		out[name], err = os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		return err
	})
	if os.IsNotExist(err) {
		return bundle{}, nil
	}
	return out, err
}

// writeFile leaves a file that is already right alone, so that its time of
// change means something.
func writeFile(name string, content []byte) error {
	if have, err := os.ReadFile(name); err == nil && bytes.Equal(have, content) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, content, 0o644)
}

// report prints the sizes that visitors pay for.
func report(b bundle) error {
	for _, name := range slices.Sorted(maps.Keys(b)) {
		zipped, err := gzipSize(b[name])
		if err != nil {
			return err
		}
		fmt.Printf("%8d B %8d B gz  %s\n", len(b[name]), zipped, name)
	}
	return nil
}
