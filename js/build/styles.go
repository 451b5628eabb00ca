package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"

	"github.com/evanw/esbuild/pkg/api"
)

// styleSheets are the modules that hold styles in a template string, which
// esbuild by itself leaves as they are.
const styleSheets = `src[/\\](styles|charts[/\\]charts\.css)\.ts$`

var template = regexp.MustCompile("(?s)`[^`]*`")

// minifyStyles takes the blanks and comments out of the styles in template strings.
func minifyStyles() api.Plugin {
	return api.Plugin{Name: "styles", Setup: func(build api.PluginBuild) {
		build.OnLoad(api.OnLoadOptions{Filter: styleSheets}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
			source, err := os.ReadFile(args.Path)
			if err != nil {
				return api.OnLoadResult{}, err
			}
			text, err := minifiedStyles(string(source))
			if err != nil {
				return api.OnLoadResult{}, fmt.Errorf("%s: %w", args.Path, err)
			}
			return api.OnLoadResult{Contents: &text, Loader: api.LoaderTS}, nil
		})
	}}
}

// minifiedStyles returns a module with the styles of its one template string
// made short. Comments outside of it may not hold a backquote.
func minifiedStyles(source string) (string, error) {
	all := template.FindAllStringIndex(source, -1)
	if len(all) == 0 {
		return "", errors.New("no template string with styles")
	}
	at := all[len(all)-1]
	r := api.Transform(source[at[0]+1:at[1]-1], api.TransformOptions{Loader: api.LoaderCSS, MinifyWhitespace: true, Charset: api.CharsetUTF8})
	if len(r.Errors) > 0 {
		return "", errors.New(r.Errors[0].Text)
	}
	return source[:at[0]] + quote(string(r.Code)) + source[at[1]:], nil
}
