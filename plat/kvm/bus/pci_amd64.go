//go:build yolk

package bus

import (
	"sync"

	"github.com/usbarmory/tamago/soc/intel/pci"

	virtiopci "yolk/drivers/virtio/pci"
)

// host returns the way to the configuration space, and addresses that neither PC
// machine of QEMU uses for memory or for devices of its own, for the one firmware
// that assigns none (qboot): below the interrupt controllers, and where ports are
// assigned by custom.
func host() (access, ranges, bool) {
	return open, ranges{memory: window{0xfd000000, 0xfec00000}, ports: window{0xc000, 0x10000}, buses: window{1, buses}}, true
}

// configuration is the configuration space of a function, through TamaGo's driver.
type configuration struct {
	pci.Device
	function uint32
}

// cycle is for one access at a time: it takes two ports.
var cycle sync.Mutex

func open(a bdf) (virtiopci.ConfigSpace, error) {
	return &configuration{pci.Device{Bus: uint32(a.bus), Slot: uint32(a.device)}, uint32(a.function)}, nil
}

func (c *configuration) Read32(off uint32) uint32 {
	cycle.Lock()
	defer cycle.Unlock()
	return c.Read(c.function, off)
}

func (c *configuration) Write32(off uint32, v uint32) {
	cycle.Lock()
	defer cycle.Unlock()
	c.Write(c.function, off, v)
}

// line is not known without ACPI's AML: devices here signal by messages.
func (f *function) line() (int, bool) { return 0, false }
