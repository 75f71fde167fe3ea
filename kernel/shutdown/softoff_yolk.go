//go:build yolk && amd64

package shutdown

import _ "unsafe" // for go:linkname

// softOff switches the machine off if it can; it returns if not. The kernel's, which
// knows where the firmware's tables are.
//
//go:linkname softOff yolk/kernel/boot.softOff
func softOff()
