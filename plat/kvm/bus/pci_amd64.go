//go:build yolk

package bus

import (
	"sync"

	"github.com/usbarmory/tamago/soc/intel/pci"
)

const cfgHeader = 0x0c // R header type << 16 (PCI Local Bus 3.0, 6.1)

// free are addresses that neither PC machine of QEMU uses for memory or for
// devices of its own, for the one firmware that assigns none (qboot): below the
// interrupt controllers, and where ports are assigned by custom.
var free = ranges{memory: window{0xfd000000, 0xfec00000}, ports: window{0xc000, 0x10000}}

var assigned sync.Once

// functions returns the devices of the first PCI bus.
func functions(logf func(string, ...any)) (found []function) {
	for _, d := range pci.Devices(0) {
		found = append(found, function{configuration{d}, uint8(d.Slot)})
	}
	assigned.Do(func() {
		for _, f := range found {
			if f.Read32(cfgHeader)>>16&0x7f != 0 {
				continue // a bridge
			}
			if err := free.assign(f); err != nil {
				logf("PCI 0:%d: %v", f.slot, err)
			}
		}
	})
	return found
}

// configuration is the configuration space of function 0 of a device, through
// TamaGo's driver.
type configuration struct{ *pci.Device }

func (c configuration) Read32(off uint32) uint32     { return c.Read(0, off) }
func (c configuration) Write32(off uint32, v uint32) { c.Write(0, off, v) }

// line is not known without ACPI's AML: devices here signal by messages.
func (f function) line() (int, bool) { return 0, false }
