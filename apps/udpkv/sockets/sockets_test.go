package sockets

import (
	"errors"
	"net"
	"testing"

	"yolk/apps/udpkv/kv"
)

func TestServe(t *testing.T) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- Serve(conn, kv.NewStore(1<<20)) }()
	c, err := net.DialUDP("udp4", nil, conn.LocalAddr().(*net.UDPAddr))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	buf := make([]byte, kv.MaxData)
	for _, r := range []struct {
		op    byte
		value string
		want  string
	}{{kv.Set, "egg", ""}, {kv.Get, "", "egg"}} {
		c.Write([]byte("short")) // gets no answer
		c.Write(buf[:kv.Request(buf, r.op, 7, "yolk", []byte(r.value))])
		n, err := c.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		if op, status, id, v, ok := kv.Answer(buf[:n]); !ok || op != r.op || status != kv.OK || id != 7 || string(v) != r.want {
			t.Errorf("answer % x", buf[:n])
		}
	}
	conn.Close()
	if err := <-done; !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}
