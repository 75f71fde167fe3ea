package boot

import (
	_ "unsafe" // for go:linkname

	"yolk/arch/arm64"
	"yolk/kernel/abi"
	"yolk/kernel/clock"
	"yolk/kernel/firmware/fdt"
	"yolk/kernel/klog"
	"yolk/kernel/machine"
	"yolk/kernel/mem"
	"yolk/kernel/shutdown"
)

// imageBase is where the linker put the image: the -T address less one page,
// which holds the program headers that describe the rest.
const imageBase = abi.BaseARM64

// earlyNested is the stack for what finds the boot stack full; it lies between
// the boot sequence's page tables and that.
const earlyNested = 0xa000 // below the image

//go:linkname boot yolk/arch/arm64.kernelBoot
func boot(blob uintptr) {
	l := &machine.Loaded
	var segs [4]segment

	// 1. The processor and what the loader says of the machine. Memory and
	// devices are seen at mem.Addr, as far as the entry code has mapped them.
	cpu := &arm64.BootCPU
	cpu.Init()
	cpu.Nested = mem.Addr(arm64.ImagePhys(imageBase) - earlyNested)
	t, why := machine.This.Find(blob)
	if why != "" {
		refuse(why)
	}
	arm64.Firmware = firmware(&t)

	// 2. Memory: frames, page tables, stacks.
	ownLine(l)
	n := segments(&segs)
	initMemory(l, segs[:n], &t)
	if !initStacks(cpu) {
		tooSmall(l)
	}

	// 3. Interrupts and time.
	if why := machine.This.Interrupts(t); why != "" {
		refuse(why)
	}
	if !clock.Init() {
		refuse("the firmware does not state the rate of the timer (CNTFRQ_EL0)")
	}
	initWall(&t)

	// 4. The other processors, then the program.
	startOthers(&t)
	launch(l)
}

// initMemory gives the frame allocator all RAM and switches to page tables in
// which the program's address space is as package mem describes.
func initMemory(l *machine.Loader, segs []segment, t *fdt.Tree) {
	var h holes
	start, end := arm64.ImagePhys(imageBase), imageEnd(segs)
	h.add(0, mem.PageSize) // no frame is at 0; the Raspberry Pi's spin table is
	h.add(start-arm64.BootArea, end)
	h.add(tree.pa, tree.pa+uint64(t.Used()))
	for i := 0; ; i++ {
		r, ok := t.Reserved(i)
		if !ok {
			break
		}
		h.add(r.Addr, r.Addr+r.Size)
	}
	mem.Init(framePolicy(l))
	home := l.Holding(start, end)
	if home < 0 {
		shutdown.Fatal(shutdown.StatusNoMemory, klog.Last().Str("yolk: too little memory: the image ends at ").Hex(end).
			Str(", RAM at ").Hex(ramEnd(l)).Str("; give the machine more with -memory"))
	}
	mapped := start&^(arm64.BootRAM-1) + arm64.BootRAM
	h.give(end, min(l.RAM[home].End(), mapped))
	copyCommandLine(l)
	if !mapRAM(l) || !machine.This.Map() || !mapImage(segs) {
		tooSmall(l)
	}
	mem.Activate()
	for i := range l.N {
		r := &l.RAM[i]
		if i == home {
			h.give(r.Addr, start)
			h.give(max(mapped, end), r.End())
		} else {
			h.give(r.Addr, r.End())
		}
	}
}

// ramEnd returns where the last RAM ends.
func ramEnd(l *machine.Loader) (end uint64) {
	for i := range l.N {
		end = max(end, l.RAM[i].End())
	}
	return end
}

// holes are parts of RAM that the frame allocator must not have.
type holes struct {
	r [16]struct{ start, end uint64 }
	n int
}

// add makes [start, end) a hole, pages as a whole. When there are too many, the
// last grows to take in the new one.
func (h *holes) add(start, end uint64) {
	start &^= mem.PageSize - 1
	end = (end + mem.PageSize - 1) &^ (mem.PageSize - 1)
	if h.n == len(h.r) {
		last := &h.r[h.n-1]
		last.start, last.end = min(last.start, start), max(last.end, end)
		return
	}
	h.r[h.n].start, h.r[h.n].end = start, end
	h.n++
}

// give hands [start, end) to the frame allocator, but for the holes in it.
func (h *holes) give(start, end uint64) {
	for i := range h.n {
		if r := h.r[i]; r.start < end && r.end > start {
			h.give(start, r.start)
			start = r.end
		}
	}
	mem.AddRAM(start, end)
}

// initStacks gives a CPU stacks with guard pages; they replace the boot CPU's
// early ones.
func initStacks(cpu *arm64.CPU) bool {
	const order = 2
	stack, nested := mem.MapStack(order), mem.MapStack(1)
	if stack == 0 || nested == 0 {
		return false
	}
	cpu.StackTop, cpu.StackLow, cpu.Nested = stack, stack-mem.PageSize<<order, nested
	return true
}
