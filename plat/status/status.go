// Package status is a page about the machine: the counters of each library of Yolk and of
// the Go runtime, in the text form of Prometheus at /metrics, and as graphs for people at /.
// Images have it that are made with -status. Nothing is read before somebody asks.
//
// The page is as open as the port that it is on, and changes nothing.
package status

import (
	_ "embed"
	"html"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"
	"time"

	"yolk/plat/metrics"
)

//go:embed page.html
var page string

// Handler serves both for a program.
func Handler(program string, list *metrics.List) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		host, _ := os.Hostname()
		fill := strings.NewReplacer("PROGRAM", html.EscapeString(program), "HOST", html.EscapeString(host), "VERSION", runtime.Version()+" on "+runtime.GOARCH)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, fill.Replace(page))
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", metrics.ContentType)
		list.WriteTo(w)
	})
	return mux
}

// start is about when the program started.
var start = time.Now()

// ProgramMetrics are those of the Go runtime.
func ProgramMetrics() []metrics.Metric {
	memory := func(of func(*runtime.MemStats) uint64) func(metrics.Put) {
		return metrics.One(func() uint64 {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			return of(&m)
		})
	}
	return []metrics.Metric{
		{Name: "go_goroutines", Kind: metrics.Gauge, Help: "Goroutines of the program.", Read: metrics.One(runtime.NumGoroutine)},
		{Name: "go_sched_gomaxprocs_threads", Kind: metrics.Gauge, Help: "Processors that run goroutines.", Read: metrics.One(func() int { return runtime.GOMAXPROCS(0) })},
		{Name: "process_uptime_seconds", Kind: metrics.Gauge, Help: "Time since the start.", Read: metrics.One(func() float64 { return time.Since(start).Seconds() })},
		{Name: "go_memstats_heap_alloc_bytes", Kind: metrics.Gauge, Help: "Heap in use.", Read: memory(func(m *runtime.MemStats) uint64 { return m.HeapAlloc })},
		{Name: "go_gc_cycles_total", Kind: metrics.Counter, Help: "Collections of garbage.", Read: memory(func(m *runtime.MemStats) uint64 { return uint64(m.NumGC) })},
	}
}
