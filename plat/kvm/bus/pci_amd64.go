//go:build yolk

package bus

import "github.com/usbarmory/tamago/soc/intel/pci"

// functions returns the devices of the first PCI bus. Firmware has assigned
// their addresses.
func functions(func(string, ...any)) (found []function) {
	for _, d := range pci.Devices(0) {
		found = append(found, function{configuration{d}, uint8(d.Slot)})
	}
	return found
}

// configuration is the configuration space of function 0 of a device, through
// TamaGo's driver.
type configuration struct{ *pci.Device }

func (c configuration) Read32(off uint32) uint32     { return c.Read(0, off) }
func (c configuration) Write32(off uint32, v uint32) { c.Write(0, off, v) }

// line is not known without ACPI's AML: devices here signal by messages.
func (f function) line() (int, bool) { return 0, false }
