//go:build arm64

package arm64

// Frame is the register image of an interrupted thread.
type Frame struct {
	X     [31]uint64
	SP    uint64 // SP_EL0
	PC    uint64 // ELR_EL1
	Flags uint64 // SPSR_EL1
	Orig0 uint64 // X0 on entry: a system call's result takes its place there
}

// A system call as the program makes it: the number in X8, arguments from X0
// on. Arguments stay valid after Return.

// Number returns the system call's number.
func (f *Frame) Number() uint64 { return f.X[8] }

// A0 to A5 return the system call's arguments.
func (f *Frame) A0() uint64 { return f.Orig0 }
func (f *Frame) A1() uint64 { return f.X[1] }
func (f *Frame) A2() uint64 { return f.X[2] }
func (f *Frame) A3() uint64 { return f.X[3] }
func (f *Frame) A4() uint64 { return f.X[4] }
func (f *Frame) A5() uint64 { return f.X[5] }

// Return sets the system call's result.
func (f *Frame) Return(v uint64) { f.X[0] = v }

// Saved program status (C5.2.19).
const (
	flagsEL1t = 4               // on SP_EL0
	flagsMask = 1<<9 | 1<<6     // debug exceptions and FIQ masked; SError and IRQ open
	FlagsUser = 0xf<<28 | 1<<24 // what a program may change: NZCV, DIT
	FlagsBoot = flagsEL1t | flagsMask
)

// Start prepares a blank Frame for a thread that begins at pc, interrupts on.
func (f *Frame) Start(pc, sp uint64) {
	f.PC, f.SP, f.Flags = pc, sp, FlagsBoot
}
