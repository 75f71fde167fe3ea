//go:build !yolk

// Package cards is empty on the host; see cards.go.
package cards
