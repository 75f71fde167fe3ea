package smp

import (
	"os"
	"runtime"
	"syscall"
	"testing"
	"unsafe"

	"yolk/arch/amd64"
)

// TestIdleLeavesFlushToBusy: nobody waits for a halted processor, so by the time
// that an interrupt makes it look, start and end may belong to the next flush. One
// that believed them would keep translations of the first and say that it has none.
// On the host the instructions that drop translations end the test.
func TestIdleLeavesFlushToBusy(t *testing.T) {
	const setGS, me = 0x1001, 1
	var cpu amd64.CPU
	cpu.ID, cpu.Self = me, uintptr(unsafe.Pointer(&cpu))
	runtime.LockOSThread() // for good: the thread with this GS ends with the test
	if _, _, e := syscall.RawSyscall(syscall.SYS_ARCH_PRCTL, setGS, cpu.Self, 0); e != 0 {
		t.Fatal(os.NewSyscallError("arch_prctl", e))
	}
	defer func(old state) { s = old }(s)
	s.count = 2

	Idle()
	s.start, s.end, s.cpu[me].want = 0x5000, 0x6000, 1
	Interrupt()
	if done := s.cpu[me].done; done != 0 {
		t.Errorf("flush %d was made while halted", done)
	}
	runtime.KeepAlive(&cpu)
}
