// Package sockets is the key-value server on UDP sockets: portable, and with all
// the work of a network stack for each request.
//
// It may import apps/udpkv/kv and the standard library.
package sockets

import (
	"net"

	"yolk/apps/udpkv/kv"
)

// Serve answers requests until the socket is closed or fails.
func Serve(conn *net.UDPConn, store *kv.Store) error {
	buf := make([]byte, kv.MaxData+1) // longer requests show
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return err
		}
		if n = store.Serve(buf, n); n == 0 {
			continue
		}
		if _, err := conn.WriteToUDPAddrPort(buf[:n], from); err != nil {
			return err
		}
	}
}
