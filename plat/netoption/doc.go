//go:build !yolk

// Package netoption is empty on the host; see option.go.
package netoption
