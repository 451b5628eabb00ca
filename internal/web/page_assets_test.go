package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"
	"testing/fstest"
)

func TestAcceptsGzip(t *testing.T) {
	for header, want := range map[string]bool{
		"": false, "gzip": true, "br, GZIP": true, "gzip;q=0": false, "gzip; q=0.5": true,
		"gzip;q=x": false, "x-gzip": false, "identity": false, "br;q=1.0, gzip;q=0.8, *;q=0.1": true,
	} {
		if acceptsGzip(header) != want {
			t.Errorf("%q: want %v", header, want)
		}
	}
}

func TestLoadAssets(t *testing.T) {
	if _, err := loadAssets(fstest.MapFS{"embed.js": {}}); err == nil {
		t.Error("files without oriel.js were accepted")
	}
	assets, err := loadAssets(testFiles())
	must(t, err)
	big := assets["oriel.js"]
	z, err := gzip.NewReader(bytes.NewReader(big.gzip))
	must(t, err)
	if plain, err := io.ReadAll(z); err != nil || !bytes.Equal(plain, big.plain) {
		t.Errorf("compressed: %v", err)
	}
	if assets["embed.js"].gzip != nil {
		t.Error("a file that grows by compression is compressed")
	}
	if got := string(assets["assets/world-1234ABCD.json"].gzip); got != "packed" {
		t.Errorf("the .gz beside a file is not taken: %q", got)
	}
	if assets["assets/world-1234ABCD.json.gz"] != nil {
		t.Error("the .gz is a file of its own")
	}
}

func TestFiles(t *testing.T) {
	s := newSite(t)
	for path, cache := range map[string]string{
		"/oriel.js": cacheNamed, "/embed.js": cacheNamed, "/embed.css": cacheNamed, "/assets/LICENSES.txt": cacheNamed,
		"/assets/charts-ABCD1234.js": cacheHashed, "/assets/fonts/plain-12345678.woff2": cacheHashed,
	} {
		a := s.do("GET", path, "", "Origin: https://anyone.example")
		if a.code != 200 || a.body == "" {
			t.Errorf("%s: %d", path, a.code)
		}
		wantHeader(t, a, "Cache-Control", cache)
		wantHeader(t, a, "Access-Control-Allow-Origin", "*")
		wantHeader(t, a, "Cross-Origin-Resource-Policy", "cross-origin")
		wantHeader(t, a, "X-Content-Type-Options", "nosniff")
		if again := s.do("GET", path, "", "If-None-Match: W/"+a.header.Get("ETag")); again.code != 304 || again.body != "" {
			t.Errorf("%s again: %d %q", path, again.code, again.body)
		}
	}
	packed := s.do("GET", "/oriel.js", "", "Accept-Encoding: gzip")
	wantHeader(t, packed, "Content-Encoding", "gzip")
	wantHeader(t, packed, "Content-Type", "text/javascript; charset=utf-8")
	if plain := s.do("GET", "/oriel.js", ""); plain.header.Get("ETag") == packed.header.Get("ETag") || len(packed.body) >= len(plain.body) {
		t.Error("compressed and plain are told apart by neither tag nor size")
	}
	now := s.do("GET", "/assets/charts-ABCD1234.js", "")
	if old := s.do("GET", "/assets/charts-0LDER123.js", ""); old.code != 200 || old.body != now.body {
		t.Errorf("what a script of another release asks for: %d %q", old.code, old.body)
	} else {
		wantHeader(t, old, "Cache-Control", "no-store")
	}
	for _, path := range []string{"/assets/charts-0LDER123.css", "/assets/chunk-0LDER123.js", "/assets/none.js", "/assets/", "/assets/..%2foriel.js", "/assets/world-1234ABCD.json.gz"} {
		if a := s.do("GET", path, ""); a.code != 404 || strings.Contains(a.header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d", path, a.code)
		}
	}
}
