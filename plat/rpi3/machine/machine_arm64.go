package machine

import (
	"unsafe" // and for go:linkname

	"yolk/arch/arm64"
	"yolk/arch/mmio"
	"yolk/kernel/chip/bcm2837"
	"yolk/kernel/chip/uart"
	"yolk/kernel/firmware/fdt"
	"yolk/kernel/klog"
	"yolk/kernel/machine"
	"yolk/kernel/mem"
)

//go:linkname this yolk/kernel/machine.This
var this = machine.Machine{
	Find:        find,
	Console:     console,
	ConsoleLine: consoleLine,
	Random:      random,
	End:         end,
	Reset:       reset,
	ByArch: machine.ByArch{
		Map:        mapDevices,
		Interrupts: interrupts,
		InitCPU:    initCPU,
		Line:       line,
		Start:      start,
		Unique:     unique,
		Controller: machine.Controller{
			Lines:       lines,
			Acknowledge: acknowledge,
			Served:      served,
			Enable:      enable,
			Mask:        mask,
			Unmask:      unmask,
			NewMessage:  newMessage,
			Direct:      direct,
			Name:        name,
			Send:        send,
		},
	},
}

// The devices that the kernel uses. The initialisers keep them in the data segment.
var (
	timerRegs   = mmio.Mapped{Base: unknown}
	mailboxRegs = mmio.Mapped{Base: unknown}
	pinRegs     = mmio.Mapped{Base: unknown}
	powerRegs   = mmio.Mapped{Base: unknown}
	rngRegs     = mmio.Mapped{Base: unknown}

	systemTimer = bcm2837.SystemTimer{Regs: &timerRegs}
	mailbox     = bcm2837.Mailbox{Regs: &mailboxRegs, Timer: &systemTimer}
	pins        = bcm2837.GPIO{Regs: &pinRegs, Timer: &systemTimer}
	power       = bcm2837.Power{Regs: &powerRegs}
	rng         = bcm2837.RNG{Regs: &rngRegs, Timer: &systemTimer}
)

const unknown = 1

// message is the mailbox's buffer, with room to keep other data out of its cache
// lines.
var message = [bcm2837.MessageWords + 2*mmio.LineSize/4]uint32{1}

// pages are the pages of registers that the kernel uses.
var pages = [...]uint64{
	bcm2837.SystemTimerBase, bcm2837.InterruptBase, bcm2837.PowerBase, bcm2837.RNGBase,
	bcm2837.GPIOBase, bcm2837.UARTBase, bcm2837.AuxBase, bcm2837.LocalBase,
}

// find asks the firmware for what the device tree does not say, and has the cores run
// as they can.
func find(blob uintptr) (t fdt.Tree, why string) {
	useDevices()
	t, given, code := openTree(uint64(blob))
	if code != fdt.OK {
		p := connectedPort()
		p.use()
		p.setUp(uart.DefaultBaud)
		return t, code.Error()
	}
	chooseConsole(&t, given)
	parkOthers(&t)
	if why = findMemory(); why == "" {
		fullSpeed()
	}
	return t, why
}

// useDevices makes the devices usable, where the entry code has mapped them.
func useDevices() {
	timerRegs.Base = mem.Addr(bcm2837.SystemTimerBase)
	mailboxRegs.Base = mem.Addr(bcm2837.MailboxBase)
	pinRegs.Base = mem.Addr(bcm2837.GPIOBase)
	powerRegs.Base = mem.Addr(bcm2837.PowerBase)
	rngRegs.Base = mem.Addr(bcm2837.RNGBase)
	buffer := (uintptr(unsafe.Pointer(&message)) + mmio.LineSize - 1) &^ (mmio.LineSize - 1)
	mailbox.Buffer, mailbox.BufferBus = buffer, bcm2837.Bus(arm64.ImagePhys(uint64(buffer)))
}

// mapDevices keeps them where they are in the kernel's own tables.
func mapDevices() bool {
	for _, page := range pages {
		if mem.MapDevice(page, mem.PageSize) == 0 {
			return false
		}
	}
	return true
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

// start makes a core enter the kernel that is parked, or that the firmware keeps.
func start(c *arm64.CPU, of fdt.CPU) bool {
	if of.Method != fdt.MethodSpinTable {
		return arm64.StartCPU(c)
	}
	if !arm64.WakeParked(c) {
		return false
	}
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
		klog.Line(klog.Boot, klog.Warn).Str("the ARM cores stay at their first clock rate: ").Str(code.String()).End()
	}
}

// random is a word of the chip's generator.
func random() (word uint64, ok bool) { return rng.Draw() }

// unique: nobody copies a board.
func unique() bool { return true }

// end makes the machine stop, with a status where an emulator takes it.
func end(status uint8) {
	arm64.EndEmulator(status)
	arm64.PowerOff()
	power.Off()
}

// reset makes the machine start again. Nobody takes a status with that.
func reset(uint8) {
	arm64.Reset()
	power.Reset()
	arm64.Halt()
}
