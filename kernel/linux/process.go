package linux

import (
	"yolk/arch"
	"yolk/kernel/mem"
)

// What a process may ask about itself. There is one process, its user is root
// and it may do everything.

// sysPrctl (option, value): the one option is a flag that each thread keeps.
func sysPrctl(f *arch.Frame) {
	const getKeepCaps, setKeepCaps = 7, 8
	t := current()
	f.Return(0)
	switch {
	case f.A0() == getKeepCaps && t.KeepCaps:
		f.Return(1)
	case f.A0() == getKeepCaps:
	case f.A0() == setKeepCaps && f.A1() <= 1:
		t.KeepCaps = f.A1() == 1
	default:
		f.Return(fail(errINVAL))
	}
}

// sysCapget (*header, *data): version 3 has two structures of effective,
// permitted and inheritable capabilities (capget(2)); all are there.
func sysCapget(f *arch.Frame) {
	const version, all = 0x20080522, 1<<41 - 1
	if !user(f.A0(), 8) {
		f.Return(fail(errFAULT))
		return
	}
	if *u32(f.A0()) != version {
		*u32(f.A0()) = version
		f.Return(fail(errINVAL))
		if f.A1() == 0 {
			f.Return(0)
		}
		return
	}
	if !user(f.A1(), 24) {
		f.Return(fail(errFAULT))
		return
	}
	clear(mem.Bytes(uintptr(f.A1()), 24))
	*u32(f.A1()), *u32(f.A1() + 4) = all&(1<<32-1), all&(1<<32-1)
	*u32(f.A1() + 12), *u32(f.A1() + 16) = all>>32, all>>32
	f.Return(0)
}
