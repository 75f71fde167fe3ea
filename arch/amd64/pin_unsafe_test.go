package amd64

import _ "unsafe" // for go:linkname

// procPin keeps the calling goroutine from being preempted, and the world from being
// stopped, until procUnpin: as a KVM that writes is, for the processor that reads.

//go:linkname procPin runtime.procPin
func procPin() int

//go:linkname procUnpin runtime.procUnpin
func procUnpin()
