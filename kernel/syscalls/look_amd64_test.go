package syscalls

import (
	"encoding/binary"
	"testing"

	"yolk/arch/amd64"
	"yolk/kernel/abi"
	"yolk/kernel/irq"
	"yolk/kernel/mem"
	"yolk/kernel/sched"
	"yolk/kernel/smp"
)

// TestLook: a program finds its mappings and threads one after the other.
func TestLook(t *testing.T) {
	p := start(t)
	const nothing = -errNOENT & (1<<64 - 1)
	other := p.other()
	defer p.end(other)
	p.check([]callCase{
		{"the memory", abi.SysRegion, []uint64{p.mem, p.mem + 64}, 0},
		{"to nowhere", abi.SysRegion, []uint64{p.mem, nowhere}, eFAULT},
		{"behind all", abi.SysRegion, []uint64{1<<64 - 1, p.mem + 512}, nothing},
		{"this thread", abi.SysThread, []uint64{uint64(p.thread.ID), p.mem + 128}, 0},
		{"another", abi.SysThread, []uint64{uint64(other.ID), p.mem + 256}, 0},
		{"the first", abi.SysThread, []uint64{0, p.mem + 384}, 0},
		{"to nowhere", abi.SysThread, []uint64{1, nowhere}, eFAULT},
		{"behind all", abi.SysThread, []uint64{1 << 20, p.mem + 512}, nothing},
		{"this processor", abi.SysProcessor, []uint64{0, p.mem + 640}, 0},
		{"to nowhere", abi.SysProcessor, []uint64{0, nowhere}, eFAULT},
		{"one more", abi.SysProcessor, []uint64{uint64(smp.Count()), p.mem + 512}, nothing},
		{"its interrupts", abi.SysInterrupts, []uint64{0, p.mem + 8192}, 0},
		{"to nowhere", abi.SysInterrupts, []uint64{0, nowhere}, eFAULT},
		{"one more", abi.SysInterrupts, []uint64{uint64(smp.Count()), p.mem + 8192}, nothing},
		{"resident", abi.SysResident, []uint64{p.mem, p.mem + memSize, p.mem + 1024}, 0},
		{"to nowhere", abi.SysResident, []uint64{p.mem, p.mem + memSize, nowhere}, eFAULT},
		{"backwards", abi.SysResident, []uint64{p.mem + 1, p.mem, p.mem + 1024}, eINVAL},
		{"the kernel's", abi.SysResident, []uint64{p.mem, abi.Direct, p.mem + 1024}, eINVAL},
	})
	if r := (*abi.Resident)(Pointer(p.mem + 1024)); r.Next != p.mem+memSize {
		t.Errorf("%+v", r) // what there is the host has made, and not the kernel
	}
	c := (*abi.Processor)(Pointer(p.mem + 640))
	kind, _, _, _ := amd64.CPUID(1, 0)
	if _, b, _, _ := amd64.CPUID(0, 0); c.Kind != uint64(kind) || binary.LittleEndian.Uint32(c.Vendor[:]) != b || c.Vendor[12] != 0 || c.Switches == 0 {
		t.Errorf("%+v", c)
	}
	r := (*abi.Region)(Pointer(p.mem + 64))
	if r.Start > p.mem || r.End < p.mem+memSize || r.Prot != uint64(mem.ProtRead|mem.ProtWrite) || r.Object != 0 || r.Shared != 0 {
		t.Errorf("%+v", r)
	}
	this, another, first := (*abi.Thread)(Pointer(p.mem+128)), (*abi.Thread)(Pointer(p.mem+256)), (*abi.Thread)(Pointer(p.mem+384))
	if this.ID != uint64(p.thread.ID) || this.Running != 1 || another.ID != uint64(other.ID) || first.ID == 0 || first.ID > this.ID {
		t.Errorf("%+v, %+v, %+v", this, another, first)
	}
}

// TestTakeSignal: what a thread keeps off is read, once, and nothing else; a signal to the
// process goes to a thread that takes it.
func TestTakeSignal(t *testing.T) {
	const usr1, usr2 = 10, 12
	p := start(t)
	event := irq.Input // as good as any
	other := p.other()
	defer p.end(other)
	p.thread.SigMask, p.thread.SigPending = bit(usr1), 0
	defer func() { p.thread.SigMask, p.thread.SigPending = 0, 0; watched.Store(0) }()
	me := uint64(p.thread.ID)
	p.check([]callCase{
		{"no event", abi.SysSignalWatch, []uint64{bit(usr1), 1 << 20}, eINVAL},
		{"watch", abi.SysSignalWatch, []uint64{bit(usr1), uint64(event)}, 0},
		{"none has come", abi.SysSignalTake, []uint64{bit(usr1) | bit(usr2), 0}, 0},
		{"to this thread", nrTgkill, []uint64{1, me, usr1}, 0},
		{"of others", abi.SysSignalTake, []uint64{bit(usr2), 0}, 0},
		{"look", abi.SysSignalTake, []uint64{bit(usr1), 1}, usr1},
		{"take", abi.SysSignalTake, []uint64{bit(usr1), 0}, usr1},
		{"once", abi.SysSignalTake, []uint64{bit(usr1), 0}, 0},
		{"to the process", nrKill, []uint64{1, usr1}, 0},
		{"another has it", abi.SysSignalTake, []uint64{bit(usr1), 0}, 0},
	})
	if pending[0] != 1<<event {
		t.Errorf("pending: %x", pending)
	}
	pending = [len(pending)]uint64{}
	p.call(abi.SysPoll, 0) // takes the wake-up, which the next test would find
	if taker := sched.Taker(bit(usr1)); taker == p.thread.ID {
		t.Error("a thread that keeps it off takes it")
	}
}

// end ends another thread, before it does anything.
func (p *program) end(other *sched.Thread) {
	p.Helper()
	other.SigPending = 0
	p.call(nrYield)
	if sched.Current() != other {
		p.Fatalf("thread %d runs", sched.Current().ID)
	}
	p.call(nrExit)
}
