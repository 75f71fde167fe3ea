//go:build !yolk

// Package bus has on the host only what needs no machine; see bus.go.
package bus
