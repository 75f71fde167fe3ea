//go:build !yolk

// Package volumes is empty on the host; see volumes.go.
package volumes
