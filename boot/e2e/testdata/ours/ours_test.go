// Package ours tests that what runs in an image besides the program is not seen by it:
// it says the same under `go test` on Linux.
package ours

import (
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestGoroutines: with the network up the program's goroutines are its own.
func TestGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	buf := make([]byte, 1<<20)
	all := string(buf[:runtime.Stack(buf, true)])
	if n := strings.Count("\n"+all, "\ngoroutine "); n != before || runtime.NumGoroutine() != before {
		t.Errorf("%d goroutines, %d in a traceback, %d before:\n%s", runtime.NumGoroutine(), n, before, all)
	}
	// With GOTRACEBACK=system they are there.
}

// TestDial: in a bubble, whose time stands still, a connection is made and used.
func TestDial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		done := make(chan error)
		go func() {
			c, err := l.Accept()
			if err == nil {
				_, err = io.Copy(c, c)
				c.Close()
			}
			done <- err
		}()
		c, err := net.DialTimeout("tcp", l.Addr().String(), time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		c.(*net.TCPConn).CloseWrite()
		if b, err := io.ReadAll(c); string(b) != "hello" || err != nil {
			t.Errorf("%q, %v", b, err)
		}
		c.Close()
		if err := <-done; err != nil {
			t.Error(err)
		}
		begin := time.Now()
		time.Sleep(time.Hour)
		if d := time.Since(begin); d != time.Hour {
			t.Error("an hour of the bubble's time took", d)
		}
	})
}

// TestPipe: a read that waits, in a bubble and then outside.
func TestPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	exchange := func(t *testing.T, text string) {
		got := make(chan string)
		go func() {
			b := make([]byte, 10)
			n, _ := r.Read(b)
			got <- string(b[:n])
		}()
		runtime.Gosched()
		if _, err := io.WriteString(w, text); err != nil {
			t.Error(err)
		}
		if s := <-got; s != text {
			t.Errorf("read %q, written %q", s, text)
		}
	}
	for range 3 {
		synctest.Test(t, func(t *testing.T) { exchange(t, "inside") })
		exchange(t, "outside")
	}
}

// TestFileTimes: a file that a bubble makes is of today, whatever its own time is.
func TestFileTimes(t *testing.T) {
	name := t.TempDir() + "/file"
	synctest.Test(t, func(t *testing.T) {
		if err := os.WriteFile(name, []byte("text"), 0o600); err != nil {
			t.Fatal(err)
		}
		st, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if now := time.Now(); now.Year() != 2000 || st.ModTime().Year() < 2020 {
			t.Errorf("now %v, written %v", now, st.ModTime())
		}
	})
}
