//go:build !yolk

// Package log is empty on the host; see log.go.
package log
