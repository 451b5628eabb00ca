package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// A bundle is the files of dist: slash-separated paths to contents.
type bundle map[string][]byte

// build makes all of dist in memory. The lazily loaded modules come first,
// because the scripts name them by the hash of their content.
func build(root string) (bundle, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	version, err := packageVersion(root)
	if err != nil {
		return nil, err
	}
	modules, meta, err := buildModules(root)
	if err != nil {
		return nil, err
	}
	names, err := meta.moduleNames()
	if err != nil {
		return nil, err
	}
	names["ORIEL_VERSION"] = quote(version)
	scripts, scriptMeta, err := buildScripts(root, names)
	if err != nil {
		return nil, err
	}
	licenses, err := licenseTexts(root, meta, scriptMeta)
	if err != nil {
		return nil, err
	}
	out := bundle{"assets/LICENSES.txt": licenses}
	maps.Copy(out, modules)
	maps.Copy(out, scripts)
	return out, checkSize(out)
}

// buildModules bundles what pages load only when there is something to draw.
func buildModules(root string) (bundle, *metafile, error) {
	o := options(root)
	o.EntryPointsAdvanced = []api.EntryPoint{
		{InputPath: "src/charts-entry.ts", OutputPath: "assets/charts"},
		{InputPath: "src/visualization/index.ts", OutputPath: "assets/visualization"},
	}
	o.EntryNames = "[dir]/[name]-[hash]"
	o.ChunkNames = "assets/[name]-[hash]"
	o.AssetNames = "assets/[name]-[hash]"
	o.Format = api.FormatESModule
	o.Splitting = true
	o.Loader = map[string]api.Loader{".json": api.LoaderFile}
	return run(root, o)
}

// buildScripts bundles the classic scripts, which work from any script element
// and know where they were loaded from, and the styles of the embed page.
func buildScripts(root string, names map[string]string) (bundle, *metafile, error) {
	o := options(root)
	o.EntryPointsAdvanced = []api.EntryPoint{
		{InputPath: "src/oriel.ts", OutputPath: "oriel"},
		{InputPath: "src/embed.ts", OutputPath: "embed"},
		{InputPath: "src/embed.css", OutputPath: "embed"},
		{InputPath: "src/dropin/platform.ts", OutputPath: "platform"},
		{InputPath: "src/components/view-selector2.ts", OutputPath: "components/view-selector2"},
		{InputPath: "src/components/date-range-selector.ts", OutputPath: "components/date-range-selector"},
		{InputPath: "src/components/active-users.ts", OutputPath: "components/active-users"},
		{InputPath: "src/components/chartjs-visualizations.css", OutputPath: "components/chartjs-visualizations"},
		{InputPath: "src/components/index.css", OutputPath: "components/index"},
	}
	o.Format = api.FormatIIFE
	o.Define = names
	return run(root, o)
}

func options(root string) api.BuildOptions {
	return api.BuildOptions{
		AbsWorkingDir:     root,
		Outdir:            filepath.Join(root, "dist"),
		Bundle:            true,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		Charset:           api.CharsetUTF8,
		Target:            api.ES2022,
		Platform:          api.PlatformBrowser,
		LegalComments:     api.LegalCommentsEndOfFile,
		TsconfigRaw:       `{"compilerOptions":{"target":"es2022","useDefineForClassFields":true}}`,
		Metafile:          true,
		LogLevel:          api.LogLevelSilent,
		Plugins:           []api.Plugin{minifyStyles()},
	}
}

// A metafile is what is needed of esbuild's description of a build.
type metafile struct {
	Inputs  map[string]struct{} `json:"inputs"`
	Outputs map[string]struct {
		EntryPoint string `json:"entryPoint"`
	} `json:"outputs"`
}

func run(root string, o api.BuildOptions) (bundle, *metafile, error) {
	r := api.Build(o)
	if len(r.Errors) > 0 {
		text := api.FormatMessages(r.Errors, api.FormatMessagesOptions{Kind: api.ErrorMessage})
		return nil, nil, errors.New(strings.TrimSpace(strings.Join(text, "")))
	}
	var meta metafile
	if err := json.Unmarshal([]byte(r.Metafile), &meta); err != nil {
		return nil, nil, fmt.Errorf("reading esbuild's metafile: %w", err)
	}
	out := bundle{}
	for _, f := range r.OutputFiles {
		name, err := filepath.Rel(filepath.Join(root, "dist"), f.Path)
		if err != nil {
			return nil, nil, err
		}
		out[filepath.ToSlash(name)] = f.Contents
	}
	return out, &meta, nil
}

// moduleNames returns, for each constant by which scripts name a lazily loaded
// module, the module's path below dist as JavaScript.
func (m *metafile) moduleNames() (map[string]string, error) {
	names := map[string]string{}
	for constant, entry := range map[string]string{
		"ORIEL_CHARTS":        "src/charts-entry.ts",
		"ORIEL_VISUALIZATION": "src/visualization/index.ts",
	} {
		output, err := entryOutput(m, entry)
		if err != nil {
			return nil, err
		}
		names[constant] = quote(output)
	}
	return names, nil
}

// entryOutput returns the path below dist that an entry point was written to.
func entryOutput(m *metafile, entry string) (string, error) {
	for name, o := range m.Outputs {
		if o.EntryPoint == entry {
			return strings.TrimPrefix(path.Clean(name), "dist/"), nil
		}
	}
	return "", fmt.Errorf("esbuild wrote nothing for %s", entry)
}

func packageVersion(root string) (string, error) {
	b, err := os.ReadFile(filepath.Join(root, "package.json"))
	if err != nil {
		return "", err
	}
	var p struct{ Version string }
	if err := json.Unmarshal(b, &p); err != nil {
		return "", fmt.Errorf("package.json: %w", err)
	}
	if p.Version == "" {
		return "", errors.New("package.json: no version")
	}
	return p.Version, nil
}

// quote returns s as a JavaScript string.
func quote(s string) string {
	b, _ := json.Marshal(s) // a string always marshals
	return string(b)
}
