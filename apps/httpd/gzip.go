package main

import (
	"cmp"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

// precompressed serves NAME.gz in the place of NAME to who understands that, where files
// have it: nothing is compressed while somebody waits. Ranges are those of NAME.gz.
func precompressed(files fs.FS, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
		if strings.HasSuffix(r.URL.Path, "/") {
			name = path.Join(name, "index.html")
		}
		f, err := files.Open(name + ".gz")
		if err != nil {
			next.ServeHTTP(w, r)
			return
		}
		defer f.Close()
		w.Header().Set("Vary", "Accept-Encoding")
		info, err := f.Stat()
		content, ok := f.(io.ReadSeeker)
		if err != nil || !ok || !acceptsGzip(r.Header) {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Type", cmp.Or(mime.TypeByExtension(path.Ext(name)), "application/octet-stream"))
		http.ServeContent(w, r, "", info.ModTime(), content)
	})
}

// acceptsGzip reports whether a request's Accept-Encoding has gzip (RFC 9110, 12.5.3),
// and not with the weight 0.
func acceptsGzip(h http.Header) bool {
	for _, part := range strings.Split(strings.Join(h.Values("Accept-Encoding"), ","), ",") {
		coding, weight, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			_, q, _ := strings.Cut(weight, "=")
			return strings.Trim(q, "0. ") != "" || strings.TrimSpace(q) == ""
		}
	}
	return false
}
