package boot

import (
	"unsafe"

	"yolk/arch/arm64"
	"yolk/kernel/abi"
	"yolk/kernel/chip/uart"
	"yolk/kernel/clock"
	"yolk/kernel/firmware/fdt"
	"yolk/kernel/klog"
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
	var l loader
	var segs [4]segment

	// 1. The processor and what the loader says of the machine. Memory and
	// devices are seen at mem.Addr, as far as the entry code has mapped them.
	cpu := &arm64.BootCPU
	cpu.Init()
	cpu.Nested = mem.Addr(arm64.ImagePhys(imageBase) - earlyNested)
	if onBoard() {
		initBoard()
	}
	t, code := readTree(uint64(blob), &l)
	if code != fdt.OK {
		if onBoard() {
			p := connectedPort()
			p.use()
			p.setUp(uart.DefaultBaud)
		} else {
			klog.SetConsole(uart.PL011, mem.Addr(usualConsole))
		}
		refuse(code.Error())
	}
	arm64.Firmware = firmware(&t)
	setConsole(&t, &l)
	if onBoard() {
		parkOthers(&t)
		boardMemory(&l)
		fullSpeed()
	}

	// 2. Memory: frames, page tables, stacks.
	n := segments(&segs)
	initMemory(&l, segs[:n], &t)
	if !initStacks(cpu) {
		tooSmall(&l)
	}

	// 3. Interrupts and time.
	if why := initInterrupts(&t); why != "" {
		refuse(why)
	}
	if !clock.Init() {
		refuse("the firmware does not state the rate of the timer (CNTFRQ_EL0)")
	}
	initWall(&t)

	// 4. The other processors, then the program.
	startOthers(&t)
	launch(&l)
}

// readTree opens the device tree, and notes in l where RAM and the command line
// are.
func readTree(pa uint64, l *loader) (t fdt.Tree, code fdt.Code) {
	if onBoard() && !isTree(pa) {
		pa = builtinTree()
		readTags(l)
	}
	if pa == 0 || !bootMapped(pa, fdt.HeaderSize) {
		return t, fdt.ErrShort
	}
	size, code := fdt.Size(mem.Bytes(mem.Addr(pa), fdt.HeaderSize))
	if code != fdt.OK {
		return t, code
	}
	if !bootMapped(pa, uint64(size)) {
		return t, fdt.ErrCut
	}
	tree.pa, tree.size = pa, uint64(size)
	if t, code = fdt.Open(mem.Bytes(mem.Addr(pa), tree.size)); code != fdt.OK {
		return t, code
	}
	l.firm = pa
	for l.n < len(l.ram) {
		r, ok := t.Memory(l.n)
		if !ok {
			break
		}
		// What the direct map has no room for is not used.
		start := min(r.Addr, mem.MaxPhys)
		l.ram[l.n] = memRange{start, min(r.Addr+r.Size, mem.MaxPhys) - start}
		l.n++
	}
	if args, ok := t.Bootargs(); ok && len(args) > 0 {
		l.cmdline = mem.Phys(uintptr(unsafe.Pointer(unsafe.SliceData(args))))
	}
	return t, fdt.OK
}

// bootMapped tells whether n bytes at pa are mapped for the boot sequence: the
// GiB that the image is in.
func bootMapped(pa, n uint64) bool {
	start := arm64.ImagePhys(imageBase) &^ (arm64.BootRAM - 1)
	return pa >= start && pa+n >= pa && pa+n <= start+arm64.BootRAM
}

// initMemory gives the frame allocator all RAM and switches to page tables in
// which the program's address space is as package mem describes.
func initMemory(l *loader, segs []segment, t *fdt.Tree) {
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
	home := l.holding(start, end)
	if home < 0 {
		shutdown.Fatal(shutdown.StatusNoMemory, klog.Last().Str("yolk: too little memory: the image ends at ").Hex(end).
			Str(", RAM at ").Hex(l.ramEnd()).Str("; give the machine more with -memory"))
	}
	mapped := start&^(arm64.BootRAM-1) + arm64.BootRAM
	h.give(end, min(l.ram[home].end(), mapped))
	copyCommandLine(l)
	if !l.mapRAM() || !mapConsole() || !mapImage(segs) {
		tooSmall(l)
	}
	mem.Activate()
	for i := range l.n {
		r := &l.ram[i]
		if i == home {
			h.give(r.addr, start)
			h.give(max(mapped, end), r.end())
		} else {
			h.give(r.addr, r.end())
		}
	}
}

// ramEnd returns where the last RAM ends.
func (l *loader) ramEnd() (end uint64) {
	for i := range l.n {
		end = max(end, l.ram[i].end())
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
