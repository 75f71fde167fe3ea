package socket

import (
	"bytes"
	"syscall"
	"testing"
	"time"
)

// What was written and what was closed before the end arrives at the peer.
func TestDrain(t *testing.T) {
	guest, host, _ := linked(t)
	if err := guest.Configure("eth0", staticGuest); err != nil {
		t.Fatal(err)
	}
	l := open(t, host, syscall.AF_INET, syscall.SOCK_STREAM, 0)
	to := l.bindTo("10.0.2.2:80")
	l.must(l.call(syscall.SYS_LISTEN, 4))
	want := bytes.Repeat([]byte("x"), 100<<10)
	got := make(chan int, 2)
	for _, closed := range []bool{true, false} {
		k := open(t, guest, syscall.AF_INET, syscall.SOCK_STREAM, 0)
		if e := k.dial(to); e != 0 {
			t.Fatal(e)
		}
		k.write(string(want))
		if closed {
			k.Close()
		}
		c := l.accept1()
		go func() {
			n := 0
			for p := c.read(5000); len(p) > 0; p = c.read(5000) {
				n += len(p)
			}
			got <- n
			c.Close()
		}()
	}
	if !guest.Drain(patience) {
		t.Error("the peers did not acknowledge")
	}
	for range 2 {
		if n := <-got; n != len(want) {
			t.Errorf("%d of %d bytes arrived", n, len(want))
		}
	}
}

// A peer that does not read cannot hold up the end.
func TestDrainLimit(t *testing.T) {
	guest, host, _ := linked(t)
	if err := guest.Configure("eth0", staticGuest); err != nil {
		t.Fatal(err)
	}
	l := open(t, host, syscall.AF_INET, syscall.SOCK_STREAM, 0)
	to := l.bindTo("10.0.2.2:80")
	l.must(l.call(syscall.SYS_LISTEN, 4))
	a := open(t, guest, syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if e := a.dial(to); e != 0 {
		t.Fatal(e)
	}
	for e := syscall.Errno(0); e != syscall.EAGAIN; {
		_, e = a.Write(make([]byte, 1<<16))
	}
	begin := time.Now()
	if guest.Drain(20 * time.Millisecond) {
		t.Error("all was delivered to a peer that does not read")
	}
	if d := time.Since(begin); d > patience/2 {
		t.Errorf("took %v", d)
	}
}
