//go:build yolk

package irq

import _ "unsafe" // for go:linkname

// eventWait is the runtime's (boot/overlay).
//
//go:linkname eventWait runtime.yolkEventWait
func eventWait(i int)

// eventBreak makes the runtime's poller look at events.
//
//go:linkname eventBreak runtime.netpollBreak
func eventBreak()
