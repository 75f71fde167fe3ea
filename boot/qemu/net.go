package qemu

import (
	"fmt"
	"os"
	"slices"
	"strings"
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

// hub tells whether there is a card on a hub.
func (c Config) hub() bool {
	return c.Net.Kind == NetHub || slices.ContainsFunc(c.More, func(n Net) bool { return n.Kind == NetHub }) ||
		slices.ContainsFunc(c.Extra, func(s string) bool { return strings.HasPrefix(s, "hubport,") })
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
