package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"
)

func TestPrecompressed(t *testing.T) {
	files := fstest.MapFS{
		"index.html": {Data: []byte("<p>plain")}, "index.html.gz": {Data: []byte("packed page")},
		"sub/a.css": {Data: []byte("plain css")}, "sub/a.css.gz": {Data: []byte("packed css")},
		"b.txt": {Data: []byte("plain text")},
	}
	h := precompressed(files, http.FileServerFS(files))
	for _, c := range []struct {
		path, accept, span string
		status             int
		body, coding, kind string
		vary               string
	}{
		{"/", "gzip, deflate", "", 200, "packed page", "gzip", "text/html; charset=utf-8", "Accept-Encoding"},
		{"/", "deflate, gzip;q=0.5", "", 200, "packed page", "gzip", "text/html; charset=utf-8", "Accept-Encoding"},
		{"/", "gzip;q=0", "", 200, "<p>plain", "", "text/html; charset=utf-8", "Accept-Encoding"},
		{"/", "gzip; q=0.000", "", 200, "<p>plain", "", "text/html; charset=utf-8", "Accept-Encoding"},
		{"/", "", "", 200, "<p>plain", "", "text/html; charset=utf-8", "Accept-Encoding"},
		{"/sub/a.css", "GZIP", "", 200, "packed css", "gzip", "text/css; charset=utf-8", "Accept-Encoding"},
		{"/sub/a.css", "gzip", "bytes=1-3", 206, "ack", "gzip", "text/css; charset=utf-8", "Accept-Encoding"},
		{"/sub/a.css", "", "bytes=1-3", 206, "lai", "", "text/css; charset=utf-8", "Accept-Encoding"},
		{"/b.txt", "gzip", "", 200, "plain text", "", "text/plain; charset=utf-8", ""},
		{"/../b.txt", "gzip", "", 200, "plain text", "", "text/plain; charset=utf-8", ""},
		{"/none", "gzip", "", 404, "404 page not found\n", "", "text/plain; charset=utf-8", ""},
	} {
		r := httptest.NewRequest("GET", "http://yolk/", nil)
		r.URL.Path = c.path
		r.Header.Set("Accept-Encoding", c.accept)
		if c.span != "" {
			r.Header.Set("Range", c.span)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		got := w.Result().Header
		if w.Code != c.status || w.Body.String() != c.body || got.Get("Content-Encoding") != c.coding || got.Get("Content-Type") != c.kind || got.Get("Vary") != c.vary {
			t.Errorf("%s, Accept-Encoding %q, Range %q: %d %q %v", c.path, c.accept, c.span, w.Code, w.Body, got)
		}
	}
}
