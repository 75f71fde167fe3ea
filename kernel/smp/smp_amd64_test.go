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
	const me = 1
	cpu := beCPU(t, me)

	Idle()
	s.start, s.end, s.cpu[me].want = 0x5000, 0x6000, 1
	Interrupt()
	if done := s.cpu[me].done; done != 0 {
		t.Errorf("flush %d was made while halted", done)
	}
	runtime.KeepAlive(cpu)
}

// beCPU makes the test's thread that processor of two.
func beCPU(t *testing.T, id uintptr) *amd64.CPU {
	const setGS = 0x1001
	cpu := &amd64.CPU{ID: id}
	cpu.Self = uintptr(unsafe.Pointer(cpu))
	runtime.LockOSThread() // for good: the thread with this GS ends with the test
	if _, _, e := syscall.RawSyscall(syscall.SYS_ARCH_PRCTL, setGS, cpu.Self, 0); e != 0 {
		t.Fatal(os.NewSyscallError("arch_prctl", e))
	}
	old := s
	t.Cleanup(func() { s = old })
	s.count = 2
	return cpu
}

// TestFlushLeavesToHost: a processor that the host does not run is neither
// interrupted, which would end the test, nor waited for; its host is told to drop
// its translations.
func TestFlushLeavesToHost(t *testing.T) {
	cpu := beCPU(t, 0)
	var records [MaxCPU]record
	old := host
	t.Cleanup(func() { host = old })
	host.records = uintptr(unsafe.Pointer(&records))
	records[1].state = notRunning
	if flushLater(1) || records[1].state != notRunning {
		t.Error("left to a host that does not drop translations")
	}
	host.flushes = true
	for range 2 {
		Flush(0x5000, 0x6000)
		if records[1].state != notRunning|flushFirst {
			t.Errorf("state %#x", records[1].state)
		}
	}
	if records[1].state = 0; flushLater(1) || records[1].state != 0 {
		t.Error("left to the host though the processor runs")
	}
	runtime.KeepAlive(cpu)
	runtime.KeepAlive(&records)
}
