package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"yolk/boot/build"
	"yolk/boot/fleet"
	"yolk/boot/qemu"
	"yolk/kernel/abi"
	"yolk/kernel/cmdline"
)

// machineFlags are the flags that say on what an image runs.
type machineFlags struct {
	machine, memory      string
	accel, side          string
	cpus                 int
	net, forwards, qemu  []string
	volumes              []string
	print, detach        bool
	name, network, crash string
	timeline             string
	fleet                string                 // the file that the machine is of, not a flag
	given, set           func(flag string) bool // on the command line; there or in yolk.yaml
	kernelFlags
}

func (m *machineFlags) add(f *pflag.FlagSet, memory string) {
	m.given, m.set = givenFlag(f), setFlag(f)
	f.StringVar(&m.machine, "machine", "", "emulated machine `NAME`: microvm, q35, virt, virt-gic3, raspi3b; QEMU's own options may follow a comma")
	f.StringVar(&m.memory, "memory", memory, "memory `SIZE`, such as 64M or 1G; a board has its own")
	f.IntVar(&m.cpus, "cpus", 1, "`NUMBER` of processors; a board has its own")
	f.StringArrayVar(&m.net, "net", nil, "network `KIND`: none, user (the default), tap:INTERFACE, socket:OPTIONS, hub:NUMBER; a card each (repeatable)")
	f.StringArrayVar(&m.forwards, "p", nil, "lead a port of this machine to the guest, `[ADDR:]HOST:GUEST[/udp]`, or PORT for the same on both (repeatable)")
	f.StringArrayVar(&m.volumes, "volumes", nil, "show the program a folder of this computer, `HOST:GUEST[:ro]`: data:/data, .:/ as its root (repeatable)")
	f.StringVar(&m.accel, "accel", "", "how instructions are executed, `kvm|tcg` (kvm where the processor virtualises)")
	f.StringVar(&m.side, "side", "", "a virtio console, /dev/hvc0 to the program, whose output goes to `FILE`, such as captured packets")
	m.kernelFlags.add(f)
	f.StringArrayVar(&m.qemu, "qemu", nil, "another `ARGUMENT` for the emulator (repeatable)")
	f.BoolVar(&m.print, "n", false, "print the emulator's command instead of running it")
}

// config makes the machine's configuration, but for the image. options come
// before the flags' own kernel options.
func (m *machineFlags) config(p build.Platform, options, args []string) (qemu.Config, error) {
	c := qemu.Config{Arch: p.Arch, Accel: qemu.Accel(m.accel), CPUs: m.cpus, Side: m.side, Grace: m.grace, Extra: m.qemu}
	var err error
	switch c.Accel {
	case "", qemu.KVM, qemu.TCG:
	default:
		return c, fmt.Errorf("-accel %s is neither kvm nor tcg", m.accel)
	}
	if c.Machine, err = p.CheckMachine(m.machine); err != nil {
		return c, err
	}
	if c.Memory, err = parseSize(m.memory); err != nil {
		return c, err
	}
	if c.CPUs < 1 || c.CPUs > abi.MaxCPUs {
		return c, fmt.Errorf("-cpus %d: a machine has 1 to %d", c.CPUs, abi.MaxCPUs)
	}
	if p.Memory != "" {
		if err := m.board(p, &c); err != nil {
			return c, err
		}
		options = append(options, timeOption())
	}
	if c.Tree, err = p.DeviceTree(); err != nil {
		return c, err
	}
	if err := m.cards(p, &c); err != nil {
		return c, err
	}
	for _, s := range m.forwards {
		f, err := qemu.ParseForward(s)
		if err != nil {
			return c, err
		}
		for _, other := range c.Net.Forwards {
			if f.Meets(other) {
				return c, fmt.Errorf("-p %s: -p %v has that port of this machine", s, other)
			}
		}
		c.Net.Forwards = append(c.Net.Forwards, f)
	}
	if len(m.forwards) > 0 && c.Net.Kind != qemu.NetUser && c.Net.Kind != qemu.NetSwitch {
		return c, fmt.Errorf("-p works with -net user and -network only, and the first network is %s", c.Net.Kind)
	}
	if len(m.volumes) > 0 {
		if err := m.mounts(&c); err != nil {
			return c, err
		}
		options = append(options, qemu.MountOption(c.Volumes))
	}
	if c.Net.Kind == qemu.NetUser {
		options = append(options, qemu.UserNetOptions...)
	}
	if m.crash != "" { // before -env, which may want less
		options = append(options, "env=GOTRACEBACK=crash", "crash=report")
	}
	options, err = m.kernelOptions(options)
	if err != nil {
		return c, err
	}
	if slices.ContainsFunc(options, func(o string) bool { return strings.HasPrefix(o, "restart=") }) {
		// The emulator ends where the machine would start again; on arm64 the
		// program's status would be lost with it.
		options = append(options, "restart=never")
	}
	c.Append, err = cmdline.Join(options, args)
	return c, err
}

// mounts reads the folders that the machine sees.
func (m *machineFlags) mounts(c *qemu.Config) error {
	for _, s := range m.volumes {
		v, err := qemu.ParseVolume(s)
		if err != nil {
			return err
		}
		for _, other := range c.Volumes {
			if v.Guest == other.Guest {
				return fmt.Errorf("-volumes %s: %s is at that place", s, other.Host)
			}
			if other.Guest != "/" && strings.HasPrefix(v.Guest, other.Guest+"/") || v.Guest != "/" && strings.HasPrefix(other.Guest, v.Guest+"/") {
				return fmt.Errorf("-volumes %s: a volume cannot be in another, but for one that is the root (%s is at %s)", s, other.Host, other.Guest)
			}
		}
		c.Volumes = append(c.Volumes, v)
	}
	return nil
}

// cards reads the networks that the machine's cards are on.
func (m *machineFlags) cards(p build.Platform, c *qemu.Config) error {
	networks := m.net
	if m.network != "" {
		return m.onNetwork(p, c)
	}
	if len(networks) > 1 && p.Memory != "" {
		return fmt.Errorf("-net %s: a %s has one network card", networks[1], c.Machine)
	}
	if len(networks) == 0 {
		networks = []string{string(qemu.NetUser)}
	}
	for i, s := range networks {
		n, err := qemu.ParseNet(s)
		if err != nil {
			return err
		}
		if i == 0 {
			c.Net = n
		} else {
			c.More = append(c.More, n)
		}
	}
	c.FindQueues()
	return nil
}

// onNetwork puts the machine's card on one of our networks.
func (m *machineFlags) onNetwork(p build.Platform, c *qemu.Config) error {
	switch {
	case len(m.net) > 0:
		return fmt.Errorf("-network %s and -net %s: a machine on a network between machines has that alone", m.network, m.net[0])
	case p.Memory != "":
		return fmt.Errorf("-network %s: a %s has a network card of its own", m.network, c.Machine)
	}
	c.Net = qemu.Net{Kind: qemu.NetSwitch, Switch: m.network}
	return fleet.CheckName(m.network)
}

// board gives c what a board has, unless the flags ask for something else.
func (m *machineFlags) board(p build.Platform, c *qemu.Config) error {
	memory, err := parseSize(p.Memory)
	switch {
	case err != nil:
		return err
	case m.given("memory") && c.Memory != memory:
		return fmt.Errorf("-memory %s: a %s has %s of memory, always", m.memory, c.Machine, p.Memory)
	case m.given("cpus") && !slices.Contains(p.CPUs, c.CPUs):
		return fmt.Errorf("-cpus %d: a %s has %d processors, always", c.CPUs, c.Machine, p.CPUs[0])
	}
	c.Memory, c.CPUs = memory, p.CPUs[0]
	return nil
}
