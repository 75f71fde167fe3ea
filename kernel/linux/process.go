package linux

import (
	"yolk/arch/amd64"
	"yolk/kernel/mem"
)

// What a process may ask about itself. There is one process, its user is root
// and it may do everything.

// sysPrctl (option, value): the one option is a flag that each thread keeps.
func sysPrctl(f *amd64.Frame) {
	const getKeepCaps, setKeepCaps = 7, 8
	t := current()
	f.AX = 0
	switch {
	case f.DI == getKeepCaps && t.KeepCaps:
		f.AX = 1
	case f.DI == getKeepCaps:
	case f.DI == setKeepCaps && f.SI <= 1:
		t.KeepCaps = f.SI == 1
	default:
		f.AX = fail(errINVAL)
	}
}

// sysCapget (*header, *data): version 3 has two structures of effective,
// permitted and inheritable capabilities (capget(2)); all are there.
func sysCapget(f *amd64.Frame) {
	const version, all = 0x20080522, 1<<41 - 1
	if !user(f.DI, 8) {
		f.AX = fail(errFAULT)
		return
	}
	if *u32(f.DI) != version {
		*u32(f.DI) = version
		f.AX = fail(errINVAL)
		if f.SI == 0 {
			f.AX = 0
		}
		return
	}
	if !user(f.SI, 24) {
		f.AX = fail(errFAULT)
		return
	}
	clear(mem.Bytes(uintptr(f.SI), 24))
	*u32(f.SI), *u32(f.SI + 4) = all&(1<<32-1), all&(1<<32-1)
	*u32(f.SI + 12), *u32(f.SI + 16) = all>>32, all>>32
	f.AX = 0
}
