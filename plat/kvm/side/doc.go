//go:build !yolk

// Package side is empty on the host; see side.go.
package side
