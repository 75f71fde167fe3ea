//go:build yolk

package device

import _ "unsafe" // for go:linkname

// eventWait is the runtime's (boot/overlay).
//
//go:linkname eventWait runtime.yolkEventWait
func eventWait(i int)
