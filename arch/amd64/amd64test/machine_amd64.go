// Package amd64test is a machine for tests: kernel code runs in them as it is, as a
// thread of an ordinary process. What the processor refuses there (registers of its
// own, ports, translations, halting) ends in a signal, whose handler does it in a
// model that a test sets up and looks at; what is plain memory in the machine, such as
// an APIC's registers, is plain memory here, at the same address.
//
// CPUID cannot be refused: that is the processor of the host.
//
// A process has one machine, which a test enters. Its goroutine is the first processor
// and bound to its thread; others may be further processors, if no two do what is
// emulated at the same time. The package may import arch and the standard library.
package amd64test

import (
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"testing"
	"unsafe"

	"yolk/arch/amd64"
)

// An Op is what the processor did.
type Op uint8

const (
	Invalidate Op = iota // the translation at address At
	ReadCR               // control register At
	WriteCR
	ReadMSR // model-specific register At
	WriteMSR
	In // port At
	Out
	WriteXCR // extended control register At
	Load     // a descriptor table or the task register, with the operand Value
	Reset    // by losing its interrupt descriptor table
	Halt     // with interrupts off: for good
)

// An Event is one such instruction, with the value that was read or written.
type Event struct {
	Op    Op
	At    uint64
	Value uint64
}

const (
	maxEvents = 1 << 16
	maxMSRs   = 32
	maxScript = 256
)

// The machine. Enter clears it.
var m struct {
	events [maxEvents]Event
	count  int

	cr      [9]uint64
	msrs    [maxMSRs]struct{ reg, value uint64 }
	numMSRs int
	ports   [1 << 16]uint32
	script  [maxScript]struct {
		port  uint16
		value uint32
	}
	scripted int // entries of script
	enabled  bool

	pit  struct{ hz, latched uint64 }
	cmos struct {
		index uint8
		regs  [128]uint8
	}
}

// cpus are the processors that there have been, to which only GS bases point.
var cpus struct {
	sync.Mutex
	kept map[*amd64.CPU]bool
}

var install = sync.OnceValue(func() (e syscall.Errno) {
	// As the kernel has it: handler, flags, restorer, mask. All but the first are the
	// Go runtime's.
	var action [4]uintptr
	at := uintptr(unsafe.Pointer(&action))
	if _, _, e = syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(syscall.SIGSEGV), 0, at, 8, 0, 0); e != 0 {
		return e
	}
	runtimes, action[0] = action[0], trapPC()
	_, _, e = syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(syscall.SIGSEGV), at, 0, 8, 0, 0)
	return e
})

// runtimes is the Go runtime's own handler.
var runtimes uintptr

func trapPC() uintptr

// Enter makes the test processor 0 of a machine in which nothing has happened yet.
func Enter(t testing.TB) {
	t.Helper()
	if e := install(); e != 0 {
		t.Fatal(os.NewSyscallError("rt_sigaction", e))
	}
	m.count, m.numMSRs, m.scripted, m.enabled = 0, 0, 0, false
	m.cr, m.pit.hz, m.cmos.regs = [9]uint64{}, 0, [128]uint8{}
	clear(m.ports[:])
	Become(t, new(amd64.CPU), 0)
}

// Become makes the test, or another goroutine of it, the processor with that number.
func Become(t testing.TB, c *amd64.CPU, id int) {
	t.Helper()
	const setGS = 0x1001
	runtime.LockOSThread() // for good: a thread with another GS base ends with the goroutine
	cpus.Lock()
	if cpus.kept == nil {
		cpus.kept = map[*amd64.CPU]bool{}
	}
	cpus.kept[c] = true
	cpus.Unlock()
	c.ID, c.Self = uintptr(id), uintptr(unsafe.Pointer(c))
	if _, _, e := syscall.RawSyscall(syscall.SYS_ARCH_PRCTL, setGS, c.Self, 0); e != 0 {
		t.Fatal(os.NewSyscallError("arch_prctl", e))
	}
}

// Take returns what has happened since the last call, of the kinds that are asked
// for; all, if none are.
func Take(kinds ...Op) (events []Event) {
	for _, e := range m.events[:min(m.count, maxEvents)] {
		wanted := len(kinds) == 0
		for _, k := range kinds {
			wanted = wanted || e.Op == k
		}
		if wanted {
			events = append(events, e)
		}
	}
	m.count = 0
	return events
}

// SetMSR sets what a model-specific register holds.
func SetMSR(reg uint32, v uint64) { writeMSR(uint64(reg), v) }

// MSR returns what a model-specific register holds, 0 for one that was never set.
func MSR(reg uint32) uint64 { return readMSR(uint64(reg)) }

// SetPort sets what a port shows.
func SetPort(port uint16, v uint32) { m.ports[port] = v }

// Script makes a port show values in turn, before it shows what SetPort has set.
func Script(port uint16, values ...uint32) {
	for _, v := range values {
		m.script[m.scripted].port, m.script[m.scripted].value = port, v
		m.scripted++
	}
}

// SetPIT makes the interval timer count, at 1193182 Hz on a machine whose time-stamp
// counter has that rate.
func SetPIT(tscHz uint64) { m.pit.hz = tscHz }

// SetCMOS sets a register of the real-time clock's chip.
func SetCMOS(reg, v uint8) { m.cmos.regs[reg] = v }

// Ends calls f, which must end the machine, and reports how it did.
func Ends(f func()) (how Op, ended bool) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	before := m.count
	defer func() {
		if r := recover(); r != nil {
			if m.count > before {
				how = m.events[m.count-1].Op
			}
			if ended = how == Halt || how == Reset; !ended {
				panic(r)
			}
		}
	}()
	f()
	return 0, false
}

// mapped is where Map has made memory.
var mapped = map[uintptr]bool{}

// Map makes n bytes of memory where a device has its registers, all zero.
func Map(t testing.TB, at, n uintptr) {
	t.Helper()
	if mapped[at] {
		clear(unsafe.Slice((*byte)(unsafe.Pointer(at)), n))
		return
	}
	const fixedNoReplace = 0x100000
	_, _, e := syscall.RawSyscall6(syscall.SYS_MMAP, at, n, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_PRIVATE|syscall.MAP_ANON|fixedNoReplace, ^uintptr(0), 0)
	if e != 0 {
		t.Fatal(os.NewSyscallError("mmap", e))
	}
	mapped[at] = true
}

// Direct is where the kernel sees physical address 0.
const Direct = 0xffff800000000000

// RAM returns n bytes of memory as a machine's, for good: their physical address is such that
// the kernel's direct map has them where they are.
func RAM(t testing.TB, n int) (pa uint64) {
	t.Helper()
	b, err := syscall.Mmap(-1, 0, n, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	va := uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b))))
	return va - Direct
}

// Addr is where the kernel, and the test, see physical address pa.
func Addr(pa uint64) uintptr {
	const direct = Direct
	return uintptr(pa + direct)
}
