package bus

import (
	"sync"

	"yolk/drivers/virtio"
)

// Registers of hot plug by ACPI (QEMU documentation, docs/specs/acpi_pci_hotplug), 32
// bits wide. What they say is of one bus, the selected one, a bit for each device
// number. Which bus has which number only the DSDT's byte code tells.
const (
	plugUp     = 0x00 // R cards that came; reading clears
	plugDown   = 0x04 // R cards that shall leave, until they have
	plugEject  = 0x08 // W takes away one card
	plugSelect = 0x10 // RW the bus
	plugSize   = 0x18

	plugBuses = 256 // at most
)

// A plug is hot plug by ACPI: of all slots, by one interrupt.
type plug struct {
	regs virtio.Region

	mu    sync.Mutex
	cards []*card
}

// add has the card told to leave in future.
func (p *plug) add(c *card) {
	p.mu.Lock()
	p.cards = append(p.cards, c)
	p.mu.Unlock()
}

// serve lets go of every card that shall leave, and tells the drivers of those that
// have left, and of those that may be back. Which card a bit is about shows when it is
// gone: its driver finds that as it finds that a card was pulled.
func (p *plug) serve() {
	for bus := range uint32(plugBuses) {
		p.regs.Write32(plugSelect, bus)
		p.regs.Read32(plugUp)
		for down := p.regs.Read32(plugDown); down != 0; down &= down - 1 {
			p.regs.Write32(plugEject, down&-down)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.cards {
		if c.gone() {
			c.leave()
		}
	}
}
