package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
)

// TestServers: both answer each size on connections that are kept.
func TestServers(t *testing.T) {
	for name, serve := range map[string]func(net.Listener) error{
		"net/http": func(l net.Listener) error { return http.Serve(l, handler()) }, "raw": serveRaw,
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		go serve(l)
		for range 2 {
			for _, n := range sizes {
				r, err := http.Get(fmt.Sprintf("http://%s/%d", l.Addr(), n))
				if err != nil {
					t.Fatal(name, err)
				}
				got, err := io.Copy(io.Discard, r.Body)
				if r.Body.Close(); got != int64(n) || err != nil || r.StatusCode != http.StatusOK {
					t.Errorf("%s: %d of %d bytes, %v, %s", name, got, n, err, r.Status)
				}
			}
		}
		c := count{name, l.Addr().(*net.TCPAddr).Port, 3, 256}
		if cost, err := c.measure(); cost <= 0 || err != nil {
			t.Errorf("%s: %v, %v", name, cost, err)
		}
	}
}
