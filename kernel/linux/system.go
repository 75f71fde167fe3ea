package linux

import (
	"yolk/arch/amd64"
	"yolk/kernel/clock"
	"yolk/kernel/klog"
	"yolk/kernel/mem"
	"yolk/kernel/sched"
)

// sysNoFile: the runtime works only with descriptors it opened itself, and
// those opens fail.
func sysNoFile(f *amd64.Frame) { f.AX = fail(errBADF) }

// sysClose: the runtime closes what it failed to open.
func sysClose(f *amd64.Frame) { f.AX = standardOnly(f.DI) }

// sysFcntl: at its start the runtime makes sure that descriptors 0 to 2 exist.
func sysFcntl(f *amd64.Frame) { f.AX = standardOnly(f.DI) }

// standardOnly is the answer for a descriptor of which only 0 to 2 exist here.
func standardOnly(fd uint64) uint64 { return status(fd <= 2, errBADF) }

// sysWrite serves the runtime's own output, a panic's traceback for instance.
func sysWrite(f *amd64.Frame) {
	if f.DI != 1 && f.DI != 2 {
		f.AX = fail(errBADF)
		return
	}
	consoleWrite(f, f.SI, f.DX)
}

func sysConsoleWrite(f *amd64.Frame) { consoleWrite(f, f.DI, f.SI) }

func consoleWrite(f *amd64.Frame, p, n uint64) {
	if !user(p, n) {
		f.AX = fail(errFAULT)
		return
	}
	klog.Write(mem.Bytes(uintptr(p), n))
	f.AX = n
}

// Hostname is what uname reports; set at boot.
var Hostname [65]byte

// sysSethostname (p, n).
func sysSethostname(f *amd64.Frame) {
	if f.SI > 64 {
		f.AX = fail(errINVAL)
		return
	}
	if !user(f.DI, f.SI) {
		f.AX = fail(errFAULT)
		return
	}
	clear(Hostname[:])
	copy(Hostname[:], mem.Bytes(uintptr(f.DI), f.SI))
	f.AX = 0
}

// sysUname fills struct utsname: six fields of 65 bytes. The release is the
// Linux whose behaviour Go may assume.
func sysUname(f *amd64.Frame) {
	const field = 65
	if !user(f.DI, 6*field) {
		f.AX = fail(errFAULT)
		return
	}
	b := mem.Bytes(uintptr(f.DI), 6*field)
	clear(b)
	copy(b, "Linux")
	copy(b[field:], Hostname[:64])
	copy(b[2*field:], "6.1.0-yolk")
	copy(b[3*field:], "#1 Yolk unikernel")
	copy(b[4*field:], "x86_64")
	f.AX = 0
}

// Resource limits (struct rlimit64: current, maximum).
const (
	limitStack    = 3
	limitFiles    = 7
	limitInfinity = 1<<64 - 1
)

func putLimit(addr, resource uint64) {
	v := uint64(limitInfinity)
	switch resource {
	case limitStack:
		v = 8 << 20
	case limitFiles:
		v = 1 << 16
	}
	*u64(addr), *u64(addr + 8) = v, v
}

// sysPrlimit (pid, resource, *new, *old): limits can be read; setting them
// changes nothing.
func sysPrlimit(f *amd64.Frame) {
	if f.R10 != 0 {
		if !user(f.R10, 16) {
			f.AX = fail(errFAULT)
			return
		}
		putLimit(f.R10, f.SI)
	}
	f.AX = 0
}

func sysGetrlimit(f *amd64.Frame) {
	if !user(f.SI, 16) {
		f.AX = fail(errFAULT)
		return
	}
	putLimit(f.SI, f.DI)
	f.AX = 0
}

// sysGetrusage (who, *rusage): 18 words; user time, maximum resident KiB and
// minor faults mean something here.
func sysGetrusage(f *amd64.Frame) {
	if !user(f.SI, 144) {
		f.AX = fail(errFAULT)
		return
	}
	clear(mem.Bytes(uintptr(f.SI), 144))
	used := clockRead(clockProcess)
	*u64(f.SI), *u64(f.SI + 8) = used/second, used%second/1000
	*u64(f.SI + 32) = mem.Stats().Peak / 1024
	*u64(f.SI + 64) = mem.Faults()
	f.AX = 0
}

// sysSysinfo fills struct sysinfo: uptime, loads, total and free RAM, ...,
// processes, unit.
func sysSysinfo(f *amd64.Frame) {
	if !user(f.DI, 112) {
		f.AX = fail(errFAULT)
		return
	}
	clear(mem.Bytes(uintptr(f.DI), 112))
	s := mem.Stats()
	*u64(f.DI) = clock.Now() / second
	*u64(f.DI + 32), *u64(f.DI + 40) = s.Total, s.Free
	*u32(f.DI + 80) = sched.Snapshot().Threads
	*u32(f.DI + 104) = 1
	f.AX = 0
}

// sysGetpriority returns 20 - nice, as the call itself does.
func sysGetpriority(f *amd64.Frame) { f.AX = 20 }
