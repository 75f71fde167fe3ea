//go:build e2e

package e2e

import (
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
)

// TestTenThousandRequests: ten connections, ten thousand requests, no error;
// then wrk, which reports errors of its own.
func TestTenThousandRequests(t *testing.T) {
	const connections, each = 10, 1000
	port := freePort(t)
	running, stop := background(t, yolk(t, "run", "-memory", "64M", "-p", fmt.Sprintf("%d:8080", port), "../../apps/httpd"))
	defer stop()
	url := fmt.Sprintf("http://127.0.0.1:%d/", port)
	page, err := get(running, url)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: connections, MaxIdleConnsPerHost: connections}}
	var served atomic.Int64
	errs := make(chan error, connections)
	for range connections {
		go func() { errs <- ask(client, url, page, each, &served) }()
	}
	for range connections {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if n := served.Load(); n != connections*each {
		t.Errorf("%d requests served, want %d", n, connections*each)
	}
	out, err := exec.Command("wrk", "-t1", "-c10", "-d3s", url).CombinedOutput()
	if s := string(out); err != nil || strings.Contains(s, "Socket errors") || strings.Contains(s, "Non-2xx") || !strings.Contains(s, "requests in") {
		t.Errorf("wrk: %v\n%s", err, s)
	}
}

// ask gets the page n times and stops at the first answer that is not it.
func ask(client *http.Client, url, page string, n int, served *atomic.Int64) error {
	for range n {
		r, err := client.Get(url)
		if err != nil {
			return err
		}
		b, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil || r.StatusCode != 200 || string(b) != page {
			return fmt.Errorf("status %d, %v, %.100q", r.StatusCode, err, b)
		}
		served.Add(1)
	}
	return nil
}
