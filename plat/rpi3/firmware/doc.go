//go:build !yolk

// Package firmware is empty on the host; see firmware.go.
package firmware
