package main

import (
	"bytes"
	"net"
	"testing"
	"time"

	"yolk/apps/udpkv/kv"
)

// TestLateAnswer: when a request to set a key was repeated, its second answer may
// come among those to other requests, and is not one of them.
func TestLateAnswer(t *testing.T) {
	server, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	go func() {
		store, buf := kv.NewStore(1<<20), make([]byte, kv.MaxData)
		var late []byte // the last answer to Set
		for {
			n, from, err := server.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			if buf[0] == kv.Get {
				server.WriteToUDPAddrPort(late, from)
			}
			n = store.Serve(buf, n)
			if buf[0] == kv.Set {
				late = bytes.Clone(buf[:n])
			}
			server.WriteToUDPAddrPort(buf[:n], from)
		}
	}()
	conn, err := net.Dial("udp4", server.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c := &client{conn: conn, keys: 5, size: 7, window: 4}
	if err := c.fill(); err != nil {
		t.Fatal(err)
	}
	if n, _, err := c.run(50 * time.Millisecond); err != nil || n == 0 {
		t.Errorf("%d answers: %v", n, err)
	}
}
