package qemu

import (
	"fmt"
	"slices"
	"strings"
)

// Program is the emulator for the machine's architecture.
func (c Config) Program() string {
	if c.arm() {
		return "qemu-system-aarch64"
	}
	return "qemu-system-x86_64"
}

func (c Config) arm() bool { return c.Arch == "arm64" }

// generation are the arguments for a VM generation id, which QEMU has on q35: a machine
// that can be saved, or was, has one, to be told that it is a copy.
func (c Config) generation() []string {
	if c.kind() != "q35" || !c.Memfd && c.Saved == "" || asksForGeneration(c.Extra) {
		return nil
	}
	return []string{"-device", "vmgenid,guid=auto"}
}

func asksForGeneration(args []string) bool {
	return slices.ContainsFunc(args, func(s string) bool { return strings.HasPrefix(s, "vmgenid") })
}

// places names the MMIO devices of a microvm on the kernel's command line, as QEMU
// does when ACPI is off: the tables have them in byte code only. The first device has
// the last place (QEMU hw/i386/microvm.c).
func (c Config) places() (words string) {
	const base, size, count, line = 0xfeb00000, 0x200, 8, 16
	if c.kind() != "microvm" || !c.button() {
		return ""
	}
	devices := 0
	for _, a := range slices.Concat(c.network(), c.side(), c.volumes(), c.Extra) {
		if strings.HasPrefix(a, "virtio-") && strings.Contains(a+",", "-device,") {
			devices++
		}
	}
	for place := count - 1; place >= max(count-devices, 0); place-- {
		words += fmt.Sprintf("virtio_mmio.device=%d@%#x:%d ", size, base+place*size, line+place)
	}
	return words
}

// machine leaves out devices that no driver of ours looks at: each costs the
// firmware time at boot.
func (c Config) machine() string {
	name, rest, more := strings.Cut(c.Machine, ",")
	switch name {
	case "microvm":
		// With ACPI there is a power button; a second I/O APIC is more to emulate. It
		// has a clock chip in emulation, but under KVM only when told.
		name = "microvm,acpi=on,ioapic2=off,rtc=on"
	case "q35":
		name = "q35,usb=off,vmport=off,sata=off,smbus=off,smm=off"
	case "virt-gic3":
		name = "virt,gic-version=3" // and with its card on PCI
	case "virt":
		switch {
		case c.Accel == KVM:
			name = "virt,gic-version=host"
		case c.CPUs > gic2CPUs:
			name = "virt,gic-version=3"
		}
	}
	if more {
		name += "," + rest
	}
	if len(c.memory()) > 0 {
		name += ",memory-backend=ram"
	}
	return name
}

// button tells whether the machine has a power button.
func (c Config) button() bool { return !c.board() && !strings.Contains(c.Machine, "acpi=off") }

// board tells whether the machine is a board, whose processor and network card
// are its own.
func (c Config) board() bool {
	return c.kind() == "raspi3b"
}

// kind is the machine without its options.
func (c Config) kind() string {
	name, _, _ := strings.Cut(c.Machine, ",")
	return name
}

// gic2CPUs is how many processors virt's usual interrupt controller serves.
const gic2CPUs = 8

// mmio tells whether the machine's devices are MMIO ones by default.
func (c Config) mmio() bool {
	return c.kind() == "microvm" || c.kind() == "virt"
}

// smp leaves room for a second processor where software emulation gives one.
// With a single one QEMU up to 8.1 emulates the guest's memory barriers by
// nothing, though devices run on another thread: a doorbell is then lost now and
// then, and a virtio queue stands still.
func (c Config) smp() string {
	if c.CPUs == 1 && c.Accel == TCG {
		return "1,maxcpus=2"
	}
	return fmt.Sprint(c.CPUs)
}

// cpu under emulation is the one with all features: the kernel wants a random
// number generator, and Go's atomic operations are faster with LSE.
func (c Config) cpu() string {
	if c.Accel == KVM {
		return "host"
	}
	return "max"
}

const modernMMIO = "virtio-mmio.force-legacy=false"
