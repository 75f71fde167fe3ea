//go:build !yolk || !arm64

// Package net is empty on the host; see net.go.
package net
