// Package js embeds the built JavaScript, styles and map shapes that pages load.
// The sources are in src; dist is made by build and committed, so that running
// Oriel needs Go alone.
package js

import (
	"crypto/sha512"
	"embed"
	"encoding/base64"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Files returns the files to serve, with paths as browsers ask for them:
// oriel.js, embed.js, embed.css and assets/…. What lies under assets, but for
// LICENSES.txt, has the hash of its content in its name and never changes.
func Files() fs.FS {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // "dist" is a valid path
	}
	return files
}

// Charts returns the path of the module that draws charts. The scripts load it
// when there is something to draw; a page that knows there is can preload it.
func Charts() string {
	names, err := fs.Glob(Files(), "assets/charts-*.js")
	if err != nil || len(names) != 1 {
		panic("js: dist holds no charts module; run the build")
	}
	return names[0]
}

// Integrity returns the value of a script element's integrity attribute for one
// of the files.
func Integrity(name string) (string, error) {
	content, err := fs.ReadFile(Files(), name)
	if err != nil {
		return "", err
	}
	sum := sha512.Sum384(content)
	return "sha384-" + base64.StdEncoding.EncodeToString(sum[:]), nil
}
