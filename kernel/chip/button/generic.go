package button

import "yolk/arch/mmio"

// A Generic is the generic event device of a QEMU machine without fixed hardware:
// one register, which says what has happened and forgets it. Each event is a pulse
// of the line.
type Generic struct{ Regs mmio.Block }

const (
	gedSelect = 0 // R, cleared by reading

	gedPowerDown = 1 << 1
)

// GenericLine is its interrupt (QEMU include/hw/i386/microvm.h, GED_MMIO_IRQ).
const GenericLine = 9

// Pressed reports whether the button was pressed since the last call.
func (g *Generic) Pressed() bool { return g.Regs.Read32(gedSelect)&gedPowerDown != 0 }
