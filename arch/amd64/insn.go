//go:build amd64

package amd64

// Instructions without a Go form. All are safe in kernel context.

func gsSelf() uintptr
func loadGDT(desc uintptr)
func loadIDT(desc uintptr)
func loadTR(selector uint16)
func writeXCR0(v uint64)
func syscallEntryPC() uintptr
func vectorTablePC() uintptr
func goEntryPC() uintptr
func trampolinePC() uintptr
func secondaryEntryPC() uintptr
func bootGDTAddr() uintptr
func readCR0() uint64

// Out8, Out16, Out32 and In8, In16, In32 access I/O ports.
func Out8(port uint16, v uint8)
func Out16(port uint16, v uint16)
func Out32(port uint16, v uint32)
func In8(port uint16) uint8
func In16(port uint16) uint16
func In32(port uint16) uint32

// CPUID returns EAX, EBX, ECX, EDX of a leaf and subleaf.
func CPUID(leaf, sub uint32) (a, b, c, d uint32)

// ReadMSR and WriteMSR access a model-specific register.
func ReadMSR(r uint32) (v uint64)
func WriteMSR(r uint32, v uint64)

// Fence makes what was written before it visible before the next WriteMSR.
func Fence()

// ReadCR3, WriteCR3, ReadCR4 and WriteCR4 access a control register (SDM 3A, 2.5).
func ReadCR3() uint64
func WriteCR3(v uint64)
func ReadCR4() uint64
func WriteCR4(v uint64)

// InvalidatePage drops va's translation on this processor.
func InvalidatePage(va uintptr)

// TSC returns the time-stamp counter.
func TSC() uint64

// RDRAND and RDSEED return a word from the processor's random number
// generator; ok is false when it had none ready.
func RDRAND() (v uint64, ok bool)
func RDSEED() (v uint64, ok bool)

// WaitForInterrupt enables interrupts, halts until one has been handled, and
// returns with interrupts disabled. One that comes before the halt ends it too:
// the trap handler returns to the caller.
func WaitForInterrupt()

// Halt stops this processor for good.
func Halt()

// Reset makes the processor shut down (SDM 3A, 6.15: a fault that no handler can
// be found for, three times), upon which a machine starts again.
func Reset()

// Pause is a spin-loop hint.
func Pause()

// GoEntry returns the address of the Go runtime's own entry point.
func GoEntry() uintptr { return goEntryPC() }
