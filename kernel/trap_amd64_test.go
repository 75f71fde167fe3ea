package kernel

import (
	"slices"
	"strings"
	"testing"
	"unsafe"

	"yolk/arch/amd64"
	"yolk/arch/amd64/amd64test"
	"yolk/kernel/chip/lapic"
	"yolk/kernel/clock"
	"yolk/kernel/irq"
	"yolk/kernel/mem"
	"yolk/kernel/sched"
	"yolk/kernel/shutdown"
	"yolk/kernel/syscalls"
)

const (
	handler   = 0x401000
	heap      = 0xc000000000
	elsewhere = 0x7f0000000000 // beyond the heap
)

// handle gives the thread a stack, and each signal a handler.
func handle(t testing.TB, th *sched.Thread) {
	t.Helper()
	stack := mem.Addr(place(t, make([]byte, 8*mem.PageSize)))
	if !mem.Reserve(uint64(stack), 8*mem.PageSize) {
		t.Fatal("no region")
	}
	t.Cleanup(func() { mem.Unmap(uint64(stack), 8*mem.PageSize) })
	*(*[4]uint64)(unsafe.Pointer(stack)) = [4]uint64{handler}
	for sig := uint64(1); sig <= 15; sig++ {
		if sig == 9 {
			continue
		}
		th.AX, th.DI, th.SI, th.DX, th.R10 = 13, sig, uint64(stack), 0, 8 // rt_sigaction
		if syscall(&th.Frame); th.AX != 0 {
			t.Fatal(int64(th.AX))
		}
	}
	th.SP = uint64(stack) + 8*mem.PageSize
	th.SigMask, th.SigPending = 0, 0
}

// TestFault: what becomes of an exception of the program's.
func TestFault(t *testing.T) {
	th := enter(t)
	handle(t, th)
	sp := th.SP
	if _, ok := mem.Map(elsewhere, 4*mem.PageSize, mem.ProtRead|mem.ProtWrite, true); !ok {
		t.Fatal("no region")
	}
	defer mem.Unmap(elsewhere, 4*mem.PageSize)
	for _, c := range []struct {
		name   string
		vector uint64
		addr   uintptr
		signal uint64
	}{
		{"a page that comes on demand", amd64.VectorPage, elsewhere + 5, 0},
		{"the same again", amd64.VectorPage, elsewhere + 6, 0},
		{"a page of nobody's", amd64.VectorPage, 0x10, 11},
		{"a division", amd64.VectorDivide, 0, 8},
		{"a breakpoint", amd64.VectorBreakpoint, 0, 5},
		{"an NMI that means nothing", amd64.VectorNMI, 0, 0},
	} {
		th.PC, th.SP, th.SigMask, th.Vector, th.Error = 0x1234, sp, 0, c.vector, 2
		fault(&th.Frame, c.addr, false)
		if took := th.PC == handler; took != (c.signal != 0) || took && th.DI != c.signal {
			t.Errorf("%s: goes on at %#x, signal %d, want %d", c.name, th.PC, th.DI, c.signal)
		}
	}
	if !mem.Populated(elsewhere) || mem.Populated(elsewhere+mem.PageSize) {
		t.Error("not the page that was wanted")
	}
}

// TestBroken: what ends the machine with the kernel's own status, and says where.
func TestBroken(t *testing.T) {
	enter(t)
	guard := mem.MapStack(0) - mem.PageSize - 8
	mem.Map(elsewhere, mem.PageSize, mem.ProtRead|mem.ProtWrite, true)
	defer mem.Unmap(elsewhere, mem.PageSize)
	for _, c := range []struct {
		vector uint64
		addr   uintptr
		nested bool
		want   string
	}{
		{amd64.VectorPage, guard, true, "kernel stack overflow: vector 14, error 0x0, address 0xffffc"},
		{amd64.VectorPage, 0x10, true, "page fault in kernel context: vector 14, error 0x0, address 0x10, ip 0x777, sp 0x888; this is a bug in Yolk"},
		{13, 0, true, "exception in kernel context: vector 13"},
		{amd64.VectorDoubleFlt, 0, true, "double fault (kernel stack overflow?)"},
		{amd64.VectorDoubleFlt, 0, false, "double fault (kernel stack overflow?)"},
	} {
		f := amd64.Frame{Vector: c.vector, PC: 0x777, SP: 0x888}
		if said := ends(t, shutdown.StatusKernel, func() { fault(&f, c.addr, c.nested) }); !strings.Contains(said, c.want) {
			t.Errorf("%q, want %q", said, c.want)
		}
	}
	f := amd64.Frame{Vector: amd64.VectorPage, Error: 2}
	if fault(&f, elsewhere, true); !mem.Populated(elsewhere) {
		t.Error("memory of the program's does not come when the kernel looks at it")
	}
}

// TestShort: who takes one of the last frames for the heap waits; without any the
// machine ends, not at once.
func TestShort(t *testing.T) {
	th := enter(t)
	mem.Map(heap, 1<<30, mem.ProtRead|mem.ProtWrite, true)
	mem.Map(elsewhere, 1<<20, mem.ProtRead|mem.ProtWrite, true)
	defer mem.Unmap(heap, 1<<30)
	defer mem.Unmap(elsewhere, 1<<20)
	th.Vector, th.Error = amd64.VectorPage, 2
	at := uintptr(heap)
	for ; mem.Shortage(1000) == 0; at += mem.PageSize {
		fault(&th.Frame, at, false)
	}
	slept := func(va uintptr, nested bool) bool {
		busy := th.RunTime
		fault(&th.Frame, va, nested)
		return th.RunTime != busy // which counts up to the last switch
	}
	if !slept(at, false) || slept(elsewhere, false) || slept(at+mem.PageSize, true) {
		t.Error("not those wait who should")
	}
	for at += 2 * mem.PageSize; mem.Shortage(1000) < 1000; at += mem.PageSize {
		fault(&th.Frame, at, true)
	}
	for mem.Fault(at, 2) == mem.FaultShort {
		at += mem.PageSize
	}
	if !slept(at, false) || th.StarvedAt != uint64(at) {
		t.Error("who gets no frame does not wait")
	}
	th.Starved = clock.Now() - longestStarving - 1
	for name, f := range map[string]func(){
		"waited for two seconds": func() { fault(&th.Frame, at, false) },
		"the kernel cannot wait": func() { fault(&th.Frame, at, true) },
	} {
		if said := ends(t, shutdown.StatusNoMemory, f); !strings.Contains(said, "yolk: out of memory: all ") {
			t.Errorf("%s: %q", name, said)
		}
	}
	th.Starved = clock.Now() - longestStarving - 1
	if slept(at+mem.PageSize, false); th.StarvedAt != uint64(at+mem.PageSize) {
		t.Error("another page's time is counted")
	}
}

// TestInterrupt: on the way out of an interrupt another thread may be chosen, and
// signals come.
func TestInterrupt(t *testing.T) {
	th := enter(t)
	handle(t, th)
	th.SigPending = 1 << 9
	interrupt(irq.VectorTimer)
	if th.PC != handler || th.DI != 10 {
		t.Errorf("%+v", th.Frame)
	}
}

// TestAttend: the serial line and the button are attended to from when there is time.
func TestAttend(t *testing.T) {
	th := enter(t)
	handle(t, th)
	attendLater()
	attend(0)
	if attending {
		t.Fatal("at once")
	}
	irq.Claim() // a goroutine is setting up an interrupt
	sched.SetAlarm(clock.Now()-1, false)
	if attend(0); attending {
		t.Fatal("in spite of another who does")
	}
	irq.Release()
	sched.SetAlarm(clock.Now()-1, false)
	*(*uint32)(unsafe.Pointer(uintptr(irq.IOAPICBase + 0x10))) = 23 << 16
	if attend(0); !attending || *(*uint32)(unsafe.Pointer(uintptr(irq.IOAPICBase + 0x10))) != 32+uint32(irq.Serial) {
		t.Fatal("not when it is time")
	}
}

// TestAskedToEnd: a break on the serial line, and an end of patience.
func TestAskedToEnd(t *testing.T) {
	if !alone(t) {
		return
	}
	th := enter(t)
	handle(t, th)
	sched.SetAlarm(clock.Now()-1, false)
	attend(0)
	amd64test.Script(0x3fd, 0x71, 0x71) // a break
	if attend(irq.Serial); th.SigPending != 1<<(syscalls.SigINT-1) {
		t.Errorf("pending after a break: %x", th.SigPending)
	}
	if said := ends(t, 128+syscalls.SigINT, func() { sched.SetAlarm(clock.Now()-1, false); attend(0) }); !strings.Contains(said, "did not in time") {
		t.Errorf("%q", said)
	}
}

// fadt is the body of a FADT with a power button and general-purpose events.
func fadt() []byte {
	body := make([]byte, 268-36)
	put := func(off int, b ...byte) { copy(body[off-36:], b) }
	put(46, 9, 0)    // SCI
	put(48, 0xb2)    // SMI_CMD
	put(52, 0xf1)    // ACPI_ENABLE
	put(56, 0, 6)    // event block 0x600
	put(64, 4, 6)    // control block 0x604
	put(80, 0x20, 6) // general-purpose events 0x620
	put(88, 4)       // event block's length
	put(92, 16)      // general-purpose events' length
	return body
}

// TestButton: ACPI's, where the firmware hands it over.
func TestButton(t *testing.T) {
	enter(t)
	defer func() { fixedButton.Event = 0 }()
	firmware(t, table("FACP", fadt()))
	amd64test.SetPort(0x604, 1) // ACPI mode
	*(*uint32)(unsafe.Pointer(uintptr(irq.IOAPICBase + 0x10))) = 23 << 16
	switchOnButton()
	if v := *(*uint32)(unsafe.Pointer(uintptr(irq.IOAPICBase + 0x10))); v != 32+uint32(irq.Button) || fixedButton.Event != 0x600 {
		t.Errorf("vector %d, event at %#x", v, fixedButton.Event)
	}
	if pressed() {
		t.Error("pressed by nobody")
	}
	if amd64test.SetPort(0x600, 1<<8); !pressed() {
		t.Error("not pressed")
	}
	softOff() // its firmware has no way
	if out := amd64test.Take(amd64test.Out); slices.ContainsFunc(out, func(e amd64test.Event) bool { return e.At == 0x604 }) {
		t.Errorf("%x", out)
	}
	// Without tables there is none.
	fixedButton.Event, visible.firm = 0, 0
	switchOnButton()
	genericRegs.Base = mem.Addr(place(t, make([]byte, 64)))
	if pressed() {
		t.Error("a button that is not there is pressed")
	}
	softOff()
}

// TestHasRNG: a device on PCI, behind a bridge, or by MMIO.
func TestHasRNG(t *testing.T) {
	const nothing = ^uint32(0)
	const at = lapic.Base - 0x100000
	for _, c := range []struct {
		name string
		pci  []uint32
		line string
		id   uint32
		want bool
	}{
		{"nothing", nil, "", 0, false},
		{"on PCI", []uint32{nothing, pciRNG}, "", 0, true},
		{"of old on PCI", []uint32{pciRNGTransitional}, "", 0, true},
		{"another device", []uint32{0x10411af4, 0x02000000, nothing}, "", 0, false},
		{"a bridge", []uint32{0x00011b36, 0x06040000}, "", 0, true},
		{"by MMIO", nil, "virtio_mmio.device=512@0xfed00000:5 virtio_mmio.device=512@0xfed00200:6", mmioRNG, true},
		{"a card by MMIO", nil, "virtio_mmio.device=512@0xfed00200:5", 1, false},
	} {
		enter(t)
		amd64test.Map(t, at, mem.PageSize)
		*register(at + 0x200), *register(at + 0x208) = mmioMagic, c.id
		amd64test.SetPort(pciData, nothing)
		amd64test.Script(pciData, c.pci...)
		read(t, c.line)
		if got := hasRNG(); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// TestHotPlug: cards that come and go share the button's interrupt, and who waits for
// them is told of those only; what came before the interrupt was set up as well.
func TestHotPlug(t *testing.T) {
	enter(t)
	t.Cleanup(func() { fixedButton.Event = 0; hotPlug.on.Store(false) })
	e, ok := irq.NewEvent()
	if !ok {
		t.Fatal("no event")
	}
	if _, ok := HotPlug(e); ok {
		t.Error("hot plug without tables")
	}
	dsdt := place(t, table("DSDT", []byte("\x5b\x80PCST\x01\x0b\xc0\x0c\x0a\x08")))
	body := fadt()
	copy(body[140-36:], bytesOf(dsdt))
	firmware(t, table("FACP", body))
	visible.ram[visible.n] = memRange{dsdt, 4096}
	visible.n++
	amd64test.SetPort(0x620, 2) // a card that came before
	if port, ok := HotPlug(e); !ok || port != 0xcc0 {
		t.Fatalf("%#x, %v", port, ok)
	}
	if out := amd64test.Take(amd64test.Out); len(out) != 1 || out[0].At != 0x628 || out[0].Value != 2 {
		t.Errorf("%x", out)
	}
	amd64test.SetPort(0x604, 1) // ACPI mode
	*(*uint32)(unsafe.Pointer(uintptr(irq.IOAPICBase + 0x10))) = 23 << 16
	if switchOnButton(); e.Count() != 1 {
		t.Errorf("the event fired %d times for what came before", e.Count())
	}
	for _, c := range []struct {
		button, cards uint32
		pressed       bool
		fired         uint64
	}{{0, 0, false, 0}, {0, 2, false, 1}, {0, 0xfd, false, 0}, {1 << 8, 0, true, 0}, {1 << 8, 2, true, 1}} {
		before := e.Count()
		amd64test.Script(0x620, c.cards) // shown once, as it is cleared then
		amd64test.Script(0x600, c.button)
		amd64test.SetPort(0x620, 0)
		amd64test.SetPort(0x600, 0)
		if got := pressed(); got != c.pressed || e.Count() != before+c.fired {
			t.Errorf("%+v: pressed %v, %d events", c, got, e.Count()-before)
		}
	}
	// Status that no write clears does not keep us.
	amd64test.SetPort(0x620, 2)
	amd64test.SetPort(0x600, 1<<8)
	if !pressed() {
		t.Error("not pressed")
	}
}
