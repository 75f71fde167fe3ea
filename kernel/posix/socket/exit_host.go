//go:build !yolk

package socket

// atExit does nothing on the host, whose kernel delivers by itself.
func atExit(func()) {}

// beforeSignal does nothing either.
func beforeSignal(func()) {}
