package syscalls

import (
	"yolk/arch"
	"yolk/kernel/abi/assert"
	"yolk/kernel/clock"
	"yolk/kernel/klog"
	"yolk/kernel/mem"
	"yolk/kernel/sched"
)

// sysNoFile: the runtime works only with descriptors it opened itself, and
// those opens fail.
func sysNoFile(f *arch.Frame) { f.Return(fail(errBADF)) }

// sysClose: the runtime closes what it failed to open.
func sysClose(f *arch.Frame) { f.Return(standardOnly(f.A0())) }

// sysFcntl: at its start the runtime makes sure that descriptors 0 to 2 exist.
func sysFcntl(f *arch.Frame) { f.Return(standardOnly(f.A0())) }

// standardOnly is the answer for a descriptor of which only 0 to 2 exist here.
func standardOnly(fd uint64) uint64 { return status(fd <= 2, errBADF) }

// sysWrite serves the runtime's own output, a panic's traceback for instance.
func sysWrite(f *arch.Frame) {
	if f.A0() != 1 && f.A0() != 2 {
		f.Return(fail(errBADF))
		return
	}
	consoleWrite(f, f.A1(), f.A2())
}

func sysConsoleWrite(f *arch.Frame) { consoleWrite(f, f.A0(), f.A1()) }

func consoleWrite(f *arch.Frame, p, n uint64) {
	if !user(p, n) {
		f.Return(fail(errFAULT))
		return
	}
	klog.Write(mem.Bytes(uintptr(p), n))
	f.Return(n)
}

func sysConsoleRead(f *arch.Frame) {
	if !user(f.A0(), f.A1()) {
		f.Return(fail(errFAULT))
		return
	}
	f.Return(uint64(klog.ReadInput(mem.Bytes(uintptr(f.A0()), f.A1()))))
}

// Hostname is what uname reports; set at boot.
var Hostname [65]byte

// sysSethostname (p, n).
func sysSethostname(f *arch.Frame) {
	if f.A1() > 64 {
		f.Return(fail(errINVAL))
		return
	}
	if !user(f.A0(), f.A1()) {
		f.Return(fail(errFAULT))
		return
	}
	clear(Hostname[:])
	copy(Hostname[:], mem.Bytes(uintptr(f.A0()), f.A1()))
	f.Return(0)
}

// sysUname fills struct utsname: six fields of 65 bytes. The release is the
// Linux whose behaviour Go may assume.
func sysUname(f *arch.Frame) {
	const field = 65
	if !user(f.A0(), 6*field) {
		f.Return(fail(errFAULT))
		return
	}
	b := mem.Bytes(uintptr(f.A0()), 6*field)
	clear(b)
	copy(b, "Linux")
	copy(b[field:], Hostname[:64])
	copy(b[2*field:], "6.1.0-yolk")
	copy(b[3*field:], "#1 Yolk unikernel")
	copy(b[4*field:], processorName)
	f.Return(0)
}

// sysGetrusage (who, *rusage): 18 words; user time, maximum resident KiB and
// minor faults mean something here.
func sysGetrusage(f *arch.Frame) {
	if !user(f.A1(), 144) {
		f.Return(fail(errFAULT))
		return
	}
	clear(mem.Bytes(uintptr(f.A1()), 144))
	used := clockRead(clockProcess)
	*u64(f.A1()), *u64(f.A1() + 8) = used/second, used%second/1000
	*u64(f.A1() + 32) = mem.Stats().Peak / 1024
	*u64(f.A1() + 64) = mem.Faults()
	f.Return(0)
}

// sysSysinfo fills struct sysinfo: uptime, loads, total and free RAM, ...,
// processes, unit.
func sysSysinfo(f *arch.Frame) {
	if !user(f.A0(), 112) {
		f.Return(fail(errFAULT))
		return
	}
	clear(mem.Bytes(uintptr(f.A0()), 112))
	s := mem.Stats()
	*u64(f.A0()) = clock.Now() / second
	*u64(f.A0() + 32), *u64(f.A0() + 40) = s.Total, s.Free
	*u32(f.A0() + 80) = sched.Snapshot().Threads
	*u32(f.A0() + 104) = 1
	f.Return(0)
}

// sysGetpriority returns 20 - nice, as the call itself does.
func sysGetpriority(f *arch.Frame) { f.Return(20) }

// sysCrash (how) breaks the kernel on purpose, so that a test can see how it
// fails: 0 follows a bad pointer, 2 is an assertion that fails if there are any, anything
// else overflows the kernel stack.
func sysCrash(f *arch.Frame) {
	if assert.On {
		klog.Assert(f.A0() != 2)
	}
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
