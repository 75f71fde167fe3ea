package syscalls

import (
	"yolk/arch"
	"yolk/kernel/mem"
	"yolk/kernel/shutdown"
)

// What a process may ask about itself. There is one process, its user is root
// and it may do everything.

// sysReboot (magic, magic2, command) starts the machine again or switches it off
// (reboot(2)).
func sysReboot(f *arch.Frame) {
	const (
		magic    = 0xfee1dead
		magic2   = 672274793
		cadOff   = 0
		cadOn    = 0x89abcdef // Ctrl-Alt-Del: there is no such key
		restart  = 0x01234567
		halt     = 0xcdef0123
		powerOff = 0x4321fedc
	)
	command := uint32(f.A2())
	switch {
	case uint32(f.A0()) != magic || uint32(f.A1()) != magic2:
		f.Return(fail(errINVAL))
	case command == restart:
		shutdown.Reset()
		f.Return(fail(errINVAL))
	case command == halt, command == powerOff:
		shutdown.Off(0)
	case command == cadOn, command == cadOff:
		f.Return(0)
	default:
		f.Return(fail(errINVAL))
	}
}

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
