package syscalls

import "yolk/arch"

// sysCrash (how) breaks the kernel on purpose, so that a test can see how it
// fails: 0 follows a bad pointer, anything else overflows the kernel stack.
func sysCrash(f *arch.Frame) {
	if f.A0() == 0 {
		*u32(0x10) = 1
	}
	f.Return(uint64(overflow(1)))
}

//go:noinline
func overflow(n int) int {
	var pad [512]byte
	pad[n&511] = byte(n)
	return overflow(n+1) + int(pad[0])
}
