package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHandler(t *testing.T) {
	for path, status := range map[string]int{"/": http.StatusOK, "/nothing": http.StatusNotFound} {
		w := httptest.NewRecorder()
		handler().ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != status || status == http.StatusOK && !strings.HasPrefix(w.Body.String(), "Hello") {
			t.Errorf("%s: %d %q", path, w.Code, w.Body)
		}
	}
}
