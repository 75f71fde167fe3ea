// Package fwcfg asks QEMU how many processors an x86 machine has, and writes to
// files that are QEMU's, through its firmware configuration device (QEMU
// documentation, docs/specs/fw_cfg).
//
// The first is how the processors of a microvm without ACPI are found, which has no
// tables, and how a machine with one processor is spared reading them for that. The
// device gives numbers only, no APIC ids. QEMU numbers local APICs from 0 without gaps
// for any plain "-smp N"; a topology whose counts are no powers of two ("-smp
// 6,sockets=2,cores=3": ids 0-2 and 4-6) leaves gaps, so that a kernel which starts
// each id must survive that nobody answers, and one that starts all at once must wait
// for the number given here.
//
// It is kernel-context code, allocates nothing, and imports nothing: access to
// ports is passed in.
package fwcfg

// Ports is access to I/O ports.
type Ports struct {
	Out16 func(port, v uint16)
	Out32 func(port uint16, v uint32)
	In8   func(port uint16) uint8
}

// The registers of a PC: write an item's number, then read its bytes in turn.
const (
	portSelector = 0x510
	portData     = 0x511
)

// Items.
const (
	itemSignature = 0x0000 // "QEMU"
	itemCPUs      = 0x0005 // FW_CFG_NB_CPUS, 16 bits little-endian
)

// maxCPUs is more than QEMU can have on x86.
const maxCPUs = 4096

// CPUs returns how many processors the machine has, the one that asks included;
// those that could be plugged in are not counted. ok is false on a machine
// without the device, or when the answer makes no sense.
func CPUs(p Ports) (n int, ok bool) {
	if !signed(p) {
		return 0, false
	}
	n = int(p.item(itemCPUs, 2))
	return n, n > 0 && n <= maxCPUs
}

// signed tells whether the device is there.
func signed(p Ports) bool {
	const qemu = 'Q' | 'E'<<8 | 'M'<<16 | 'U'<<24
	return p.item(itemSignature, 4) == qemu
}

// item returns the first n bytes of an item, little-endian.
func (p Ports) item(number uint16, n int) (v uint32) {
	p.Out16(portSelector, number)
	for i := range n {
		v |= uint32(p.In8(portData)) << (8 * i)
	}
	return v
}
