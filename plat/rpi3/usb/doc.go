//go:build !yolk || !arm64

// Package usb is empty on the host; see usb.go.
package usb
