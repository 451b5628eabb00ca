package main

import (
	"errors"
	"os"

	"github.com/evanw/esbuild/pkg/api"
)

// minifyStyles takes the blanks and comments out of the style sheets that scripts import as
// text, which esbuild by itself leaves as they are.
func minifyStyles() api.Plugin {
	return api.Plugin{Name: "styles", Setup: func(build api.PluginBuild) {
		build.OnLoad(api.OnLoadOptions{Filter: `\.css$`}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
			if args.With["type"] != "text" {
				return api.OnLoadResult{}, nil
			}
			source, err := os.ReadFile(args.Path)
			if err != nil {
				return api.OnLoadResult{}, err
			}
			text, err := minifiedStyles(string(source))
			return api.OnLoadResult{Contents: &text, Loader: api.LoaderText}, err
		})
	}}
}

func minifiedStyles(source string) (string, error) {
	r := api.Transform(source, api.TransformOptions{Loader: api.LoaderCSS, MinifyWhitespace: true, Charset: api.CharsetUTF8})
	if len(r.Errors) > 0 {
		return "", errors.New(r.Errors[0].Text)
	}
	return string(r.Code), nil
}
