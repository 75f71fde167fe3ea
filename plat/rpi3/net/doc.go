//go:build !yolk

// Package net is empty on the host; see net.go.
package net
