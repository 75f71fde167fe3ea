package main

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"
)

// echo starts a server that answers with all it was sent, once that has ended.
func echo(t *testing.T) (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				all, _ := io.ReadAll(c)
				c.Write(all)
				c.Close()
			}()
		}
	}()
	return l.Addr().String()
}

// TestForward: a megabyte goes both ways, and the ends of both directions arrive.
func TestForward(t *testing.T) {
	own, err := certificate("", "")
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go serve(l, &tls.Config{Certificates: []tls.Certificate{own}}, echo(t))
	for range 3 {
		c, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		said := bytes.Repeat([]byte("yolk"), 1<<18)
		go func() {
			c.Write(said)
			c.CloseWrite()
		}()
		if heard, err := io.ReadAll(c); err != nil || !bytes.Equal(heard, said) {
			t.Errorf("%d bytes came back of %d, %v", len(heard), len(said), err)
		}
		c.Close()
	}
}

// TestPlain: who speaks no TLS is not let through.
func TestPlain(t *testing.T) {
	own, err := certificate("", "")
	if err != nil {
		t.Fatal(err)
	}
	here, there := net.Pipe()
	go io.WriteString(here, "GET / HTTP/1.1\r\n\r\n")
	go io.Copy(io.Discard, here)
	if err := forward(tls.Server(there, &tls.Config{Certificates: []tls.Certificate{own}}), echo(t)); err == nil {
		t.Error("forwarded")
	}
}

func TestCertificate(t *testing.T) {
	if _, err := certificate("a.pem", ""); err == nil || !strings.Contains(err.Error(), "together") {
		t.Error(err)
	}
	if _, err := certificate("none.pem", "none.key"); err == nil || !strings.Contains(err.Error(), "none.pem") {
		t.Error(err)
	}
}
