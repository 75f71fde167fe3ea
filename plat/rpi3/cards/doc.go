//go:build !yolk || !arm64

// Package cards is empty on the host; see cards.go.
package cards
