//go:build !yolk

// Package files is empty on the host; see files.go.
package files
