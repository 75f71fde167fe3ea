//go:build !yolk

// Package netdev is empty on the host; see netdev.go.
package netdev
