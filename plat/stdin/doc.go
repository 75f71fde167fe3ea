//go:build !yolk

// Package stdin is empty on the host; see stdin.go.
package stdin
