package boot

import (
	"unsafe"

	"yolk/arch/arm64"
	"yolk/arch/mmio"
	"yolk/kernel/chip/bcm2837"
	boardtree "yolk/kernel/chip/bcm2837/tree"
	"yolk/kernel/firmware/atags"
	"yolk/kernel/firmware/fdt"
	"yolk/kernel/klog"
	"yolk/kernel/mem"
	"yolk/kernel/shutdown"
	"yolk/kernel/smp"
	"yolk/kernel/syscalls"
)

// What is special about the Raspberry Pi 3: it has firmware to be asked by
// mailbox, and need not have a device tree.

// onBoard tells whether this is one: no other machine that images are made for
// has RAM at address 0.
func onBoard() bool { return arm64.ImagePhys(imageBase) < arm64.BootRAM }

// The devices that the boot sequence uses. The initialisers keep them in the data
// segment.
var (
	timerRegs   = mmio.Mapped{Base: 1}
	mailboxRegs = mmio.Mapped{Base: 1}
	pinRegs     = mmio.Mapped{Base: 1}

	systemTimer = bcm2837.SystemTimer{Regs: &timerRegs}
	mailbox     = bcm2837.Mailbox{Regs: &mailboxRegs, Timer: &systemTimer}
	pins        = bcm2837.GPIO{Regs: &pinRegs, Timer: &systemTimer}
)

// message is the mailbox's buffer, with room to keep other data out of its cache
// lines.
var message = [bcm2837.MessageWords + 2*mmio.LineSize/4]uint32{1}

// boardPages are the pages of registers that the kernel uses.
var boardPages = [...]uint64{
	bcm2837.SystemTimerBase, bcm2837.InterruptBase, bcm2837.PowerBase, bcm2837.RNGBase,
	bcm2837.GPIOBase, bcm2837.UARTBase, bcm2837.AuxBase, bcm2837.LocalBase,
}

// initBoard makes the board's devices usable, where the entry code has mapped
// them.
func initBoard() {
	timerRegs.Base = mem.Addr(bcm2837.SystemTimerBase)
	mailboxRegs.Base = mem.Addr(bcm2837.MailboxBase)
	pinRegs.Base = mem.Addr(bcm2837.GPIOBase)
	buffer := (uintptr(unsafe.Pointer(&message)) + mmio.LineSize - 1) &^ (mmio.LineSize - 1)
	mailbox.Buffer, mailbox.BufferBus = buffer, bcm2837.Bus(arm64.ImagePhys(uint64(buffer)))
	shutdown.UseBoard(mem.Addr(bcm2837.PowerBase))
}

// initBoardRandom makes the board's random number generator a source of entropy.
// Its state is in BSS, so it comes later.
func initBoardRandom() {
	syscalls.UseBoard(mem.Addr(bcm2837.RNGBase), mem.Addr(bcm2837.SystemTimerBase))
}

// mapBoard keeps the devices where they are in the kernel's own tables.
func mapBoard() bool {
	for _, page := range boardPages {
		if mem.MapDevice(page, mem.PageSize) == 0 {
			return false
		}
	}
	return true
}

// builtinTree returns the physical address of the device tree that the image
// brings along. It is opened in place.
func builtinTree() uint64 {
	return arm64.ImagePhys(uint64(uintptr(unsafe.Pointer(unsafe.StringData(boardtree.Blob)))))
}

// The list of tags that the firmware leaves when it passes no device tree.
const (
	tagsBase = 0x100
	tagsMax  = 0x4000 - tagsBase
)

// tags returns that list.
func tags() (atags.List, bool) {
	return atags.Open(mem.Bytes(mem.Addr(tagsBase), tagsMax))
}

// readTags finds the command line of a loader that passed no device tree.
func readTags(l *loader) {
	list, _ := tags()
	if line, ok := list.CommandLine(); ok && len(line) > 0 {
		l.cmdline = mem.Phys(uintptr(unsafe.Pointer(unsafe.SliceData(line))))
	}
}

// boardMemory finds out how much memory is the ARM cores' when the device tree
// does not say: the firmware knows, and may have left it in the list of tags.
func boardMemory(l *loader) {
	if l.total() != 0 {
		return
	}
	base, size, code := mailbox.Memory(bcm2837.TagARMMemory)
	if code != bcm2837.OK {
		list, _ := tags()
		var ok bool
		if base, size, ok = list.Memory(0); !ok || size == 0 {
			refuse(code.String())
		}
	}
	l.ram[0], l.n = memRange{uint64(base), uint64(size)}, 1
}

// parkOthers takes the other cores out of the spin table, whose words lie in the
// first page.
func parkOthers(t *fdt.Tree) {
	for i := 0; ; i++ {
		c, ok := t.CPU(i)
		if !ok {
			return
		}
		if c.Method == fdt.MethodSpinTable && c.ID != arm64.BootCPU.MPIDR && c.Release%8 == 0 && c.Release < mem.PageSize {
			arm64.Park(mem.Addr(c.Release))
		}
	}
}

// wakeBoardCPU makes a parked core enter the kernel.
func wakeBoardCPU(c *arm64.CPU) bool {
	if !arm64.WakeParked(c) {
		return false
	}
	chip := &smp.Chip.BCM
	chip.Local.InitCore(int(c.MPIDR))
	chip.Send(int(c.MPIDR))
	return true
}

// fullSpeed sets the ARM cores to their highest rate: the firmware starts them at
// half of it and leaves the rest to the system.
func fullSpeed() {
	v := [3]uint32{uint32(bcm2837.ClockARM)}
	if _, code := mailbox.Property(bcm2837.TagMaxClockRate, v[:2]); code != bcm2837.OK || v[1] == 0 {
		return
	}
	hz := v[1]
	v = [3]uint32{uint32(bcm2837.ClockARM), hz, 0}
	if _, code := mailbox.Property(bcm2837.TagSetClockRate, v[:]); code != bcm2837.OK {
		klog.Line(klog.Warn).Str("the ARM cores stay at their first clock rate: ").Str(code.String()).End()
	}
}

// isTree tells whether there is a device tree at physical address pa, good or
// bad.
func isTree(pa uint64) bool {
	if pa == 0 || !bootMapped(pa, fdt.HeaderSize) {
		return false
	}
	_, code := fdt.Size(mem.Bytes(mem.Addr(pa), fdt.HeaderSize))
	return code != fdt.ErrMagic
}
