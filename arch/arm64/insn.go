//go:build arm64

package arm64

// Instructions without a Go form. All are safe in kernel context.

func readTPIDR() uintptr
func readMPIDR() uint64
func goEntryPC() uintptr
func signalReturnPC() uintptr
func secondaryPC() uintptr
func parkPC() uintptr
func sendEvent()
func useTables(root uint64)

// GoEntry returns the address of the Go runtime's own entry point.
func GoEntry() uintptr { return goEntryPC() }

// SignalReturn returns the address of code that makes the call rt_sigreturn,
// where a signal handler returns to.
func SignalReturn() uintptr { return signalReturnPC() }

// UseTables makes this CPU translate by the top table at physical address root.
// Its upper half is that of the upper half of the address space, of 47 bits each.
func UseTables(root uint64) {
	kernelRoot = root
	useTables(root)
}

// kernelRoot is what secondary processors use, which come later. They read it with
// the boot sequence's tables, and what that had for BSS is someone else's memory
// by then: the initialiser keeps it in the data segment.
var kernelRoot uint64 = 1

// InvalidatePage drops va's translation on all processors. What was written to
// the tables before is what any of them finds afterwards.
func InvalidatePage(va uintptr)

// FlushTLB drops all translations on this processor.
func FlushTLB()

// SyncTables makes entries that were added to the page tables visible to the
// table walks of all processors.
func SyncTables()

// Counter returns the virtual counter, CounterHz its rate.
func Counter() uint64
func CounterHz() uint64

// SetTimer makes this CPU's virtual timer interrupt when the counter reaches
// at; StopTimer makes it keep quiet.
func SetTimer(at uint64)
func StopTimer()

// Identification registers (D19.2).
func ReadISAR0() uint64
func ReadISAR1() uint64
func ReadPFR0() uint64

// RNDR and RNDRRS return a word from the processor's random number generator,
// RNDRRS after reseeding it; ok is false when it had none ready. They exist where
// HasRNDR says so.
func RNDR() (v uint64, ok bool)
func RNDRRS() (v uint64, ok bool)

// HasRNDR tells whether there is a random number generator (ID_AA64ISAR0_EL1).
func HasRNDR() bool { return ReadISAR0()>>60 != 0 }

// HasGICRegisters tells whether the interrupt controller's CPU interface is in
// system registers (GICv3).
func HasGICRegisters() bool { return ReadPFR0()>>24&15 != 0 }

// The GICv3 CPU interface (IHI 0069, 12.2): Enable, acknowledge, end, send.
func GICEnable()
func GICAcknowledge() uint64
func GICEnd(intid uint64)
func GICSend(sgi uint64)

// HVC and SMC make what was written before visible to other processors and call
// the hypervisor's or the secure monitor's firmware (SMC calling convention, DEN
// 0028).
func HVC(fn, a1, a2, a3 uint64) uint64
func SMC(fn, a1, a2, a3 uint64) uint64

// Semihost asks a debugger or emulator for an operation. Where none listens the
// instruction is undefined: SemihostPC is its address, for who serves that.
func Semihost(op uint64, arg uintptr)
func SemihostPC() uintptr

// TryLock changes *lock from 0 to 1 and reports whether it did; what its owner
// wrote before is visible then.
//
//go:noescape
func TryLock(lock *uint32) (ok bool)

// WaitForInterrupt halts until an interrupt has been handled, and returns with
// interrupts masked, as it was called. A pending interrupt ends the wait though
// masked, so that none slips in between.
func WaitForInterrupt()

// Halt stops this processor for good.
func Halt()

// Pause is a spin-loop hint.
func Pause()
