package machine

import (
	_ "unsafe" // for go:linkname

	"yolk/arch/arm64"
	"yolk/arch/mmio"
	"yolk/kernel/boot"
	"yolk/kernel/chip/uart"
	"yolk/kernel/firmware/fdt"
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
		Map:        mapConsole,
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

// usualConsole is where virtual machines have their PL011 (QEMU hw/arm/virt.c and
// those that take after it): where to say that the device tree cannot be read.
const usualConsole = 0x09000000

// serial is the console, and serialAt the physical address of its registers, unknown at
// first. The initialisers keep both in the data segment.
var (
	serialRegs = mmio.Mapped{Base: unknown}
	serial     = uart.Port{Kind: &uart.PL011, Regs: &serialRegs}
	serialAt   = uint64(unknown)
)

const unknown = 1

func console() *uart.Port {
	if serialAt == unknown {
		return nil
	}
	return &serial
}

// use makes the port at physical address pa the console. Firmware has set its rate.
func use(pa uint64) { serialAt, serialRegs.Base = pa, mem.Addr(pa) }

// find takes the serial port of /chosen for the console, or else the first PL011.
func find(blob uintptr) (t fdt.Tree, why string) {
	t, code := boot.ReadTree(uint64(blob))
	if code != fdt.OK {
		use(usualConsole)
		return t, code.Error()
	}
	n, _, ok := t.Stdout()
	if !ok || !t.Is(n, "arm,pl011") {
		n, ok = t.Compatible(fdt.Root, "arm,pl011")
	}
	// Others are not mapped before the kernel's own tables.
	if r, has := t.Address(n, 0); ok && has && r.Addr < arm64.BootRAM {
		use(r.Addr)
	}
	return t, ""
}

func mapConsole() bool { return serialAt == unknown || mem.MapDevice(serialAt, mem.PageSize) != 0 }

func consoleLine() (n int, ok bool) {
	t, ok := boot.DeviceTree()
	if !ok {
		return 0, false
	}
	for n, ok := t.Compatible(fdt.Root, "arm,pl011"); ok; n, ok = t.Compatible(n, "arm,pl011") {
		if r, ok := t.Address(n, 0); ok && r.Addr == serialAt {
			i, ok1 := t.Interrupt(n, 0)
			line, ok2 := line(i)
			return line, ok1 && ok2
		}
	}
	return 0, false
}

// random has none: a virtio-rng needs its driver (plat/kvm/files).
func random() (word uint64, ok bool) { return 0, false }

// unique: a virtual machine may be copied.
func unique() bool { return false }

// start asks the firmware.
func start(c *arm64.CPU, of fdt.CPU) bool {
	return of.Method != fdt.MethodSpinTable && arm64.StartCPU(c)
}

// end makes the machine stop with a status, or without one where only the power can be
// switched off.
func end(status uint8) {
	arm64.EndEmulator(status)
	arm64.PowerOff()
}

// reset makes the machine start again. Nobody takes a status with that.
func reset(uint8) { arm64.Reset() }
