package main

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

func TestServe(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- serve(l) }()
	for range 3 {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		line, err := io.ReadAll(c)
		c.Close()
		when, e := time.Parse(time.RFC1123Z, strings.TrimSuffix(string(line), "\r\n"))
		if d := time.Since(when); err != nil || e != nil || d < 0 || d > time.Minute {
			t.Errorf("%q, %v, %v, %v ago", line, err, e, d)
		}
	}
	l.Close()
	if err := <-done; err == nil {
		t.Error("no error after Close")
	}
}
