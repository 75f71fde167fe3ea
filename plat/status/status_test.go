package status

import (
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"yolk/plat/metrics"
)

// TestHandler: the page names its program, and the figures are in Prometheus's form.
func TestHandler(t *testing.T) {
	var list metrics.List
	list.Add(ProgramMetrics()...)
	h := Handler("a<b", &list)
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		return w
	}
	if w := get("/"); w.Code != 200 || !strings.Contains(w.Body.String(), "<h1>a&lt;b</h1>") || !strings.Contains(w.Body.String(), " on amd64,") && !strings.Contains(w.Body.String(), " on arm64,") {
		t.Errorf("%d, %s", w.Code, w.Body)
	}
	w := get("/metrics")
	if w.Header().Get("Content-Type") != metrics.ContentType {
		t.Error(w.Header())
	}
	line := regexp.MustCompile(`^(# (HELP|TYPE) )?[a-z_]+({[a-z]+="[^"]*"})? \S`)
	for s := range strings.Lines(w.Body.String()) {
		if !line.MatchString(s) {
			t.Errorf("%q", s)
		}
	}
	for _, name := range []string{"\ngo_goroutines ", "\ngo_memstats_heap_alloc_bytes ", "\nprocess_uptime_seconds "} {
		if !strings.Contains(w.Body.String(), name) {
			t.Errorf("no%sin %s", name, w.Body)
		}
	}
	if w := get("/nothing"); w.Code != 404 {
		t.Errorf("/nothing: %d", w.Code)
	}
}
