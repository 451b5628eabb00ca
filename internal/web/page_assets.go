package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// noFile is for developers who open a URL that the browser's console shows.
const noFile = "There is no such file. Pages load /oriel.js, or for Google's Embed API /platform.js; docs/embed-api.md lists what else is here."

// Cache-Control of files: one with a fixed name (oriel.js) can change, one with a hash in
// its name cannot.
const (
	cacheNamed  = "public, max-age=300, stale-while-revalidate=86400"
	cacheHashed = "public, max-age=31536000, immutable"
)

// An asset is a file that pages load.
type asset struct {
	contentType string
	etag        string // quoted, of the plain bytes
	plain       []byte
	gzip        []byte // nil if not smaller
}

// loadAssets reads and compresses all files. NAME.gz is used as the gzip form of NAME.
func loadAssets(files fs.FS) (map[string]*asset, error) {
	assets := map[string]*asset{}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(name, ".gz") {
			return err
		}
		a, err := loadAsset(files, name)
		assets[name] = a
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("web: files: %w", err)
	}
	if assets["oriel.js"] == nil {
		return nil, errors.New("web: files hold no oriel.js: build js first")
	}
	return assets, nil
}

func loadAsset(files fs.FS, name string) (*asset, error) {
	plain, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	packed, err := fs.ReadFile(files, name+".gz")
	if errors.Is(err, fs.ErrNotExist) {
		packed, err = compress(plain)
	}
	if err != nil {
		return nil, err
	}
	if len(packed) >= len(plain) {
		packed = nil
	}
	return &asset{contentType(name), etag(plain), plain, packed}, nil
}

// etag returns a strong validator of a body, quoted.
func etag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:15]) + `"`
}

func compress(plain []byte) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	_, _ = z.Write(plain) // a bytes.Buffer accepts everything
	err = z.Close()
	return b.Bytes(), err
}

// contentType does not trust the machine's table of types with our own files.
func contentType(name string) string {
	switch ext := path.Ext(name); ext {
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".json", ".map":
		return "application/json"
	case ".svg":
		return "image/svg+xml"
	default:
		if t := mime.TypeByExtension(ext); t != "" {
			return t
		}
		return "application/octet-stream"
	}
}

// file serves a file with a fixed name.
func (s *Server) file(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.serveAsset(w, r, name, cacheNamed)
	})
}

// hashedName matches names with a hash of the content.
var hashedName = regexp.MustCompile(`-[A-Z0-9]{8,}\.[a-z0-9]+$`)

// asset serves a file under assets/. A few have fixed names.
func (s *Server) asset(w http.ResponseWriter, r *http.Request) {
	name, cacheControl := "assets/"+r.PathValue("file"), cacheNamed
	if hashedName.MatchString(name) {
		cacheControl = cacheHashed
	}
	if s.assets[name] == nil {
		name, cacheControl = s.currentAsset(name), "no-store"
	}
	s.serveAsset(w, r, name, cacheControl)
}

// currentAsset returns the name of the current version of a file of another release, which
// a browser's cached script may request. Chunks have none: they fit their own release only.
func (s *Server) currentAsset(name string) string {
	stem := func(name string) string { return hashedName.ReplaceAllString(name, path.Ext(name)) }
	if !hashedName.MatchString(name) || stem(name) == "assets/chunk.js" {
		return ""
	}
	for other := range s.assets {
		if hashedName.MatchString(other) && stem(other) == stem(name) {
			return other
		}
	}
	return ""
}

// serveAsset serves a file to pages of all origins: it is the same for everyone.
func (s *Server) serveAsset(w http.ResponseWriter, r *http.Request, name, cacheControl string) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Vary", "Accept-Encoding")
	a := s.assets[name]
	if a == nil {
		s.missingFile(w, r, noFile)
		return
	}
	h.Set("Cache-Control", cacheControl)
	body, etag := a.plain, a.etag
	if a.gzip != nil && acceptsGzip(r.Header.Get("Accept-Encoding")) {
		body, etag = a.gzip, strings.TrimSuffix(a.etag, `"`)+`-gz"`
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", etag)
	if matches(r.Header.Get("If-None-Match"), etag) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	writeBody(w, http.StatusOK, a.contentType, body)
}

// acceptsGzip reports whether an Accept-Encoding names gzip without forbidding it.
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
			continue
		}
		weight, ok := strings.CutPrefix(strings.TrimSpace(params), "q=")
		if !ok {
			return true
		}
		q, err := strconv.ParseFloat(strings.TrimSpace(weight), 64)
		return err == nil && q > 0
	}
	return false
}

// matches reports whether an If-None-Match header lists the tag, weak or strong.
func matches(header, etag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		tag := strings.TrimPrefix(strings.TrimSpace(part), "W/")
		if tag == etag || tag == "*" {
			return true
		}
	}
	return false
}
