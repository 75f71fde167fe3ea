// Package qemu starts images under the QEMU emulator.
//
// The command line is a pure function of a [Config]; [Config.Run] starts it, passes
// signals on, and returns the status the program in the machine exited with.
//
// An x86 machine reports that status through two devices: it writes the status
// byte to port 0xe9 (isa-debugcon, which QEMU passes on to a pipe) and then ends
// QEMU through port 0xf4 (isa-debug-exit, whose own exit status cannot be
// even). An arm64 machine ends QEMU with the status by a semihosting call, of
// which QEMU under KVM has none: the status of an arm64 machine there is
// always 0. The calls that would reach files of the host are led to a debugger.
//
// Source: QEMU 7.2 documentation, "Invocation", "microvm" and "virt"; Arm,
// "Semihosting for AArch32 and AArch64", SYS_EXIT_EXTENDED.
package qemu

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// A Config is everything the command line depends on.
type Config struct {
	Arch    string // GOARCH of the machine
	Machine string // "microvm", "q35", "virt", "virt-gic3" or "raspi3b", and options after a comma
	Accel   Accel
	Memory  int64 // bytes
	CPUs    int
	Kernel  string        // the image
	Tree    string        // the device tree, for a machine that does not make its own
	Append  string        // the kernel's command line (yolk/kernel/cmdline.Join)
	Second  bool          // a board's console is its second serial port, the mini UART
	Status  string        // where the status byte of an x86 machine goes: Run has a pipe for it
	Net     Net           // the first network card
	More    []Net         // and further ones
	USB     int           // the inherited sockets of a board's network card: Run has a model of that
	Wire    int           // and the one for its frames; 0: QEMU's own CDC Ethernet card instead
	Control int           // the inherited socket for QEMU's control protocol, 0 for none
	Grace   time.Duration // how long the program may take to end when a signal asked it to; 0 is no limit
	Side    string        // the file that takes what the virtio console is given; "" for no such device
	Debug   int           // the inherited socket for a debugger, for which the machine waits; 0 for none
	Monitor string        // where QEMU makes another socket for its control protocol (Dial); "" for none
	Memfd   bool          // memory is such that Client.Save can save the machine; not for a board
	RAM     int           // and the inherited file that it is: Run has one
	Saved   string        // the folder that Client.Save wrote, and the machine goes on from; "" to boot
	Volumes []Volume      // folders of this computer that the machine sees
	Extra   []string      // passed through at the end

	// Card is called with a board's network card when the machine has started, on a
	// goroutine of its own. No part of the command line.
	Card func(*Card) `json:"-"`
	// Debugger, if there is one, is called with a connection for GDB's remote protocol when
	// the emulator was started, on a goroutine of its own, for which Run waits. The machine
	// has executed nothing, and waits to be told to go on.
	Debugger func(io.ReadWriter) `json:"-"`
	// Started is called with QEMU's process when the machine is made and runs.
	Started func(pid int) `json:"-"`
}

// An Accel is how guest instructions are executed.
type Accel string

const (
	KVM Accel = "kvm" // by the processor
	TCG Accel = "tcg" // by translation
)

// NetKind is what the machine's network card is connected to.
type NetKind string

const (
	NetNone   NetKind = "none"   // no card
	NetUser   NetKind = "user"   // QEMU's own NAT, needs no privilege
	NetTap    NetKind = "tap"    // an existing tap interface
	NetSocket NetKind = "socket" // a UDP or TCP socket to another QEMU
	NetSwitch NetKind = "switch" // a connected socket, to which QEMU passes frames (yolk/boot/vnet)
	NetHub    NetKind = "hub"    // a hub inside QEMU, which joins the cards that name it
)

// A Net describes the network card.
type Net struct {
	Kind     NetKind
	Iface    string    // NetTap: the interface
	Several  bool      // NetTap: it was made for several queues (FindQueues)
	Socket   string    // NetSocket: QEMU's options, such as "listen=127.0.0.1:5000"
	Hub      string    // NetHub: the hub's number
	Switch   string    // NetSwitch: the network's name, which QEMU is not told
	MAC      string    // NetSwitch: the card's address
	Address  string    // NetSwitch: the guest's, likewise
	Forwards []Forward // NetUser and NetSwitch: ports of the host that lead to the guest
	File     *os.File  `json:"-"` // NetSwitch: the socket
	FD       int       `json:"-"` // and its number in QEMU, which Run knows
}

// FindQueues looks which interfaces of this computer the cards have several queues for.
func (c *Config) FindQueues() {
	find := func(n *Net) { n.Several = n.Kind == NetTap && multiQueue(n.Iface) }
	find(&c.Net)
	for i := range c.More {
		find(&c.More[i])
	}
}

// pairs is how many pairs of queues a card has whose interface has several: one for each
// processor, and two at least, for else it is not opened as such.
func (c Config) pairs() int { return min(max(c.CPUs, 2), maxPairs) }

// maxPairs is how many QEMU opens of a tap, if not a few more.
const maxPairs = 16

// UserNetOptions tell the kernel the addresses that QEMU's user network always
// has (QEMU documentation, "Using the user mode network stack"), which saves
// the machine from asking for them; ip=dhcp, given later, asks all the same.
var UserNetOptions = []string{"ip=10.0.2.15/24", "gw=10.0.2.2", "dns=10.0.2.3"}

// ParseNet reads "none", "user", "tap:IFACE", "socket:OPTIONS" or "hub:NUMBER".
func ParseNet(s string) (Net, error) {
	kind, rest, more := strings.Cut(s, ":")
	n := Net{Kind: NetKind(kind)}
	switch {
	case (n.Kind == NetNone || n.Kind == NetUser) && !more:
	case n.Kind == NetTap && rest != "":
		n.Iface = rest
	case n.Kind == NetSocket && rest != "":
		n.Socket = rest
	case n.Kind == NetHub && isNumber(rest):
		n.Hub = rest
	default:
		return Net{}, fmt.Errorf("network %q is none of none, user, tap:INTERFACE, socket:OPTIONS, hub:NUMBER", s)
	}
	return n, nil
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// Program is the emulator for the machine's architecture.
func (c Config) Program() string {
	if c.arm() {
		return "qemu-system-aarch64"
	}
	return "qemu-system-x86_64"
}

func (c Config) arm() bool { return c.Arch == "arm64" }

// hub tells whether there is a card on a hub.
func (c Config) hub() bool {
	return c.Net.Kind == NetHub || slices.ContainsFunc(c.More, func(n Net) bool { return n.Kind == NetHub }) ||
		slices.ContainsFunc(c.Extra, func(s string) bool { return strings.HasPrefix(s, "hubport,") })
}

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

// Args returns the command line after the program's name.
func (c Config) Args() []string {
	args := []string{
		"-nodefaults", "-no-user-config", "-display", "none", "-monitor", "none", "-no-reboot",
		"-machine", c.machine(), "-accel", string(c.Accel)}
	if c.kind() == "microvm" || c.kind() == "q35" && !c.hub() && !asksForGeneration(append(c.generation(), c.Extra...)) {
		// A firmware that does not look for disks, 30 ms faster under software
		// emulation. With a card on a hub or a generation id it halts on q35 (QEMU
		// 7.2), and the machine's own firmware does not.
		args = append(args, "-bios", "qboot.rom")
	}
	if !c.board() {
		args = append(args, "-cpu", c.cpu())
	}
	args = append(args, c.memory()...)
	args = append(args, "-smp", c.smp(), "-m", fmt.Sprintf("%dk", c.Memory>>10),
		"-chardev", "stdio,id=console,signal=off")
	if c.Second {
		args = append(args, "-serial", "null")
	}
	args = append(args, "-serial", "chardev:console")
	args = append(args, c.status()...)
	if c.Control != 0 {
		args = append(args, "-chardev", fmt.Sprintf("socket,id=control,fd=%d", c.Control), "-mon", "chardev=control,mode=control")
	}
	if c.Debug != 0 {
		args = append(args, "-chardev", fmt.Sprintf("socket,id=debugger,fd=%d", c.Debug), "-gdb", "chardev:debugger", "-S")
	}
	if c.Monitor != "" {
		args = append(args, "-chardev", "socket,id=monitor,server=on,wait=off,path="+escape(c.Monitor), "-mon", "chardev=monitor,mode=control")
	}
	args = append(args, c.network()...)
	args = append(args, c.side()...)
	args = append(args, c.volumes()...)
	args = append(args, c.generation()...)
	args = append(args, "-kernel", c.Kernel)
	if c.Tree != "" {
		args = append(args, "-dtb", c.Tree)
	}
	if line := strings.TrimSpace(c.places() + c.Append); line != "" {
		args = append(args, "-append", line)
	}
	if c.Saved != "" {
		args = append(args, "-incoming", "defer")
	}
	return append(args, c.Extra...)
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

// status are the ways for the machine to end with a status.
func (c Config) status() []string {
	if c.arm() {
		return []string{"-semihosting-config", "enable=on,target=gdb"}
	}
	return []string{
		"-chardev", "file,id=status,path=" + escape(c.Status),
		"-device", "isa-debugcon,chardev=status,iobase=0xe9",
		"-device", "isa-debug-exit,iobase=0xf4,iosize=4",
	}
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

// network connects the virtio-net cards: on PCI where the machine has it, on
// the MMIO transport otherwise, of the modern kind in both cases. A board has one on
// its USB.
func (c Config) network() (args []string) {
	if c.board() {
		return c.card()
	}
	for i, n := range append([]Net{c.Net}, c.More...) {
		kind, options := n.backend()
		if kind == "" {
			continue
		}
		id := fmt.Sprintf("net%d", i)
		address := ""
		if n.MAC != "" {
			address = ",mac=" + n.MAC
		}
		queues, vectors := "", ""
		if n.Several {
			// A message for each queue, the configuration, and commands.
			options += fmt.Sprintf(",queues=%d", c.pairs())
			queues, vectors = ",mq=on", fmt.Sprintf(",vectors=%d", 2*c.pairs()+2)
		}
		args = append(args, "-netdev", kind+",id="+id+options)
		if c.mmio() {
			if !slices.Contains(args, modernMMIO) {
				args = append(args, "-global", modernMMIO)
			}
			args = append(args, "-device", "virtio-net-device,netdev="+id+c.slot(i)+queues+address)
		} else {
			args = append(args, "-device", "virtio-net-pci,netdev="+id+",disable-legacy=on,romfile="+queues+vectors+address)
		}
	}
	return args
}

// slot names the MMIO slot of a card on virt, whose device tree lists the slots
// from the first while QEMU fills them from the last: the machine would find its
// cards in the opposite order.
func (c Config) slot(card int) string {
	if !c.arm() {
		return ""
	}
	return fmt.Sprintf(",bus=virtio-mmio-bus.%d", card)
}

// side is a virtio console whose output goes to a file. On PCI it has interrupts for
// its configuration and two queues; QEMU's default is one less.
func (c Config) side() []string {
	if c.Side == "" {
		return nil
	}
	args := []string{"-chardev", "file,id=side,path=" + escape(c.Side)}
	if c.mmio() {
		args = append(args, "-global", modernMMIO, "-device", "virtio-serial-device")
	} else {
		args = append(args, "-device", "virtio-serial-pci,disable-legacy=on,vectors=3")
	}
	return append(args, "-device", "virtconsole,chardev=side")
}

const modernMMIO = "virtio-mmio.force-legacy=false"

// backend is the card's other end in QEMU's terms: its kind, and options with
// a comma in front of each.
func (n Net) backend() (kind, options string) {
	switch n.Kind {
	case NetUser:
		for _, f := range n.Forwards {
			options += ",hostfwd=" + f.rule()
		}
		return "user", options
	case NetTap:
		return "tap", ",script=no,downscript=no,ifname=" + escape(n.Iface)
	case NetSocket:
		return "socket", "," + n.Socket
	case NetHub:
		return "hubport", ",hubid=" + n.Hub
	case NetSwitch:
		return "socket", fmt.Sprintf(",fd=%d", n.FD)
	}
	return "", ""
}

// escape protects a value in one of QEMU's comma-separated options.
func escape(s string) string { return strings.ReplaceAll(s, ",", ",,") }

// Command returns the whole command line, quoted for a shell.
func (c Config) Command() string {
	if c.Status == "" {
		c.Status = os.DevNull // nobody is there to read it
	}
	words := []string{c.Program()}
	for _, a := range c.Args() {
		words = append(words, shellQuote(a))
	}
	return strings.Join(words, " ")
}

const shellSafe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=,.:/+@%"

// shellQuote returns s as one word of a POSIX shell.
func shellQuote(s string) string {
	if s != "" && strings.Trim(s, shellSafe) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
