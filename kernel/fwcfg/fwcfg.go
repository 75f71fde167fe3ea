// Package fwcfg asks QEMU how many processors an x86 machine has, through its
// firmware configuration device (QEMU documentation, docs/specs/fw_cfg).
//
// That is how the processors of a microvm without ACPI are found, which has no
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
	p.Out16(portSelector, itemSignature)
	for _, c := range [4]uint8{'Q', 'E', 'M', 'U'} {
		if p.In8(portData) != c {
			return 0, false
		}
	}
	p.Out16(portSelector, itemCPUs)
	n = int(p.In8(portData))
	n |= int(p.In8(portData)) << 8
	return n, n > 0 && n <= maxCPUs
}
