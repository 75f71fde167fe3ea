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
	r := ranges{memory: window{0xfd000000, 0xfec00000}, ports: window{0xc000, 0x10000}, buses: window{1, buses}}
	if base, n, ok := findECAM(); ok {
		r.buses.end = n
		return ecam(base, n), r, true
	}
	return open, r, true
}

// The host bridge of q35, whose register says where the firmware has put the
// configuration space in memory (Intel 3 Series Express Chipset Family datasheet,
// document 319966, 5.1.19).
const (
	mchID       = 0x29c0<<16 | 0x8086
	mchPCIEXBAR = 0x60 // RW, 64 bits

	ecamEnable = 1 << 0
	ecamLength = 3 << 1 // 0: 256 buses, 1: 128, 2: 64
	ecamBase   = 0xffc000000
)

// findECAM returns the address of the configuration space and its number of buses.
// To a hypervisor an access there is one exit, where ports take two.
func findECAM() (base, n uint64, ok bool) {
	c := configuration{}
	if c.Read32(cfgVendor) != mchID {
		return 0, 0, false
	}
	v := uint64(c.Read32(mchPCIEXBAR)) | uint64(c.Read32(mchPCIEXBAR+4))<<32
	n = buses >> (v & ecamLength >> 1)
	return v & ecamBase &^ (n*busSize - 1), n, v&ecamEnable != 0 && v&ecamLength != ecamLength
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
