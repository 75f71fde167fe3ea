//go:build e2e

package e2e

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"

	"yolk/boot/e2e/polite"
)

// TestTenThousandRequests: ten connections, ten thousand requests, no error and no
// long wait; then wrk, which reports errors of its own; then ten connections beside
// somebody who connects anew for each request.
func TestTenThousandRequests(t *testing.T) {
	const connections, each = 10, 1000
	w := watch(t, "-memory", "64M", "../../apps/httpd")
	page, err := get(w.running, w.url)
	if err != nil {
		t.Fatal(err)
	}
	r := w.politely(t, w.running, polite.Load{Path: "/", Want: page, Conns: connections, Requests: each})
	if r.Answered != connections*each {
		t.Errorf("%d requests served, want %d", r.Answered, connections*each)
	}

	out, err := exec.Command("wrk", "-t1", "-c10", "-d3s", w.url).CombinedOutput()
	if s := string(out); err != nil || strings.Contains(s, "Socket errors") || strings.Contains(s, "Non-2xx") || !strings.Contains(s, "requests in") {
		t.Errorf("wrk: %v\n%s", err, s)
	}

	loaded, end := context.WithTimeout(w.running, 3*time.Second)
	defer end()
	r = w.politely(t, loaded, polite.Load{Path: "/", Want: page, Conns: connections, Fresh: 50 * time.Millisecond})
	if r.Answered == 0 {
		t.Error("nobody was served")
	}
}

// TestComputing: a request that computes for seconds holds nobody up, though the
// network was idle before: nothing but the timer would interrupt it.
func TestComputing(t *testing.T) {
	w := watch(t, "-memory", "64M", "-cpus", "1", "../../scripts/soak/server")
	page, err := get(w.running, w.url)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(500 * time.Millisecond) // the runtime's monitor thread goes to sleep
	computing, end := context.WithCancel(w.running)
	go func() {
		defer end()
		_, err = get(w.running, w.url+"compute?ms=3000")
	}()
	r := w.politely(t, computing, polite.Load{Path: "/", Want: page, Fresh: 100 * time.Millisecond})
	if <-computing.Done(); err != nil || r.Answered < 3 {
		t.Errorf("%d answers while one was computed, %v", r.Answered, err)
	}
}
