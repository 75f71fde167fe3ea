//go:build !yolk

// Package printonly is empty on the host; see printonly.go.
package printonly
