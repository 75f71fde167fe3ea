//go:build amd64

package amd64

// A system call as the program makes it (System V ABI, AMD64 supplement,
// A.2.1). Arguments stay valid after Return.

// Number returns the system call's number.
func (f *Frame) Number() uint64 { return f.AX }

// A0 to A5 return the system call's arguments.
func (f *Frame) A0() uint64 { return f.DI }
func (f *Frame) A1() uint64 { return f.SI }
func (f *Frame) A2() uint64 { return f.DX }
func (f *Frame) A3() uint64 { return f.R10 }
func (f *Frame) A4() uint64 { return f.R8 }
func (f *Frame) A5() uint64 { return f.R9 }

// Return sets the system call's result.
func (f *Frame) Return(v uint64) { f.AX = v }

// Start prepares a blank Frame for a thread that begins at pc, interrupts on.
func (f *Frame) Start(pc, sp uint64) {
	f.PC, f.SP = pc, sp
	f.CS, f.SS = SelCode, SelData
	f.Flags = FlagIF | 2
}
