//go:build !yolk

// Package sockets is empty on the host; see sockets.go.
package sockets
