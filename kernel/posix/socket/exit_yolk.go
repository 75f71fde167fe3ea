//go:build yolk

package socket

import _ "unsafe" // for go:linkname

// atExit has f called when the program ends by os.Exit or main's return. The
// boot overlay adds it to package runtime.
//
//go:linkname atExit runtime.yolkAtExit
func atExit(f func())

// beforeSignal waits until a signal ends the program, calls f before, and does not
// return. The boot overlay adds it to package runtime.
//
//go:linkname beforeSignal runtime.yolkBeforeSignal
func beforeSignal(f func())
