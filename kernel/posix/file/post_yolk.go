//go:build yolk

package file

import _ "unsafe" // for go:linkname

// runtimePost readies the goroutines that the runtime's poller has parked on
// fd. The boot overlay adds it to package runtime; any goroutine may call it.
//
//go:linkname runtimePost runtime.netpollPost
func runtimePost(fd uintptr, mode int32)

// post is where Pollable.Post sends descriptors.
var post func(fd uintptr, mode int32) = runtimePost

// The runtime asks this in netpollopen.
//
//go:linkname pollable runtime.yolkPollable

// Package syscall calls this for the calls of the overlay's table.
//
//go:linkname Handle syscall.yolkCall

// seedRandom seeds the kernel's random number generator from a device, when
// the processor had nothing for it. The platform provides it at link time.
//
//go:linkname seedRandom
func seedRandom() bool
