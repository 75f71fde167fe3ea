//go:build !yolk

// Package rpi3 is empty on the host; see rpi3.go.
package rpi3
