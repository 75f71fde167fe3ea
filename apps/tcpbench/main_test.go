package main

import (
	"io"
	"math"
	"net"
	"strings"
	"testing"
)

// TestTransfer: both ways carry what they were asked to, also less than a block.
func TestTransfer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- serve(l) }()
	for _, n := range []uint64{1, block, block + 1, 10e6} {
		for name, do := range map[string]direction{"out": send, "in": receive} {
			if took, err := transfer(l.Addr().String(), do, n); err != nil || took <= 0 {
				t.Errorf("%s %d: %v, %v", name, n, took, err)
			}
		}
	}
	l.Close()
	if <-done == nil {
		t.Error("no error after Close")
	}
}

// TestStrangers: what does not speak tcpbench, or leaves early, is an error.
func TestStrangers(t *testing.T) {
	for said, want := range map[string]string{"GET / HTTP/1.1\r\n": "no head", "GET": "EOF", "\x00\x00\x00\x00\x00\x00\x00\x00\x05abc": "EOF"} {
		here, there := net.Pipe()
		go func() {
			io.WriteString(here, said)
			here.Close()
		}()
		if err := answer(there); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", said, err, want)
		}
		there.Close()
	}
}

func TestBytes(t *testing.T) {
	for s, want := range map[string]uint64{"1": 1, "64K": 64e3, "10M": 10e6, "2G": 2e9} {
		if n, err := bytes(s); n != want || err != nil {
			t.Errorf("%s: %d, %v", s, n, err)
		}
	}
	for _, s := range []string{"", "M", "0", "-1", "10T", "99999999999G"} {
		if n, err := bytes(s); err == nil {
			t.Errorf("%q: %d", s, n)
		}
	}
}

func TestSummary(t *testing.T) {
	var s summary
	for _, v := range []float64{2, 4, 4, 4, 5, 5, 7, 9} {
		s.add(v)
	}
	if s.mean != 5 || math.Abs(s.deviation()-math.Sqrt(32.0/7)) > 1e-12 || s.least != 2 || s.most != 9 {
		t.Errorf("%+v, %v", s, s.deviation())
	}
}
