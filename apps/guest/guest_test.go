//go:build !noserver

package guest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// echo prints its program and arguments; some programs fail in ways of their own.
func echo(ctx context.Context, p Program) error {
	switch string(p.Code) {
	case "fail":
		fmt.Fprint(p.Output, "so far so good\n")
		return errors.New("no further")
	case "wait":
		<-ctx.Done()
		return context.Cause(ctx)
	}
	_, err := fmt.Fprintf(p.Output, "%s %v", p.Code, p.Args)
	return err
}

// TestHandler: what a program prints is the answer, and an error says what was wrong.
func TestHandler(t *testing.T) {
	h := Handler(echo, Limits{Time: time.Millisecond, Memory: 1, Output: 20, Size: 30})
	for _, c := range []struct {
		method, target, body string
		status               int
		want                 string
	}{
		{"POST", "/?arg=a&arg=b", "hello", http.StatusOK, "hello [a b]"},
		{"POST", "/", "fail", http.StatusUnprocessableEntity, "so far so good\nno further\n"},
		{"POST", "/", "wait", http.StatusUnprocessableEntity, errTime.Error() + "\n"},
		{"POST", "/", strings.Repeat("x", 21), http.StatusUnprocessableEntity, strings.Repeat("x", 20) + ErrOutput.Error() + "\n"},
		{"POST", "/", strings.Repeat("x", 31), http.StatusRequestEntityTooLarge, "the program has more than 30 bytes (-size)\n"},
		{"GET", "/", "", http.StatusMethodNotAllowed, "Method Not Allowed\n"},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(c.method, c.target, bytes.NewReader([]byte(c.body))))
		if w.Code != c.status || w.Body.String() != c.want {
			t.Errorf("%s %q: %d %q, want %d %q", c.method, c.body, w.Code, w.Body, c.status, c.want)
		}
	}
}

// TestHandlerTurns: who goes away while another's program runs is not served.
func TestHandlerTurns(t *testing.T) {
	running, end := make(chan struct{}), make(chan struct{})
	h := Handler(func(_ context.Context, p Program) error { close(running); <-end; return nil }, Limits{Time: time.Hour, Output: 1, Size: 1})
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/", nil))
	}()
	<-running
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(gone, "POST", "/", nil)) // would close running again
	close(end)
	<-done
}
