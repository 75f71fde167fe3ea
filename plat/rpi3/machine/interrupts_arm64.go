package machine

import (
	"yolk/arch/arm64"
	"yolk/arch/mmio"
	"yolk/kernel/chip/bcm2837"
	"yolk/kernel/firmware/fdt"
	"yolk/kernel/irq"
	"yolk/kernel/mem"
)

// chip is both interrupt controllers; its pointers keep it in the data segment.
var (
	local      = mmio.Mapped{Base: unknown}
	peripheral = mmio.Mapped{Base: unknown}

	chip = bcm2837.Chip{
		Local:      bcm2837.LocalController{Regs: &local},
		Peripheral: bcm2837.PeripheralController{Regs: &peripheral},
	}
)

// core is the calling processor's number among the board's.
func core() int { return int(arm64.This().MPIDR % bcm2837.Cores) }

// interrupts starts both, and the generator of random numbers, which takes a while.
func interrupts(fdt.Tree) (why string) {
	local.Base, peripheral.Base = mem.Addr(bcm2837.LocalBase), mem.Addr(bcm2837.InterruptBase)
	chip.Init(core())
	initCPU()
	rng.Start()
	return ""
}

func initCPU() bool {
	chip.Local.InitCore(core())
	return true
}

// line reads a specifier of the Raspberry Pi's peripheral controller: a bank,
// 0 for the ARM side's own, and a number in it (Linux Documentation/devicetree/
// bindings/interrupt-controller/brcm,bcm2835-armctrl-ic.yaml).
func line(i fdt.Interrupt) (n int, ok bool) {
	bank, number := i.Cells[0], i.Cells[1]
	switch {
	case i.N != 2 || bank > 2 || number > 31 || bank == 0 && number > 7:
		return 0, false
	case bank == 0:
		number += 64
	default:
		number += (bank - 1) * 32
	}
	return bcm2837.LineDevice + int(number) | irq.Level, true
}

// chip's methods, as the kernel calls them. Lines are levels, and there are no messages.
func lines() int                            { return bcm2837.Lines }
func acknowledge() (line int, token uint32) { return chip.Acknowledge(core()), 0 }
func served(uint32)                         {}
func enable(line int, _ bool)               { chip.Unmask(line) }
func mask(line int)                         { chip.Mask(line) }
func unmask(line int)                       { chip.Unmask(line) }
func name() uint32                          { return uint32(core()) }
func send(name uint32)                      { chip.Send(int(name)) }

func direct(int, uint32)                                        {}
func newMessage() (line int, addr uint64, data uint32, ok bool) { return 0, 0, 0, false }
