//go:build !yolk

// Package console is empty on the host; see console.go.
package console
