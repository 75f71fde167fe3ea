package syscalls

import (
	"testing"
	_ "unsafe" // for go:linkname

	"yolk/arch/amd64/amd64test"
	"yolk/kernel/abi"
	"yolk/kernel/irq"
	"yolk/kernel/mem"
)

// pending is package irq's: on the host no poller takes events away.
//
//go:linkname pending runtime.yolkPending
var pending [abi.Events / 64]uint64

// TestEvent: a driver is given an event, ties it to a line or a message, and hears of
// it; others it cannot touch.
func TestEvent(t *testing.T) {
	p := start(t)
	amd64test.Map(t, irq.IOAPICBase, mem.PageSize)
	*u64(irq.IOAPICBase + 0x10) = 23 << 16 // its version, in every register
	n := p.call(abi.SysEventNew)
	e := irq.Event(n)
	if e <= irq.Input {
		t.Fatalf("event %d", int64(n))
	}
	data := p.call(abi.SysEventMessage, n, 1)
	if addr := p.call(abi.SysEventMessage, n, 0); addr != 0xfee00000 || data == 0 {
		t.Errorf("%d to %#x", data, addr)
	}
	p.check([]callCase{
		{"a line", abi.SysEventRoute, []uint64{n, 5}, 0},
		{"no line", abi.SysEventRoute, []uint64{n, 1 << 20}, fail(errINVAL)},
		{"its line again", abi.SysEventOpen, []uint64{n}, 0},
		{"fired", abi.SysEventFire, []uint64{n}, 0},
		{"another's line", abi.SysEventRoute, []uint64{n + 1, 5}, fail(errINVAL)},
		{"another's message", abi.SysEventMessage, []uint64{n + 1, 0}, fail(errAGAIN)},
		{"another's line again", abi.SysEventOpen, []uint64{n + 1}, fail(errINVAL)},
		{"another", abi.SysEventFire, []uint64{n + 1}, fail(errINVAL)},
		{"what polls returns", abi.SysPoll, []uint64{0}, 0},
	})
	if pending[0] != 1<<e {
		t.Errorf("pending: %x", pending)
	}
	pending = [len(pending)]uint64{}
	p.call(abi.SysPoll, 0) // takes the wake-up, which the next test would find
	if e.Count() != 0 {
		t.Error("what a driver fires counts as an interrupt")
	}
	for range abi.Events {
		n = p.call(abi.SysEventNew)
	}
	if n != fail(errAGAIN) {
		t.Errorf("event %d", int64(n))
	}
}
