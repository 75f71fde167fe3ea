package main

import _ "unsafe" // for go:linkname

// pause lets an emulator that runs one processor after the other go on to the next.
//
//go:linkname pause runtime.procyield
func pause(times uint32)
