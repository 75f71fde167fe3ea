//go:build !yolk || !arm64

// Package netdev is empty on the host; see netdev.go.
package netdev
