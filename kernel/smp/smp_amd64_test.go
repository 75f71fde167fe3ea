package smp

import (
	"runtime"
	"testing"
	"unsafe"

	"yolk/arch/amd64/amd64test"
	"yolk/kernel/abi"
)

// TestIdleLeavesFlushToBusy: nobody waits for a halted processor, so that it would look
// for requests that have gone. It drops everything when it goes on.
func TestIdleLeavesFlushToBusy(t *testing.T) {
	const me = 1
	amd64test.Become(t, machine(t, 2)[me], me)
	Idle()
	ask(0x5000, 0x6000, 1)
	Interrupt()
	if done := s.cpu[me].done; done != 0 || len(amd64test.Take()) != 0 {
		t.Errorf("flush %d was made while halted", done)
	}
}

// TestFlushLeavesToHost: a processor that the host does not run is neither
// interrupted nor waited for; its host is told to drop its translations.
func TestFlushLeavesToHost(t *testing.T) {
	machine(t, 2)
	var records [abi.MaxCPUs]record
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
		if _, command := sent(); records[1].state != notRunning|flushFirst || command != 0 {
			t.Errorf("state %#x, sent %#x", records[1].state, command)
		}
	}
	// It runs again before anybody waits: nobody may, for it was not interrupted.
	records[1].state = notRunning
	if asked := interrupt(2); asked != 0 {
		t.Errorf("waits for %b", asked)
	}
	if records[1].state = 0; flushLater(1) || records[1].state != 0 {
		t.Error("left to the host though the processor runs")
	}
	runtime.KeepAlive(&records)
}
