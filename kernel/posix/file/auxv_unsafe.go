package file

import _ "unsafe" // for go:linkname

// auxv is the auxiliary vector that the program was started with. The runtime
// lets packages have it that look for the processor's features.
//
//go:linkname auxv runtime.getAuxv
func auxv() []uintptr

// procAuxv is for those that look in /proc first: golang.org/x/sys/cpu would
// otherwise believe the processor's own registers, and use what is off.
func procAuxv() (b []byte) {
	for _, v := range append(auxv(), 0, 0) {
		for shift := 0; shift < 64; shift += 8 {
			b = append(b, byte(v>>shift))
		}
	}
	return b
}
