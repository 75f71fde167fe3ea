package linux

import "yolk/arch"

// Calls of Yolk's own. The runtime's poller (boot/overlay), kernel/posix/file and
// kernel/posix/device make them.
const (
	sysYolkFirst = 1001

	SysConsoleWrite = 1001 // (p, n)
	SysPoll         = 1002 // (ns)
	SysPollWake     = 1003 // ()
	SysDMAAlloc     = 1004 // (order): physical address
	SysDMAFree      = 1005 // (physical address, order)
	SysMapDevice    = 1006 // (physical address, n): virtual address
	SysRandom       = 1007 // (p, n, how): getrandom, whose own number kernel/posix/file serves
	SysCrash        = 1008 // (how): break the kernel, for tests of its failing
	SysSeed         = 1009 // (*[SeedWords]uint64): seed the random number generator
	SysTimers       = 1010 // (): number of timers that run
	SysWatch        = 1011 // (word, val, ns): the monitor thread's wait
	SysConsoleRead  = 1012 // (p, n): bytes of input that had arrived
)

var yolkCalls = [...]func(*arch.Frame){
	SysConsoleWrite - sysYolkFirst: sysConsoleWrite,
	SysPoll - sysYolkFirst:         sysPoll,
	SysPollWake - sysYolkFirst:     sysPollWake,
	SysDMAAlloc - sysYolkFirst:     sysDMAAlloc,
	SysDMAFree - sysYolkFirst:      sysDMAFree,
	SysMapDevice - sysYolkFirst:    sysMapDevice,
	SysRandom - sysYolkFirst:       sysRandom,
	SysCrash - sysYolkFirst:        sysCrash,
	SysSeed - sysYolkFirst:         sysSeed,
	SysTimers - sysYolkFirst:       sysTimers,
	SysWatch - sysYolkFirst:        sysWatch,
	SysConsoleRead - sysYolkFirst:  sysConsoleRead,
}

func sysZero(f *arch.Frame)    { f.Return(0) }
func sysOne(f *arch.Frame)     { f.Return(1) }
func sysNoEntry(f *arch.Frame) { f.Return(fail(errNOENT)) }
func sysNoChild(f *arch.Frame) { f.Return(fail(errCHILD)) }
