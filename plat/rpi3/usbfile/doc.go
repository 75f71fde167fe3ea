//go:build !yolk || !arm64

// Package usbfile is empty on the host; see usbfile.go.
package usbfile
