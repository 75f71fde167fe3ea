//go:build linux

package main

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"yolk/scripts/kvm/task"
)

// TestMemoryApart: a snapshot whose state is as large as the memory is one that no two
// machines share.
func TestMemoryApart(t *testing.T) {
	dir := t.TempDir()
	for _, f := range []struct {
		name string
		size int64
		want string
	}{{"memory", 16 << 20, ""}, {"state", 100 << 10, ""}, {"state", 8 << 20, "state has 8388608 bytes"}} {
		name := filepath.Join(dir, f.name)
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(name, f.size); err != nil {
			t.Fatal(err)
		}
		if err := memoryApart(dir); (err != nil) != (f.want != "") || err != nil && !strings.Contains(err.Error(), f.want) {
			t.Errorf("%s of %d bytes: %v", f.name, f.size, err)
		}
	}
	if memoryApart(filepath.Join(dir, "missing")) == nil {
		t.Error("a snapshot that there is not is right")
	}
}

// TestQuestion: an answer is the first line, and begins as it should.
func TestQuestion(t *testing.T) {
	for _, c := range []struct {
		request, want, answer string
		ok                    bool
	}{
		{"", "", "Mon, 30 Nov\r\n", true},
		{"", "", "Mon", false},
		{"GET /\r\n", "HTTP/1.1 200 ", "HTTP/1.1 200 OK\r\n", true},
		{"GET /\r\n", "HTTP/1.1 200 ", "HTTP/1.1 503 No\r\n", false},
	} {
		ours, theirs := net.Pipe()
		asked := make(chan string, 1)
		go func() {
			request := make([]byte, len(c.request))
			theirs.Read(request) // a pipe hands over what was written, be it nothing
			io.WriteString(theirs, c.answer)
			theirs.Close()
			asked <- string(request)
		}()
		if err := question(task.Task{Request: c.request, Want: c.want})(ours); (err == nil) != c.ok {
			t.Errorf("%q: %v", c.answer, err)
		}
		ours.Close()
		if got := <-asked; got != c.request {
			t.Errorf("it was asked %q, not %q", got, c.request)
		}
	}
}

func TestMiddle(t *testing.T) {
	if got := middle([]time.Duration{5, 1, 9}); got != 5 {
		t.Error(got)
	}
	if got := middle([]int{4, 2, 8, 6}); got != 6 {
		t.Error(got)
	}
}
