package emulator

import (
	"compress/gzip"
	"net/http"
	"strings"
)

// compressed gzips answers for clients that accept it.
func compressed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !acceptsGzip(r.Header.Get("Accept-Encoding")) {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		zw := &gzipWriter{ResponseWriter: w, zw: gzip.NewWriter(w)}
		next.ServeHTTP(zw, r)
		if !zw.bypassed {
			zw.zw.Close() // not deferred: a cut connection must not get a valid end
		}
	})
}

func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(name, "gzip") && strings.TrimSpace(params) != "q=0" {
			return true
		}
	}
	return false
}

type gzipWriter struct {
	http.ResponseWriter
	zw       *gzip.Writer
	bypassed bool // by who writes what is compressed already
}

func (w *gzipWriter) Write(b []byte) (int, error) { return w.zw.Write(b) }
