//go:build !yolk

// Package status is empty on the host; see status.go.
package status
