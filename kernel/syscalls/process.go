package syscalls

import (
	"yolk/arch"
	"yolk/kernel/mem"
	"yolk/kernel/sched"
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

// sysPrctl (option, value): a flag and a name that each thread keeps, and what libraries
// ask for or give up that nobody here has (prctl(2)).
func sysPrctl(f *arch.Frame) {
	const (
		setDeathSignal = 1 // of a parent, which there is not
		getDumpable    = 3
		setDumpable    = 4
		getKeepCaps    = 7
		setKeepCaps    = 8
		setName        = 15
		getName        = 16
		readBounding   = 23 // whether a capability is in the set
		setNoNewPrivs  = 38
		getNoNewPrivs  = 39
		lastCapability = 40
	)
	t := current()
	f.Return(0)
	switch option, value := f.A0(), f.A1(); {
	case option == getKeepCaps && t.KeepCaps, option == getNoNewPrivs && t.NoNewPrivs, option == getDumpable, option == readBounding && value <= lastCapability:
		f.Return(1)
	case option == setNoNewPrivs && value == 1:
		t.NoNewPrivs = true
	case option == getKeepCaps, option == getNoNewPrivs, option == setDumpable && value <= 1, option == setDeathSignal && value <= 64:
	case option == setKeepCaps && value <= 1:
		t.KeepCaps = value == 1
	case option == getName || option == setName:
		prctlName(f, t, option == setName)
	default:
		f.Return(fail(errINVAL))
	}
}

// programName is a thread's until it has another, in the order of memory.
const programName = 'a' | 'p'<<8 | 'p'<<16

// prctlName copies a thread's name to the program, or a new one from there.
func prctlName(f *arch.Frame, t *sched.Thread, set bool) {
	at := f.A1()
	if !set {
		if !user(at, 16) {
			f.Return(fail(errFAULT))
			return
		}
		*u64(at), *u64(at + 8) = t.Name[0], t.Name[1]
		if t.Name == [2]uint64{} {
			*u64(at) = programName
		}
		return
	}
	var name [2]uint64
	for i := range uint64(15) {
		if !user(at+i, 1) {
			f.Return(fail(errFAULT))
			return
		}
		c := *(*byte)(Pointer(at + i))
		if c == 0 {
			break
		}
		name[i/8] |= uint64(c) << (i % 8 * 8)
	}
	t.Name = name
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
