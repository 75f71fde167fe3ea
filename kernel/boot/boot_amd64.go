package boot

import (
	"unsafe" // and for go:linkname

	"yolk/arch/amd64"
	"yolk/kernel/abi"
	"yolk/kernel/chip/lapic"
	"yolk/kernel/clock"
	"yolk/kernel/irq"
	"yolk/kernel/klog"
	"yolk/kernel/machine"
	"yolk/kernel/mem"
	"yolk/kernel/shutdown"
)

// imageBase is where the linker put the image: the -T address less one page,
// which holds the program headers that describe the rest.
const imageBase = abi.BaseAMD64

// Low memory that the entry code uses (arch/amd64/entry_amd64.s) and what is
// kept of it: a page for the interrupt descriptor table and the boot stack.
const (
	lowBoot    = 0x76000 // early interrupt stacks, boot stack
	lowNested  = 0x76000 // FP save area, then the early exception stack
	lowISTTop  = 0x79000
	lowDFTop   = 0x7a000
	lowIDT     = 0x7f000
	lowBootEnd = 0x80000
	lowEnd     = 0x9f000 // the EBDA begins above
	boot4G     = 1 << 32 // the entry code's direct map ends here
)

//go:linkname boot yolk/arch/amd64.kernelBoot
func boot(start uintptr) {
	l := &machine.Loaded
	var segs [4]segment

	// 1. The processor: traps must work before BSS exists, because that is
	// how BSS comes to exist.
	cpu := &amd64.BootCPU
	amd64.InitFeatures()
	amd64.InitIDT(mem.Addr(lowIDT))
	cpu.Nested = mem.Addr(lowNested)
	cpu.SetIST(amd64.ISTException, mem.Addr(lowISTTop))
	cpu.SetIST(amd64.ISTInterrupt, mem.Addr(lowDFTop))
	cpu.SetIST(amd64.ISTDoubleFault, mem.Addr(lowDFTop))
	cpu.Init(mem.Addr(lowIDT))
	if why := machine.This.Find(start); why != "" {
		refuse(why)
	}

	// 2. Memory: frames, page tables, stacks.
	ownLine(l)
	n := segments(&segs)
	initMemory(l, segs[:n])
	if !initStacks(cpu) {
		tooSmall(l)
	}

	// 3. Time and interrupts.
	mem.MapDevice(lapic.Base, mem.PageSize)
	mem.MapDevice(irq.IOAPICBase, mem.PageSize)
	mem.MapDevice(irq.IOAPIC2Base, mem.PageSize)
	mem.MapDevice(clock.HPETBase, mem.PageSize)
	amd64.Out8(0x21, 0xff) // both 8259s: all lines masked
	amd64.Out8(0xa1, 0xff)
	lapic.Enable()
	lapic.SkipEOI(uint64(uintptr(unsafe.Pointer(&cpu.NoEOI)))) // the image is at its physical addresses
	if clock.HasPVClock() {
		if pa, ok := mem.Alloc(0); ok {
			clock.UsePVClock(pa, mem.Addr(pa))
		}
	}
	if !clock.Init(irq.VectorTimer) {
		refuse("no clock to find the processor's rate by: neither CPUID nor KVM states it, and there is no PIT, no HPET and no RTC; " +
			"give the machine one of them (pit=on, rtc=on)")
	}
	clock.InitWall()

	// 4. The other processors, then the program.
	startOthers(l)
	launch(l)
	klog.Line(klog.Boot, klog.Info).Str("TSC ").Uint(clock.Hz / 1e6).Str(" MHz from ").Str(clock.From.String()).End()
}

// initMemory gives the frame allocator all RAM and switches to page tables in
// which the program's address space is as package mem describes.
func initMemory(l *machine.Loader, segs []segment) {
	end := imageEnd(segs)
	mem.Init(framePolicy(l))
	home := l.Holding(imageBase, end)
	if home < 0 {
		shutdown.Fatal(shutdown.StatusNoMemory, klog.Last().Str("yolk: too little memory: the image ends at ").MiB(end).
			Str(", RAM at ").MiB(l.RAM[l.N-1].End()).Str("; give the machine more with -memory"))
	}
	mem.AddRAM(end, min(l.RAM[home].End(), boot4G))
	copyCommandLine(l)
	if !mapRAM(l) || !mapImage(segs) {
		tooSmall(l)
	}
	mem.Activate()
	for i := range l.N {
		switch r := &l.RAM[i]; {
		case r.Addr < lowEnd:
			mem.AddRAM(max(r.Addr, mem.PageSize), lowBoot)
			mem.AddRAM(lowBootEnd, min(r.End(), lowEnd))
		case i == home:
			mem.AddRAM(boot4G, r.End())
		default:
			mem.AddRAM(r.Addr, r.End())
		}
	}
}

// initStacks gives a CPU stacks with guard pages; they replace the boot CPU's
// early ones.
func initStacks(cpu *amd64.CPU) bool {
	stack, exception := mem.MapStack(2), mem.MapStack(1)
	interrupts, double := mem.MapStack(1), mem.MapStack(0)
	nested, ok := mem.Alloc(0)
	if stack == 0 || exception == 0 || interrupts == 0 || double == 0 || !ok {
		return false
	}
	cpu.StackTop = stack
	cpu.Nested = mem.Addr(nested)
	cpu.SetIST(amd64.ISTException, exception)
	cpu.SetIST(amd64.ISTInterrupt, interrupts)
	cpu.SetIST(amd64.ISTDoubleFault, double)
	return true
}
