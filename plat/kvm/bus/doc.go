//go:build !yolk

// Package bus is empty on the host; see bus.go.
package bus
